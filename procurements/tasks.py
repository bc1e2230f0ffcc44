"""What beat asks for by the clock."""

from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

# The longest step of a rhythm, and the days that its turn may come earlier over a holiday.
AHEAD = timedelta(days=14 + 6)


@shared_task(name="procurements.remind")
def remind() -> int:
    """Asked for every few minutes, harmless however often: makes the reminders whose turn has
    come. Outside the hours when letters go out it makes nothing."""
    return remind_at(timezone.now())


def remind_at(at: datetime) -> int:
    """As of a moment; returns how many letters were promised."""
    from procurements.days import swedish_day
    from procurements.duties import Duty, duties_of
    from procurements.models import Case
    from procurements.operations.reminder import remind_case
    from procurements.reminding import is_sending_time

    if not is_sending_time(at):
        return 0
    by_case: dict[Case, list[Duty]] = {}
    for duty in duties_of(Case.objects.all(), until=swedish_day(at) + AHEAD, at=at):
        by_case.setdefault(duty.case, []).append(duty)
    return sum(remind_case(case=case, duties=found, at=at) for case, found in by_case.items())
