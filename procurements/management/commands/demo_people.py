from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone, translation

from procurements.models import CaseRole
from teams.models import User


class Command(BaseCommand):
    help = "Print the demo people to sign in as: name, role and e-mail, and their password."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_DEMO:
            return
        with translation.override(settings.LANGUAGE_CODE):
            rows = people()
        if not rows:
            self.stdout.write("No demo is loaded.")
            return
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        for name, role, email in rows:
            self.stdout.write(f"  {name:{widths[0]}}  {role:{widths[1]}}  {email}")
        self.stdout.write(f"  Password for all of them: {settings.DEMO_PASSWORD}")


def people() -> list[tuple[str, str, str]]:
    """Those with a role in a case first, in the order the roles were given, each role once;
    then the others."""
    held: dict[int, dict[str, None]] = {}
    for role in CaseRole.objects.on(timezone.localdate()).order_by("pk"):
        held.setdefault(role.user_id, {})[str(role.get_role_display())] = None
    everybody = User.objects.people().filter(is_demo=True, is_active=True)
    order = list(held)
    known = sorted(
        everybody, key=lambda user: order.index(user.pk) if user.pk in held else len(order)
    )
    return [
        (user.name, ", ".join(held.get(user.pk, {user.title: None})), user.email) for user in known
    ]
