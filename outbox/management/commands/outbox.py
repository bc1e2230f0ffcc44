from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from outbox.models import Message, MessageQuerySet


class Command(BaseCommand):
    help = (
        "What is promised and not yet done: waiting, late and failed; `retry ID` or `retry all` "
        "takes up at once what has failed or was put off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", nargs="?", choices=["list", "retry"], default="list")
        parser.add_argument("which", nargs="?", help="a number, or all")

    def handle(self, *args: Any, act: str, which: str | None, **options: Any) -> None:
        if act == "retry":
            self.retry(which)
            return
        now = timezone.now()
        late, failed = Message.objects.late(now), Message.objects.given_up()
        waiting = Message.objects.waiting().exclude(pk__in=late.values("pk"))
        self.show("waiting", waiting)
        self.show("late", late)
        self.show("failed", failed)

    def show(self, title: str, messages: MessageQuerySet) -> None:
        self.stdout.write(f"{title}: {messages.count()}")
        for message in messages.order_by("lane", "due_at", "pk")[:50]:
            error = f"  {message.error.splitlines()[0][:100]}" if message.error else ""
            due = timezone.localtime(message.due_at)
            self.stdout.write(
                f"  {message.pk}  {message}  due {due:%Y-%m-%d %H:%M}"
                f"  attempts {message.attempts}{error}"
            )

    @transaction.atomic
    def retry(self, which: str | None) -> None:
        now = timezone.now()
        failed = Message.objects.stuck(now).select_for_update(of=("self",))
        if which != "all":
            if not (which or "").isdecimal():
                raise CommandError("Say which: a number from the list, or all.")
            failed = failed.filter(pk=int(which or 0))
            if not failed:
                raise CommandError(f"No message with the number {which} failed or was put off.")
        if not failed:
            self.stdout.write("Nothing has failed.")
        for message in failed:
            message.try_again(at=now)
            self.stdout.write(f"Trying again: {message.pk}  {message}")
