from typing import Any

from django.core.management.base import BaseCommand, CommandError

from teams.first import welcome_key
from teams.models import User


class Command(BaseCommand):
    help = "The key that the first page of a new installation asks for in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.people().exists():
            raise CommandError("Somebody is here already: the first page is gone.")
        self.stdout.write(welcome_key())
