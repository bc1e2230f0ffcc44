"""One of two processes that publish the same draft at once; run by test_publishing_race.

    python -m tests.handbook.publishing EMAIL

Reads the draft's number and says "ready", reads "go", publishes, and says what came of it.
"""

import sys

import django

from tests.procurements.deciding import say


def main(email: str) -> None:
    django.setup()

    from django.core.exceptions import ValidationError
    from django.utils import timezone, translation

    from handbook.models import Draft
    from handbook.operations.draft import publish_draft
    from teams.models import User

    translation.activate("sv")
    user = User.objects.get(email=email)
    for line in sys.stdin:
        draft = Draft.objects.get(pk=int(line))
        say("ready")
        sys.stdin.readline()
        try:
            publish_draft(
                draft=draft,
                changelog={},
                started_from=draft.revision,
                by=user,
                at=timezone.now(),
            )
        except ValidationError as refusal:
            say(f"refused: {' '.join(refusal.messages)}")
        else:
            say("published")


if __name__ == "__main__":
    main(sys.argv[1])
