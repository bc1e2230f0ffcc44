from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from journal.models import Event
from procurements import periods
from procurements.models import Case, Deadline
from procurements.operations.case import pause_case, stop_case
from procurements.operations.deadline import (
    announce_deadline,
    change_deadline,
    count_deadline,
    keep_deadline,
    reopen_deadline,
    set_deadline,
    withdraw_deadline,
)
from procurements.refusals import Refused
from procurements.states import DeadlineState
from tests.builders import MONDAY, a_case, a_case_in_admission, at_start_of, passed_gate

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# MONDAY is the 5th of October 2026.
FRIDAY = date(2026, 10, 9)


@pytest.fixture
def case(people) -> Case:
    case = a_case(by=people.per, authority=people.authority, roles={"need_owner": people.nora})
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    return Case.objects.get(pk=case.pk)


def own(case, people, title="Svara nämnden", due_on=FRIDAY, **facts):
    facts = {"case_phase": case.current_phase, "by": people.per, "at": MONDAY} | facts
    return set_deadline(case=case, title=title, due_on=due_on, **facts)


def legal(case, people, period="standstill_electronic", event_on=date(2026, 10, 5), **facts):
    facts = {"case_phase": case.current_phase, "by": people.per, "at": MONDAY} | facts
    return count_deadline(case=case, period=period, event_on=event_on, **facts)


def change(case, deadline, people, at=MONDAY + DAY, responsible=None, **facts):
    return change_deadline(
        case=case, deadline=deadline, responsible=responsible, by=people.per, at=at, **facts
    )


def told(case, language="en"):
    with translation.override(language):
        return str(Event.objects.of(case).readable().last().sentence)


def refused(refusal) -> str:
    return " ".join(refusal.value.messages).replace("\xa0", " ")


def test_a_day_of_ones_own_is_set_and_told(case, people):
    deadline = own(case, people, responsible=people.nora)

    assert (deadline.due_on, deadline.responsible) == (FRIDAY, people.nora)
    assert told(case) == "Set the deadline “Svara nämnden” to 9 October 2026"


def test_the_same_day_twice_is_one_deadline(case, people):
    assert own(case, people) == own(case, people)
    assert Event.objects.of(case).filter(verb="deadline.set").count() == 1


def test_the_same_day_for_somebody_else_is_another_deadline(case, people):
    first = own(case, people)
    assert own(case, people, responsible=people.nora) != first
    assert own(case, people, responsible=people.nora).responsible == people.nora
    assert Deadline.objects.count() == 2


def test_a_day_that_has_passed_is_refused_at_the_field(case, people):
    with pytest.raises(Refused) as refusal:
        own(case, people, due_on=date(2026, 10, 4))

    assert list(refusal.value.error_dict) == ["due_on"]
    assert Deadline.objects.count() == 0


def test_only_someone_in_the_case_keeps_a_day(case, people):
    with pytest.raises(Refused) as refusal:
        own(case, people, responsible=people.olle)

    assert list(refusal.value.error_dict) == ["responsible"]


def test_a_day_of_the_law_is_kept_only_by_someone_in_the_case(case, people):
    with pytest.raises(Refused) as counted:
        legal(case, people, responsible=people.olle)
    assert list(counted.value.error_dict) == ["responsible"]

    deadline = legal(case, people)
    with pytest.raises(Refused) as changed:
        change(case, deadline, people, responsible=people.olle)
    assert list(changed.value.error_dict) == ["responsible"]


def test_another_day_than_the_law_gives_lies_ahead(case, people):
    with pytest.raises(Refused) as refusal:
        legal(case, people, event_on=date(2026, 9, 1), due_on=date(2026, 10, 1), reasons="Skäl.")

    assert list(refusal.value.error_dict) == ["due_on"]


def test_others_were_not_told_of_a_day_that_was_moved_meanwhile(case, people):
    deadline = own(case, people)
    change(case, deadline, people, due_on=date(2026, 10, 16), was=FRIDAY)

    with pytest.raises(Refused) as refusal:
        announce_deadline(case=case, deadline=deadline, was=FRIDAY, by=people.per, at=MONDAY)

    assert "16 oktober 2026" in refused(refusal)
    deadline.refresh_from_db()
    assert deadline.announced_at is None


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_no_day_is_set_while_the_case_rests_or_is_over(case, people, end):
    run = case.current_phase
    end(case=case, reason="Sommar.", by=people.per, at=MONDAY)

    with pytest.raises(Refused):
        own(case, people, case_phase=run)
    assert Deadline.objects.count() == 0


def test_no_day_of_the_teams_own_is_set_in_a_phase_that_its_gate_has_closed(case, people):
    run = case.current_phase
    case = passed_gate(case, by=people.per)

    with pytest.raises(Refused):
        own(case, people, case_phase=run)
    assert own(case, people).case_phase == case.current_phase != run
    assert legal(case, people, case_phase=run).case_phase == run


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_the_law_runs_on_while_the_case_rests_and_when_it_is_over(case, people, end):
    """LOU 12:14: whoever cancels a procurement documents why within 30 days."""
    run = case.current_phase
    end(case=case, reason="Behovet är borta.", by=people.per, at=MONDAY)
    deadline = legal(
        case,
        people,
        period="documentation_cancelled",
        case_phase=run,
        due_on=date(2026, 11, 2),
        reasons="Före nämndens möte.",
    )
    assert deadline.counted_on == date(2026, 11, 4)

    moved = change(case, deadline, people, event_on=date(2026, 10, 6))
    assert (moved.counted_on, moved.due_on) == (date(2026, 11, 5), date(2026, 11, 5))
    facts = {"case": case, "deadline": deadline, "by": people.per, "at": MONDAY + DAY}
    announce_deadline(**facts)
    assert keep_deadline(**facts).state == DeadlineState.DONE
    assert reopen_deadline(**facts).state == DeadlineState.OPEN
    assert withdraw_deadline(**facts, reason="Fel spår.").state == DeadlineState.WITHDRAWN


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_a_day_of_the_teams_own_is_left_as_it_is_when_the_case_rests_or_is_over(case, people, end):
    deadline = own(case, people)
    end(case=case, reason="Sommar.", by=people.per, at=MONDAY)

    for does in (change_deadline, announce_deadline, keep_deadline, withdraw_deadline):
        more = {
            change_deadline: {"responsible": None, "due_on": FRIDAY + DAY},
            withdraw_deadline: {"reason": "Fel."},
        }.get(does, {})
        with pytest.raises(Refused):
            does(case=case, deadline=deadline, by=people.per, at=MONDAY, **more)
    deadline.refresh_from_db()
    assert (deadline.state, deadline.due_on) == (DeadlineState.OPEN, FRIDAY)


def test_an_event_is_put_right_also_when_the_day_of_the_law_has_passed(case, people):
    deadline = legal(case, people, event_on=date(2026, 10, 1))
    assert deadline.due_on == date(2026, 10, 13)

    # It was sent a fortnight before: a contract could have been concluded long ago.
    moved = change(case, deadline, people, event_on=date(2026, 9, 17))
    assert moved.due_on == moved.counted_on == date(2026, 9, 29)
    with pytest.raises(Refused) as refusal:
        change(case, moved, people, due_on=date(2026, 10, 2), reasons="Hellre då.")
    assert list(refusal.value.error_dict) == ["due_on"]


def test_a_day_of_the_law_is_counted_and_keeps_how(case, people):
    # Sent electronically on Monday the 5th: ten days are up on Thursday the 15th, so a contract
    # may be concluded on Friday the 16th at the earliest (law.md 13, the standstill).
    deadline = legal(case, people)

    assert (deadline.counted_on, deadline.due_on) == (date(2026, 10, 16), date(2026, 10, 16))
    assert deadline.rule.paragraph
    assert "counted from 5 October 2026" in told(case)


def test_a_rule_that_changes_later_moves_no_day(case, people, monkeypatch):
    deadline = legal(case, people)
    changed = [
        _with(one, count=30) if one.key == "standstill_electronic" else one
        for one in periods.periods()
    ]
    monkeypatch.setattr(periods, "periods", lambda: tuple(changed))

    deadline.refresh_from_db()
    assert deadline.due_on == date(2026, 10, 16)
    assert deadline.counted.on != deadline.counted_on


def _with(period, **changed):
    from dataclasses import replace

    return replace(period, **changed)


def test_more_time_than_the_law_asks_is_allowed_and_less_refused(case, people):
    with pytest.raises(Refused) as refusal:
        legal(case, people, due_on=date(2026, 10, 15))
    assert list(refusal.value.error_dict) == ["due_on"]

    assert legal(case, people, due_on=date(2026, 10, 20)).due_on == date(2026, 10, 20)


def test_what_must_be_done_at_the_latest_is_never_later(case, people):
    latest = {"period": "result_notice", "event_on": date(2026, 10, 5)}
    counted = legal(case, people, **latest).due_on
    withdraw_deadline(
        case=case, deadline=Deadline.objects.get(), reason="Fel.", by=people.per, at=MONDAY
    )

    with pytest.raises(Refused):
        legal(case, people, **latest, due_on=counted + DAY)
    assert legal(case, people, **latest, due_on=counted - DAY).due_on == counted - DAY


@pytest.mark.parametrize("days", [-1, 1])
def test_what_others_may_do_ends_on_the_laws_own_day(case, people, days):
    """A supplier may ask for review until that day (LOU 20:12): nobody makes it shorter."""
    theirs = {"period": "review_of_cancellation", "event_on": date(2026, 10, 5)}
    until = date(2026, 10, 15)

    with pytest.raises(Refused) as refusal:
        legal(case, people, **theirs, due_on=until + days * DAY, reasons="Hellre då.")
    assert list(refusal.value.error_dict) == ["due_on"]
    assert legal(case, people, **theirs, due_on=until).due_on == until


def test_where_the_act_gives_no_number_the_day_is_given_with_reasons(case, people):
    Case.objects.filter(pk=case.pk).update(legal_track="direct_award_19a")
    unknown = {"period": "standstill_voluntary", "event_on": date(2026, 10, 5)}

    with pytest.raises(Refused) as refusal:
        legal(case, people, **unknown)
    assert list(refusal.value.error_dict) == ["due_on"]
    with pytest.raises(Refused) as refusal:
        legal(case, people, **unknown, due_on=date(2026, 10, 16))
    assert list(refusal.value.error_dict) == ["reasons"]

    deadline = legal(
        case, people, **unknown, due_on=date(2026, 10, 16), reasons="Tio dagar räcker."
    )
    assert (deadline.counted_on, deadline.due_on) == (None, date(2026, 10, 16))


def test_a_period_of_another_track_is_refused(case, people):
    with pytest.raises(Refused) as refusal:
        legal(case, people, period="documentation_direct")

    assert list(refusal.value.error_dict) == ["period"]


def test_a_period_is_open_once_in_a_phase_for_each_event(case, people):
    first = legal(case, people)

    assert legal(case, people) == first
    # Another notice, another contract or another request has a day of its own.
    second = legal(case, people, event_on=date(2026, 10, 6))
    assert (first.due_on, second.due_on) == (date(2026, 10, 16), date(2026, 10, 17))
    with pytest.raises(Refused):
        legal(case, people, due_on=date(2026, 10, 20), reasons="Hellre då.")
    with pytest.raises(Refused) as refusal:
        change(case, second, people, event_on=date(2026, 10, 5))
    assert list(refusal.value.error_dict) == ["event_on"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Deadline.objects.create(
            case_phase=case.current_phase,
            period=first.period,
            event_on=first.event_on,
            due_on=FRIDAY,
            set_at=MONDAY,
        )


def test_a_day_is_moved_with_both_days_told(case, people):
    deadline = own(case, people)

    moved = change(case, deadline, people, due_on=date(2026, 10, 16))

    assert (moved.due_on, moved.set_at) == (date(2026, 10, 16), MONDAY + DAY)
    assert told(case) == "Moved the deadline “Svara nämnden” from 9 October 2026 to 16 October 2026"


def test_a_new_day_of_the_event_moves_the_day(case, people):
    moved = change(case, legal(case, people), people, event_on=date(2026, 10, 7))

    # The last of ten days, Saturday the 17th, moves to Monday the 19th; a contract on the 20th.
    assert moved.due_on == date(2026, 10, 20)


def test_an_announced_day_never_moves_without_reasons(case, people):
    deadline = announce_deadline(case=case, deadline=own(case, people), by=people.per, at=MONDAY)

    with pytest.raises(Refused) as refusal:
        change(case, deadline, people, due_on=date(2026, 10, 16))
    assert list(refusal.value.error_dict) == ["reasons"]
    deadline.refresh_from_db()
    assert deadline.due_on == FRIDAY

    change(case, deadline, people, due_on=date(2026, 10, 16), reasons="Nämnden bad om mer tid.")
    assert told(case).endswith("to 16 October 2026: Nämnden bad om mer tid.")


def test_an_announced_legal_day_asks_for_reasons_also_when_it_had_some(case, people):
    deadline = legal(case, people, due_on=date(2026, 10, 20), reasons="Semester.")
    announce_deadline(case=case, deadline=deadline, by=people.per, at=MONDAY)

    with pytest.raises(Refused) as refusal:
        change(case, deadline, people, due_on=date(2026, 10, 21))
    assert list(refusal.value.error_dict) == ["reasons"]


def test_announced_twice_is_once(case, people):
    deadline = own(case, people)
    for day in range(2):
        announce_deadline(case=case, deadline=deadline, by=people.per, at=MONDAY + day * DAY)

    deadline.refresh_from_db()
    assert deadline.announced_at == MONDAY


def test_who_moves_a_day_that_was_moved_meanwhile_is_told(case, people):
    deadline = own(case, people)
    change(case, deadline, people, due_on=date(2026, 10, 16), was=FRIDAY)

    with pytest.raises(Refused) as refusal:
        change(case, deadline, people, due_on=date(2026, 10, 12), was=FRIDAY)
    assert "16 oktober 2026" in refused(refusal)
    # Who wanted the day that it is already has nothing to hear.
    change(case, deadline, people, due_on=date(2026, 10, 16), was=FRIDAY)


def test_the_person_and_the_words_can_be_changed(case, people):
    deadline = own(case, people)

    change(case, deadline, people, title="Svara styrelsen", responsible=people.nora)

    assert told(case) == (
        "Called the deadline “Svara nämnden” “Svara styrelsen” instead. "
        "Gave the deadline “Svara styrelsen” to Nora Nord"
    )
    change(case, deadline, people, title="Svara styrelsen")
    assert told(case) == "Removed the person from the deadline “Svara styrelsen”"


def test_on_another_track_its_person_can_be_changed_and_its_day_not(case, people):
    # One on the law's own day, which a page leaves empty, and one on another.
    plain = legal(case, people)
    later = legal(
        case, people, period="standstill_other", due_on=date(2026, 10, 26), reasons="Semester."
    )
    Case.objects.filter(pk=case.pk).update(legal_track="pcp_outside_lou")

    for deadline, day in ((plain, None), (later, later.due_on)):
        kept = change(case, deadline, people, due_on=day, responsible=people.nora)

        assert (kept.responsible, kept.due_on) == (people.nora, deadline.due_on)
        with pytest.raises(Refused) as refusal:
            change(case, deadline, people, due_on=date(2026, 10, 27), responsible=people.nora)
        assert list(refusal.value.error_dict) == ["period"]


def test_a_change_that_changes_nothing_is_no_event(case, people):
    deadline = own(case, people)
    change(case, deadline, people, due_on=FRIDAY, title="Svara nämnden")

    assert Event.objects.of(case).last().verb == "deadline.set"


def test_a_day_is_kept_and_taken_back(case, people):
    deadline = own(case, people)
    acts = {"case": case, "deadline": deadline, "by": people.nora, "at": MONDAY}

    kept = keep_deadline(**acts)
    assert (kept.state, kept.done_by, kept.done_at) == (DeadlineState.DONE, people.nora, MONDAY)
    assert told(case) == "Kept the deadline “Svara nämnden”"
    with pytest.raises(Refused):
        change(case, deadline, people, due_on=date(2026, 10, 16))

    again = reopen_deadline(**acts)
    assert (again.state, again.done_by, again.done_at) == (DeadlineState.OPEN, None, None)


def test_a_kept_day_is_not_taken_back_beside_a_new_one_of_its_kind(case, people):
    first = legal(case, people)
    keep_deadline(case=case, deadline=first, by=people.per, at=MONDAY)
    legal(case, people)

    with pytest.raises(Refused):
        reopen_deadline(case=case, deadline=first, by=people.per, at=MONDAY)


def test_a_withdrawn_day_says_why_and_stays_withdrawn(case, people):
    deadline = own(case, people)
    acts = {"case": case, "deadline": deadline, "by": people.per, "at": MONDAY}
    for _ in range(2):
        withdraw_deadline(**acts, reason="Mötet blev av ändå.")

    assert told(case) == "Withdrew the deadline “Svara nämnden”: Mötet blev av ändå."
    with pytest.raises(Refused):
        withdraw_deadline(**acts, reason="Ett annat skäl.")
    with pytest.raises(Refused):
        keep_deadline(**acts)
    assert Event.objects.of(case).filter(verb="deadline.moved").count() == 1


def test_inside_a_secrecy_window_the_event_follows_its_circle(people):
    case = a_case_in_admission(people.per, people.authority)
    at = at_start_of(case)
    set_deadline(
        case=case,
        case_phase=case.current_phase,
        title="Svara Ask AB",
        due_on=at.date() + DAY,
        by=people.per,
        at=at,
    )

    assert Event.objects.of(case).last().secrecy == case.current_phase.round.circle


def test_a_reason_alone_is_kept(case, people):
    deadline = set_deadline(
        case=case, case_phase=case.current_phase, title="Svara", due_on=date(2026, 10, 20),
        by=people.per, at=MONDAY,
    )  # fmt: skip

    change_deadline(
        case=case, deadline=deadline, responsible=None, title="Svara", due_on=deadline.due_on,
        reasons="Nämnden sammanträder då.", by=people.per, at=MONDAY,
    )  # fmt: skip

    deadline.refresh_from_db()
    assert deadline.reasons == "Nämnden sammanträder då."
    assert told(case) == ("Wrote why the deadline “Svara” is that day: Nämnden sammanträder då.")
    assert told(case, "sv") == "Skrev varför fristen ”Svara” är den dagen: Nämnden sammanträder då."


def test_a_new_day_of_the_event_with_a_reason_tells_both(case, people):
    deadline = legal(case, people, due_on=date(2026, 10, 20), reasons="Semester.")

    change(
        case, deadline, people,
        event_on=date(2026, 10, 6), due_on=date(2026, 10, 20), reasons="Två veckor räcker.",
    )  # fmt: skip

    name = "Standstill, notice sent electronically to all"
    assert told(case) == (
        f"Counted the deadline “{name}” from 6 October 2026. "
        f"Wrote why the deadline “{name}” is that day: Två veckor räcker."
    )


def test_the_reason_of_an_earlier_day_goes_with_it(case, people):
    deadline = legal(case, people, due_on=date(2026, 10, 20), reasons="Semester.")

    # Another day of its own, and who keeps it, take no reason away.
    change(case, deadline, people, due_on=date(2026, 10, 21))
    moved = change(case, deadline, people, due_on=date(2026, 10, 21), responsible=people.nora)
    assert moved.reasons == "Semester."

    moved = change(case, deadline, people)
    assert (moved.due_on, moved.reasons) == (date(2026, 10, 16), "")
