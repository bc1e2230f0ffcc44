from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.signals import pre_save
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents import files
from documents.models import Document, StoredFile
from handbook.models import DocumentTemplate
from journal.models import Event
from outbox.models import Message
from procurements import days
from procurements.models import Case, CasePhase, Round, Task
from procurements.operations.case import (
    begin_case,
    change_case,
    discard_case,
    move_phase,
    pause_case,
    resume_case,
    start_case,
    stop_case,
)
from procurements.operations.insight import write_insight
from procurements.operations.need import save_need
from procurements.operations.paper import Place, file_paper, order_paper
from procurements.operations.task import attach_evidence, complete_task, reopen_task
from procurements.planning import PlanRefused
from procurements.refusals import Refused, TransitionRefused
from procurements.states import CaseState, PhaseState, Role
from tests.builders import MONDAY, a_case, an_edition, passed_gate

pytestmark = pytest.mark.django_db


def verbs(case):
    return list(Event.objects.of(case).values_list("verb", flat=True))


def test_started_case_is_a_draft_that_only_its_maker_sees(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)

    assert case.state == CaseState.DRAFT
    assert case.roles_of(people.per, on=MONDAY.date()) == {Role.OWNER, Role.PROCURER}
    assert list(Case.objects.visible_to(people.anna)) == []
    assert verbs(case)[0] == "case.started"


def test_steps_that_do_not_apply_to_the_context_are_left_out(people):
    edition = an_edition()

    service = a_case(by=people.per, authority=people.authority, edition=edition, context="service")
    product = a_case(by=people.per, authority=people.authority, edition=edition, context="product")

    assert [run.tasks.count() for run in service.phases_in_order] == [2, 2, 2]
    assert [run.tasks.count() for run in product.phases_in_order] == [3, 3, 3]


def test_form_pressed_twice_gives_the_same_case(people):
    asked = {
        "title": "Trygg vecka",
        "authority": people.authority,
        "edition": an_edition(),
        "context": "service",
        "planned_start_on": date(2026, 10, 5),
        "key": uuid4(),
        "at": MONDAY,
    }

    first = start_case(**asked, by=people.per)
    second = start_case(**asked, by=people.per)
    others = start_case(**asked, by=people.lena)

    assert second == first
    assert others != first
    assert Case.objects.count() == 2


def test_diary_number_is_taken_once_in_an_authority(people):
    a_case(by=people.per, authority=people.authority, diary_number="ON 2026-7")

    with pytest.raises(Refused):
        a_case(by=people.per, authority=people.authority, diary_number="ON 2026-7")


def test_a_diary_number_taken_at_the_same_moment_is_refused_in_words(people):
    case = a_case(by=people.per, authority=people.authority)
    other = a_case(by=people.per, authority=people.authority)

    def take_it_first(**_sent):
        Case.objects.filter(pk=other.pk).update(diary_number="ON 2026-7")

    pre_save.connect(take_it_first, sender=Case)
    try:
        with pytest.raises(Refused) as refusal:
            change_case(case=case, diary_number="ON 2026-7", by=people.per, at=MONDAY)
    finally:
        pre_save.disconnect(take_it_first, sender=Case)

    assert "diary_number" in refusal.value.error_dict


def test_what_is_done_with_a_case_just_thrown_away_is_refused_in_words(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)
    seen = Case.objects.get(pk=case.pk)
    discard_case(case=case, by=people.per, at=MONDAY)

    with pytest.raises(Refused):
        discard_case(case=seen, by=people.per, at=MONDAY)
    with pytest.raises(Refused):
        begin_case(case=seen, by=people.per, at=MONDAY)


def test_a_phase_that_never_began_has_no_days_when_the_case_is_stopped(people):
    case = a_case(
        by=people.per, authority=people.authority, planned_start_on=MONDAY.date() + timedelta(21)
    )
    assert case.current_phase.is_waiting(on=MONDAY.date())

    case = stop_case(case=case, reason="Behovet försvann", by=people.per, at=MONDAY)

    first = case.phases.get(number=0)
    assert (first.started_on, first.ended_on, case.started_on) == (None, None, None)
    assert case.ended_on == MONDAY.date()


def test_what_a_stopped_case_says_stands_as_it_is(people):
    case = a_case(by=people.per, authority=people.authority)
    stop_case(case=case, reason="Budgeten.", by=people.per, at=MONDAY)
    said = {"by": people.per, "at": MONDAY}

    with pytest.raises(Refused):
        move_phase(
            case=case, case_phase=case.phases_in_order[1], starts_on=date(2027, 3, 1), **said
        )
    with pytest.raises(Refused):
        write_insight(case=case, title="Ny", text="Ny", source="test", audience="team", **said)
    with pytest.raises(Refused):
        save_need(case=case, title="Ett annat behov", **said)


def test_a_phase_that_waits_is_not_moved_to_the_day_of_the_gate_before_it(people):
    case = passed_gate(a_case(by=people.per, authority=people.authority), by=people.per)

    with pytest.raises(PlanRefused):
        move_phase(
            case=case,
            case_phase=case.current_phase,
            starts_on=MONDAY.date(),
            by=people.per,
            at=MONDAY,
        )


def test_begun_case_starts_its_first_phase(people):
    case = a_case(by=people.per, authority=people.authority)

    assert case.state == CaseState.ACTIVE
    assert case.current_phase.number == 0
    assert case.started_on == MONDAY.date()


@pytest.mark.parametrize("on", [date(2000, 1, 3), MONDAY.date() - timedelta(days=3 * 366 + 1)])
def test_a_first_day_of_long_ago_begins_no_case(people, on):
    case = a_case(by=people.per, authority=people.authority, begun=False)

    with pytest.raises(Refused) as refusal:
        begin_case(case=case, on=on, by=people.per, at=MONDAY)

    assert set(refusal.value.message_dict) == {"on"}
    case.refresh_from_db()
    assert (case.state, case.started_on) == (CaseState.DRAFT, None)


def test_a_case_may_have_begun_on_paper_three_years_ago(people):
    """From a need on paper to suppliers at work takes more than a year."""
    first_day = MONDAY.date() - timedelta(days=3 * 366)
    case = a_case(
        by=people.per, authority=people.authority, planned_start_on=first_day, begun=False
    )
    begun = begin_case(case=case, on=first_day, by=people.per, at=MONDAY)

    assert begun.started_on == days.roll_forward(first_day)


def test_case_is_not_begun_twice(people):
    case = a_case(by=people.per, authority=people.authority)

    with pytest.raises(TransitionRefused):
        begin_case(case=case, by=people.per, at=MONDAY)


def test_case_is_paused_and_resumed_with_reasons(people):
    case = a_case(by=people.per, authority=people.authority)

    case = pause_case(case=case, reason="Budgeten dröjer", by=people.per, at=MONDAY)
    assert (case.state, case.state_reason) == (CaseState.PAUSED, "Budgeten dröjer")

    case = resume_case(case=case, by=people.per, at=MONDAY)
    assert (case.state, case.state_reason) == (CaseState.ACTIVE, "")

    with pytest.raises(Refused):
        resume_case(case=case, by=people.per, at=MONDAY)


def test_stopped_case_keeps_its_reasons_and_never_starts_again(people):
    case = a_case(by=people.per, authority=people.authority)

    case = stop_case(case=case, reason="Behovet försvann", by=people.per, at=MONDAY)

    assert (case.state, case.ended_on) == (CaseState.STOPPED, MONDAY.date())
    with pytest.raises(TransitionRefused):
        stop_case(case=case, reason="Igen", by=people.per, at=MONDAY)


def test_draft_nobody_has_seen_is_thrown_away_and_its_number_never_used_again(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)
    number = case.number

    discard_case(case=case, by=people.per, at=MONDAY)
    following = a_case(by=people.per, authority=people.authority, begun=False)

    assert not Case.objects.filter(number=number).exists()
    assert following.number == number + 1
    assert Event.objects.filter(verb="case.discarded", facts__number=number).exists()


def test_draft_that_others_have_seen_is_kept(people):
    case = a_case(
        by=people.per,
        authority=people.authority,
        begun=False,
        roles={Role.NEED_OWNER: people.nora},
    )

    with pytest.raises(Refused):
        discard_case(case=case, by=people.per, at=MONDAY)


def test_begun_case_is_not_thrown_away(people):
    case = a_case(by=people.per, authority=people.authority)

    with pytest.raises(Refused):
        discard_case(case=case, by=people.per, at=MONDAY)


def test_changed_facts_are_told_by_their_names(people):
    case = a_case(by=people.per, authority=people.authority)

    change_case(case=case, title="Nytt namn", summary="", by=people.per, at=MONDAY)

    event = Event.objects.of(case).readable().last()
    with translation.override("en"):
        assert event.sentence == (
            "Changed the facts of the case. "
            "Title, before: “Trygg första vecka hemma”, now: “Nytt namn”."
        )


def test_why_a_case_rests_or_was_stopped_is_corrected_and_history_keeps_what_stood_before(people):
    case = a_case(by=people.per, authority=people.authority)
    for end in (pause_case, stop_case):
        end(case=case, reason="Bugdeten dröjer.", by=people.per, at=MONDAY)

        change_case(case=case, state_reason="Budgeten dröjer.", by=people.per, at=MONDAY)

        assert Case.objects.get(pk=case.pk).state_reason == "Budgeten dröjer."
        with translation.override("en"):
            assert Event.objects.of(case).readable().last().sentence == (
                "Changed the facts of the case. Why the case is paused or was stopped, "
                "before: “Bugdeten dröjer.”, now: “Budgeten dröjer.”."
            )


def test_a_case_that_goes_on_has_no_reason_to_correct(people):
    case = a_case(by=people.per, authority=people.authority)

    with pytest.raises(Refused, match="inte längre pausat"):
        change_case(case=case, state_reason="Därför.", by=people.per, at=MONDAY)


def test_nothing_changed_leaves_no_event(people):
    case = a_case(by=people.per, authority=people.authority)
    before = verbs(case)

    change_case(case=case, title=case.title, by=people.per, at=MONDAY)

    assert verbs(case) == before


def test_moved_phase_takes_the_later_ones_with_it(people):
    case = a_case(by=people.per, authority=people.authority)
    _first, second, third = case.phases_in_order
    gap = days.working_days_between(second.planned_gate_on, third.planned_starts_on)
    later = days.add_working_days(second.planned_starts_on, 5)

    move_phase(case=case, case_phase=second, starts_on=later, by=people.per, at=MONDAY)

    second.refresh_from_db()
    third.refresh_from_db()
    assert second.planned_starts_on == later
    assert days.working_days_between(second.planned_gate_on, third.planned_starts_on) == gap


def test_a_step_that_is_done_moves_with_its_phase_and_is_not_late_when_taken_up_again(people):
    case = a_case(by=people.per, authority=people.authority)
    second = case.phases_in_order[1]
    task, open_one = second.tasks.all()[:2]
    second.tasks.update(due_on=second.planned_starts_on)
    complete_task(case=case, task=task, by=people.per, at=MONDAY)
    later = days.add_working_days(second.planned_starts_on, 5)

    move_phase(case=case, case_phase=second, starts_on=later, by=people.per, at=MONDAY)
    again = reopen_task(case=case, task=task, by=people.per, at=MONDAY)

    open_one.refresh_from_db()
    assert (again.due_on, open_one.due_on) == (later, later)


def test_a_case_planned_from_a_day_off_is_planned_from_the_working_day_after(people):
    saturday = date(2027, 1, 2)
    case = a_case(by=people.per, authority=people.authority, begun=False, planned_start_on=saturday)

    assert case.planned_start_on == case.phases_in_order[0].planned_starts_on == date(2027, 1, 4)


def test_a_planned_start_of_long_ago_is_refused_at_the_field(people):
    long_ago = MONDAY.date() - timedelta(days=3 * 366 + 3)
    with pytest.raises(Refused) as refused:
        a_case(by=people.per, authority=people.authority, planned_start_on=long_ago)

    assert set(refused.value.error_dict) == {"planned_start_on"}
    assert not Case.objects.exists()


def test_phase_cannot_start_before_the_gate_before_it(people):
    case = a_case(by=people.per, authority=people.authority)
    first, second, _third = case.phases_in_order

    with pytest.raises(PlanRefused):
        move_phase(
            case=case,
            case_phase=second,
            starts_on=first.planned_gate_on,
            by=people.per,
            at=MONDAY,
        )


def test_phase_that_has_begun_cannot_be_moved(people):
    case = a_case(by=people.per, authority=people.authority)

    with pytest.raises(Refused):
        move_phase(
            case=case,
            case_phase=case.phases_in_order[0],
            starts_on=MONDAY.date() + timedelta(days=7),
            by=people.per,
            at=MONDAY,
        )


@pytest.mark.parametrize(
    ("starts_on", "was"),
    [(date(2026, 10, 20), "2026-10-13"), (MONDAY.date() - timedelta(days=4), "")],
)
def test_a_start_moved_by_somebody_else_or_to_a_day_that_has_passed_is_refused(
    people, starts_on, was
):
    start = date(2026, 10, 12)
    case = a_case(by=people.per, authority=people.authority, planned_start_on=start)
    run = case.phases_in_order[0]
    assert run.is_waiting(on=MONDAY.date())

    with pytest.raises(Refused) as refusal:
        move_phase(
            case=case, case_phase=run, starts_on=starts_on, was=was, by=people.per, at=MONDAY
        )

    assert list(refusal.value.error_dict) == ["starts_on"]
    assert CasePhase.objects.get(pk=run.pk).started_on == start


def test_phase_that_waits_can_be_moved_and_its_window_with_it(people):
    start = date(2026, 10, 12)
    case = a_case(by=people.per, authority=people.authority, planned_start_on=start)
    run = case.phases_in_order[0]
    Round.objects.create(case_phase=run, opens_at=days.start_of(start))
    assert run.is_waiting(on=MONDAY.date())

    move_phase(case=case, case_phase=run, starts_on=date(2026, 10, 14), by=people.per, at=MONDAY)

    run = CasePhase.objects.select_related("round").get(pk=run.pk)
    assert run.started_on == date(2026, 10, 14)
    assert run.round.opens_at == days.start_of(date(2026, 10, 14))


def windows_told(case, language) -> list[str]:
    events = Event.objects.of(case).filter(verb__startswith="round.")
    with translation.override(language):
        return [str(event.sentence) for event in events.readable()]


def test_a_window_whose_day_lies_ahead_is_told_with_its_day_and_its_moves(people):
    case = passed_gate(a_case(by=people.per, authority=people.authority), by=people.per)
    said = {"case": case, "by": people.per, "at": MONDAY}
    run = case.current_phase

    assert windows_told(case, "sv") == ["Sekretessfönstret i fas 1 ska öppnas den 6 oktober 2026"]
    move_phase(case_phase=run, starts_on=date(2026, 10, 8), **said)
    move_phase(case_phase=run, starts_on=date(2026, 10, 8), **said)
    stop_case(reason="Behovet är löst.", **said)

    assert windows_told(case, "sv") == [
        "Sekretessfönstret i fas 1 ska öppnas den 6 oktober 2026",
        "Sekretessfönstret i fas 1 ska öppnas den 8 oktober 2026 i stället för den 6 oktober 2026",
        "Sekretessfönstret i fas 1 öppnas inte, eftersom ärendet avslutades dessförinnan",
    ]
    assert windows_told(case, "en") == [
        "The secrecy window of phase 1 is to open on 6 October 2026",
        "The secrecy window of phase 1 is to open on 8 October 2026 instead of 6 October 2026",
        "The secrecy window of phase 1 does not open, since the case ended before",
    ]
    window = Round.objects.get(case_phase=run)
    told = Event.objects.of(case).about(window)
    assert [{**event.facts, "roles": ...} for event in told] == [
        {"number": 1, "roles": ..., "opens_on": "2026-10-06"},
        {"number": 1, "roles": ..., "was_on": "2026-10-06", "opens_on": "2026-10-08"},
        {"number": 1, "roles": ...},
    ]


def test_a_window_that_opens_at_once_is_told_as_open(people):
    edition = an_edition(assessed_phases=[0])
    case = a_case(by=people.per, authority=people.authority, edition=edition)

    stop_case(case=case, reason="Behovet är löst.", by=people.per, at=MONDAY)

    assert windows_told(case, "sv") == [
        "Sekretessfönstret i fas 0 öppnades",
        "Sekretessfönstret i fas 0 stängdes",
    ]


def test_the_window_of_an_admission_begun_again_is_open_and_does_not_move(people):
    case = passed_gate(a_case(by=people.per, authority=people.authority), by=people.per)
    case = passed_gate(case, by=people.per, outcome="repeat")
    at = days.start_of(case.phases_in_order[1].started_on) + timedelta(hours=10)
    run = case.current_phase

    move_phase(case=case, case_phase=run, starts_on=date(2026, 10, 12), by=people.per, at=at)

    told = windows_told(case, "sv")
    assert told[1:] == ["Sekretessfönstret i fas 1 stängdes", "Sekretessfönstret i fas 1 öppnades"]


@pytest.mark.slow
@given(moves=st.lists(st.tuples(st.integers(1, 2), st.integers(-30, 90)), max_size=6))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_phases_stay_in_order_however_they_are_moved(people, moves):
    case = a_case(by=people.per, authority=people.authority)
    for index, shift in moves:
        run = CasePhase.objects.get(case=case, number=index)
        wanted = run.planned_starts_on + timedelta(days=shift)
        try:
            move_phase(case=case, case_phase=run, starts_on=wanted, by=people.per, at=MONDAY)
        except ValidationError:
            continue

    runs = list(CasePhase.objects.filter(case=case).order_by("number"))

    assert all(a.planned_gate_on < b.planned_starts_on for a, b in pairwise(runs))
    for run in runs:
        assert days.working_days_between(run.planned_starts_on, run.planned_ends_on) == 9
        assert days.working_days_between(run.planned_ends_on, run.planned_gate_on) == 2
    assert [run.state for run in runs] == [
        PhaseState.ACTIVE,
        PhaseState.PLANNED,
        PhaseState.PLANNED,
    ]


def test_a_case_began_on_the_day_its_first_phase_did(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)
    saturday, monday = date(2026, 10, 24), date(2026, 10, 26)
    begin_case(case=case, on=saturday, by=people.per, at=MONDAY)
    case.refresh_from_db()
    assert case.started_on == monday

    first = Case.objects.get(pk=case.pk).current_phase
    earlier = date(2026, 10, 12)
    move_phase(case=case, case_phase=first, starts_on=earlier, by=people.per, at=MONDAY)
    case.refresh_from_db()
    assert case.started_on == earlier

    stop_case(case=case, reason="Pengarna är slut.", by=people.per, at=MONDAY + timedelta(days=8))
    case.refresh_from_db()
    assert case.ended_on == date(2026, 10, 13)


def test_the_files_of_a_draft_that_is_thrown_away_go_unless_another_case_has_them(people):
    drafts = [a_case(by=people.per, authority=people.authority, begun=False) for _ in range(2)]
    kept = {
        name: files.keep(SimpleUploadedFile(name, name.encode()), organisation=people.authority)
        for name in ("ett.txt", "båda.txt")
    }
    for case, names in zip(drafts, (["ett.txt", "båda.txt"], ["båda.txt"]), strict=True):
        task = Task.objects.filter(case_phase__case=case).first()
        for name in names:
            attach_evidence(case=case, task=task, file=kept[name], by=people.per, at=MONDAY)

    discard_case(case=drafts[0], by=people.per, at=MONDAY)

    assert list(StoredFile.objects.all()) == [kept["båda.txt"]]


def test_the_papers_of_a_draft_that_is_thrown_away_go_with_it(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)
    run = case.phases.get(number=0)
    template = DocumentTemplate.objects.get(edition=case.edition, serves="need_description")
    place = Place(run, template)
    order_paper(
        case=case, place=place, language="sv", fill={"words": "Ord"}, passages={}, draft=True,
        by=people.per, at=MONDAY,
    )  # fmt: skip
    filed = files.keep(SimpleUploadedFile("a.txt", b"Ord"), organisation=people.authority)
    file_paper(case=case, place=place, language="sv", file=filed, by=people.per, at=MONDAY)
    promised = Message.objects.filter(kind="document.render")
    assert promised.exists()

    discard_case(case=case, by=people.per, at=MONDAY)

    assert not promised.exists()
    assert not Document.objects.exists()
    assert not StoredFile.objects.exists()
