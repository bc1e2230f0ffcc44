"""One of two processes that close accounts, or give roles, at once; run by test_closing_race.

    python -m tests.procurements.closing NAME

Reads "who whose" (addresses) and says "ready", reads "go", closes the account, and says what came
of it; with a case after them, a role in it is given instead. Again and again until its input ends.
"""

import sys

import django

from tests.procurements.deciding import say


def main() -> None:
    django.setup()

    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from procurements.models import Case
    from procurements.operations.account import close_account
    from procurements.operations.people import offer_role
    from teams.models import User

    for line in sys.stdin:
        email, other, *cases = line.split()
        by, person = User.objects.get(email=email), User.objects.get(email=other)
        case = Case.objects.filter(pk__in=cases).first()
        say("ready")
        sys.stdin.readline()
        try:
            if case:
                offer_role(case=case, user=person, role="lawyer", by=by, at=timezone.now())
            else:
                close_account(person=person, by=by, at=timezone.now())
        except ValidationError as refusal:
            say(type(refusal).__name__)
        else:
            say("given" if case else "closed")


if __name__ == "__main__":
    main()
