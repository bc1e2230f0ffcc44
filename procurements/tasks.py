"""What beat asks for by the clock."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.utils import timezone

if TYPE_CHECKING:
    from procurements.duties import Duty
    from procurements.models import Case

# The longest step of a rhythm, and the days that its turn may come earlier over a holiday.
AHEAD = timedelta(days=14 + 6)


@shared_task(name="procurements.remind")
def remind() -> int:
    """Asked for every few minutes, harmless however often: makes the reminders and weekly letters
    whose turn has come in the hours when letters go out, and before them the papers of those whose
    turn comes next."""
    at = timezone.now()
    return remind_at(at) + write_weeks_at(at) + want_papers_at(at)


def remind_at(at: datetime) -> int:
    """As of a moment; returns how many letters were promised."""
    from procurements.days import swedish_day
    from procurements.duties import duties_of
    from procurements.models import Case
    from procurements.reminding import is_sending_time

    if not is_sending_time(at):
        return 0
    return remind_of(duties_of(Case.objects.all(), until=swedish_day(at) + AHEAD, at=at), at=at)


def remind_of(duties: Iterable[Duty], *, at: datetime) -> int:
    """Case by case. One that was thrown away since its duties were read holds up no other."""
    from outbox.models import Lane
    from outbox.work import nudge_heads
    from procurements.days import swedish_day
    from procurements.models.reminder import LETTER
    from procurements.operations.reminder import remind_case, untold
    from procurements.refusals import Refused

    by_case: dict[Case, list[Duty]] = {}
    for duty in duties:
        by_case.setdefault(duty.case, []).append(duty)
    promised = 0
    for case in untold(by_case, today=swedish_day(at)):
        with suppress(Refused):
            promised += remind_case(case=case, duties=by_case[case], at=at)
    if promised:
        nudge_heads(LETTER, Lane.MAIL, at=at)
    return promised


def want_papers_at(at: datetime) -> int:
    """Before the next hours when letters go out, promise the papers of the reminders whose turn
    comes then: one for each day and language; returns how many."""
    from documents import ahead
    from outbox.models import Lane, Message
    from procurements.days import ONE_DAY, swedish_day
    from procurements.duties import duties_of
    from procurements.models import Case
    from procurements.reminderpaper import Wanted
    from procurements.reminding import is_sending_time, next_sending_time, rung_on

    if is_sending_time(at):
        return 0
    then = next_sending_time(at)
    day = swedish_day(then)
    ahead.throw_away(before=swedish_day(at))
    wanted: dict[str, None] = {}
    for duty in duties_of(Case.objects.all(), until=day + AHEAD, at=then):
        for person in duty.people:
            rhythm = duty.rhythm_of(person, duty.case)
            rung = rung_on(day, due_on=duty.due_on, set_on=duty.set_on, rhythm=rhythm)
            if rung and rung.on == day:
                thing = (duty.subject, duty.row.pk, rung.step, duty.due_on, person.language)
                wanted[str(Wanted(day, *thing))] = None
    those = Message.objects.filter(
        kind="paper.reminder", subject__gte=str(day), subject__lt=str(day + ONE_DAY)
    )
    known = set(those.values_list("subject", flat=True))
    new = [words for words in wanted if words not in known]
    for words in new:
        Message.objects.post("paper.reminder", subject=words, lane=Lane.BULK)
    return len(new)


def write_weeks_at(at: datetime) -> int:
    """Promise everybody who works in a case that goes on, or has a day of the law left, a letter
    about the week, once, from its first working day; returns how many were promised."""
    from django.db.models import Q

    from outbox.models import Lane, Message
    from procurements.days import swedish_day
    from procurements.models import CaseRole, Deadline
    from procurements.reminding import is_sending_time
    from procurements.states import CaseState
    from procurements.weekpaper import first_working_day, week_name
    from teams.models import User

    today = swedish_day(at)
    if not is_sending_time(at) or today < first_working_day(today):
        return 0
    week = week_name(today)
    told = set(
        Message.objects.filter(kind="mail.week", occasion=week).values_list("subject", flat=True)
    )
    law_runs_on = Deadline.objects.running(on=today).values("case_phase__case")
    working = CaseRole.objects.on(today).filter(
        Q(case__state=CaseState.ACTIVE) | Q(case__in=law_runs_on)
    )
    promised = 0
    for person in User.objects.filter(
        pk__in=working.values("user"), gets_week=True, is_active=True
    ):
        subject = f"user:{person.pk}"
        if subject not in told:
            Message.objects.post(
                "mail.week",
                subject=subject,
                recipient=person.address_for_reminders,
                occasion=week,
                lane=Lane.BULK,
            )
            promised += 1
    return promised
