"""One of two processes that decide the same gates at once; run by test_gate_race.

    python -m tests.procurements.deciding EMAIL

Reads "case phase" and says "ready", reads "go", decides, and says what came of it; again and
again until its input ends.
"""

import sys

import django


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main(email: str) -> None:
    django.setup()

    from django.utils import timezone, translation

    from procurements.models import Case, CasePhase
    from procurements.operations.gate import decide_gate
    from procurements.refusals import AlreadyDecided
    from teams.models import User

    translation.activate("sv")
    user = User.objects.get(email=email)
    for line in sys.stdin:
        case_id, run_id = line.split()
        case, run = Case.objects.get(pk=case_id), CasePhase.objects.get(pk=run_id)
        say("ready")
        sys.stdin.readline()
        at = timezone.now()
        try:
            decide_gate(
                case=case,
                case_phase=run,
                outcome="proceed",
                reasons=f"{user.name} var först.",
                verdicts={},
                decided_by="Omsorgsnämnden",
                reference="protokoll § 4",
                decided_on=timezone.localdate(at),
                despite="Resten görs senare.",
                by=user,
                at=at,
            )
        except AlreadyDecided as refusal:
            say(f"refused: {' '.join(refusal.messages)}")
        else:
            say("decided")


if __name__ == "__main__":
    main(sys.argv[1])
