"""What was decided, and what it stood on, is kept by the database itself."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from documents.files import keep
from documents.models import Document, Revision
from handbook.models import DocumentTemplate
from procurements.models import (
    Case,
    CaseRole,
    GateDecision,
    GateOutcome,
    GateSignature,
    LegalAssessment,
    NeedVersion,
    Numbering,
    Participant,
    PhaseDocument,
    Round,
)
from procurements.operations.case import assess_legal_track, discard_case, stop_case
from procurements.operations.deadline import set_deadline, withdraw_deadline
from procurements.operations.insight import write_insight
from procurements.operations.need import correct_need_reason, save_need
from procurements.operations.paper import Place, file_paper
from procurements.operations.people import invite_to_case, withdraw_case_invitation
from procurements.operations.signing import sign_gate
from procurements.operations.supplier import take_away_suppliers, withdraw_supplier
from teams.models import User
from tests.builders import MONDAY, a_case, an_edition
from tests.journal.guarded import refused
from tests.procurements.operations.test_gate import NAMES, admitted, decide, verdicts_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def is_kept(row, **change):
    """Whether the database refuses to change the row so."""
    return refused(lambda: type(row)._base_manager.filter(pk=row.pk).update(**change))


def stays(row):
    """Whether the database refuses to remove the row."""
    return refused(lambda: type(row)._base_manager.filter(pk=row.pk)._raw_delete("default"))


def a_need(case, people):
    return save_need(case=case, title="En trygg kväll", by=people.nora, at=MONDAY)


def an_assessment(case, people):
    return assess_legal_track(
        case=case,
        track="direct_award_19a",
        proposed_track="direct_award_19a",
        answers=[],
        reasons="Under gränsen.",
        by=people.per,
        at=MONDAY,
    )


def a_filed_paper(case, people):
    template = DocumentTemplate.objects.get(edition=case.edition, serves="need_description")
    return file_paper(
        case=case,
        place=Place(case.phases_in_order[0], template, None),
        language="sv",
        file=keep(SimpleUploadedFile("behov.txt", b"Behov"), organisation=people.authority),
        by=people.per,
        at=MONDAY,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"reasons": "Andra."},
        {"outcome": "stop"},
        {"reference": "§ 5"},
        {"next_starts_on": None},
        {"conditions": "Med villkor."},
        {"took_effect_at": None},
        {"took_effect_at": MONDAY.replace(year=2030)},
    ],
)
def test_a_decision_in_effect_is_not_changed(case, people, change):
    assert is_kept(decide(case, people.per), **change)


def test_a_decision_that_waits_for_signatures_can_only_take_effect(people):
    edition = an_edition(signatures=["buyer"])
    decision = decide(
        a_case(by=people.per, authority=people.authority, edition=edition), people.per
    )

    assert is_kept(decision, reasons="Andra.")
    assert is_kept(decision, signatures_needed=[])
    assert is_kept(decision, took_effect_at=MONDAY)
    sign_gate(
        case=decision.case_phase.case, decision=decision, role="buyer", by=people.per, at=MONDAY
    )
    assert GateDecision.objects.get().is_in_effect


def a_copy(row, **change):
    """The row once more, as somebody who goes past the operations would write it."""
    fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    return type(row)(**fields | {"id": None} | change)


def comes_in(row):
    """Whether the database takes the row."""
    with transaction.atomic():
        type(row)._base_manager.bulk_create([row])
        transaction.set_rollback(True)
    return True


def is_turned_away(row):
    return refused(lambda: type(row)._base_manager.bulk_create([row]))


def test_a_decision_takes_effect_with_its_last_signature_and_not_before(people):
    edition = an_edition(signatures=["buyer", "chief"])
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    decision = decide(case, people.per)
    signed = {"decision": decision, "by": people.per, "at": MONDAY, "method": "sign_in"}

    assert is_kept(decision, took_effect_at=MONDAY)
    GateSignature.objects.create(**signed, role="buyer", name="Per Palm")
    assert is_kept(decision, took_effect_at=MONDAY)
    for other in ("chie", "", "buyer, chief", "owner"):
        assert is_turned_away(GateSignature(**signed, role=other, name="Anna Alm"))
    GateSignature.objects.create(**signed, role="chief", name="Anna Alm")
    assert GateDecision.objects.update(took_effect_at=MONDAY) == 1


def test_no_decision_is_written_as_one_in_effect(people):
    decision = decide(a_case(by=people.per, authority=people.authority), people.per)
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")
    run = other.phases_in_order[0].pk

    assert is_turned_away(a_copy(decision, case_phase_id=run))
    assert comes_in(a_copy(decision, case_phase_id=run, took_effect_at=None))


def test_a_decision_corrects_the_one_before_it_at_the_same_gate(people):
    wrong = decide(a_case(by=people.per, authority=people.authority), people.per)
    case = a_case(by=people.per, authority=people.authority, title="Ett annat")
    other = decide(case, people.per)
    right = {"corrects_id": wrong.pk, "correction": "Fel dag.", "took_effect_at": None}

    assert is_turned_away(a_copy(other, **right, number=2))
    assert is_turned_away(a_copy(wrong, **right, number=3))
    assert comes_in(a_copy(wrong, **right, number=2))


def test_a_decision_speaks_of_suppliers_of_its_own_case_before_it_takes_effect(people):
    case, at = admitted(people)
    theirs, at = admitted(people)
    run = case.current_phase
    decision = GateDecision.objects.create(
        case_phase=run, outcome="proceed", reasons="Vi går vidare.", decided_by="Nämnden",
        reference="§ 1", decided_on=at.date(), recorded_by=people.per, recorded_at=at,
    )  # fmt: skip
    own, *_rest = case.participants.all()
    stranger = theirs.participants.first()

    assert comes_in(GateOutcome(decision=decision, participant=own, goes_on=True))
    assert is_turned_away(GateOutcome(decision=decision, participant=stranger, goes_on=True))
    GateDecision.objects.filter(pk=decision.pk).update(took_effect_at=at)
    assert is_turned_away(GateOutcome(decision=decision, participant=own, goes_on=True))


def test_a_decision_is_not_removed(case, people):
    assert stays(decide(case, people.per))


def test_what_a_decision_means_for_a_supplier_is_neither_changed_nor_removed(people):
    case, at = admitted(people)
    decide(case, people.per, at=at, verdicts=verdicts_of(case, NAMES[2]))
    outcome = GateOutcome.objects.get(goes_on=False)

    assert is_kept(outcome, goes_on=True)
    assert is_kept(outcome, reason="Annat.")
    assert stays(outcome)


def test_a_signature_is_neither_changed_nor_removed(people):
    edition = an_edition(signatures=["buyer", "chief"])
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    decision = decide(case, people.per)
    signature = sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=MONDAY)

    assert is_kept(signature, name="Nora Nord")
    assert stays(signature)


def test_a_need_is_not_changed_but_for_why_it_was(case, people):
    first = a_need(case, people)
    changed = save_need(
        case=case, title="En lugn kväll", reason="Intervjuer", started_from=1,
        by=people.nora, at=MONDAY,
    )  # fmt: skip

    assert is_kept(first, title="Något annat")
    assert is_kept(changed, who="Någon annan", reason="Annat")
    correct_need_reason(case=case, need=changed, reason="Tre samtal", by=people.nora, at=MONDAY)
    assert stays(first)


def test_an_assessment_of_the_legal_track_is_neither_changed_nor_removed(case, people):
    assessment = an_assessment(case, people)

    assert is_kept(assessment, reasons="Andra.")
    assert stays(assessment)


def test_a_paper_that_is_ready_in_a_case_stays_where_it_is(case, people):
    paper = a_filed_paper(case, people)
    other = Document.objects.create(
        organisation=people.authority, key="other", purpose="other", title="x", language="sv"
    )

    assert stays(paper.document.revisions.get())
    assert is_kept(paper, document=other)
    assert is_kept(paper, case=a_case(by=people.per, authority=people.authority))
    assert stays(paper)


@pytest.mark.parametrize(
    "roles", [["procurer", "observer"], ["lawyer"], [], ["procurer", "process"], ["procurer", ""]]
)
def test_a_secrecy_window_lets_no_other_role_in_and_always_the_procurer(people, roles):
    case, _at = admitted(people)
    window = Round.objects.get(case_phase=case.current_phase)
    every = ["procurer", "process_leader", "lawyer", "assessor"]

    assert is_kept(window, roles=roles)
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")
    elsewhere = other.phases.get(number=1)
    assert is_turned_away(Round(case_phase=elsewhere, opens_at=MONDAY, roles=roles))
    for chosen in (every, every[:1], every[::3]):
        assert Round.objects.filter(pk=window.pk).update(roles=chosen) == 1


def test_what_belongs_to_a_case_names_nothing_of_another(people):
    case, at = admitted(people)
    other, _at = admitted(people)
    run, theirs = case.current_phase, other.current_phase
    own, stranger = case.participants.first(), other.participants.first()
    insight = write_insight(
        case=case, title="Natten", text="Ingen ser.", source="interview", audience="team",
        by=people.per, at=at,
    )  # fmt: skip
    paper = a_filed_paper(case, people)

    assert is_turned_away(a_copy(own, name="Ny AB", admitted_in_id=theirs.pk))
    assert comes_in(a_copy(own, name="Ny AB"))
    gone = {"state": "withdrawn", "left_on": at.date(), "left_reason": "Hinner inte."}
    assert is_kept(own, left_in_id=theirs.pk, **gone)
    assert Participant.objects.filter(pk=own.pk).update(left_in_id=run.pk, **gone) == 1
    assert is_turned_away(a_copy(insight, number=9, case_phase_id=theirs.pk))
    assert comes_in(a_copy(insight, number=9))
    assert is_kept(paper, case_phase_id=theirs.pk)
    assert is_kept(paper, participant_id=stranger.pk)


def test_a_supplier_entered_by_mistake_is_never_heard_of_again(people):
    case, at = admitted(people)
    run = case.current_phase
    mistaken, there, *_rest = case.participants.all()
    take_away_suppliers(case=case, suppliers=[mistaken], reason="Fel lista.", by=people.per, at=at)
    paper = a_filed_paper(case, people)

    assert is_kept(mistaken, state="in", left_in_id=None, left_on=None, left_reason="")
    assert is_kept(mistaken, state="withdrawn")
    assert is_kept(mistaken, name="En annan")
    assert is_kept(paper, participant_id=mistaken.pk)
    assert is_turned_away(a_copy(paper, participant_id=mistaken.pk))
    decision = GateDecision.objects.create(
        case_phase=run, outcome="proceed", reasons="Vi går vidare.", decided_by="Nämnden",
        reference="§ 1", decided_on=at.date(), recorded_by=people.per, recorded_at=at,
    )  # fmt: skip
    assert comes_in(GateOutcome(decision=decision, participant=there, goes_on=True))
    assert is_turned_away(GateOutcome(decision=decision, participant=mistaken, goes_on=True))


def test_no_supplier_that_something_tells_of_was_entered_by_mistake(people):
    case, at = admitted(people)
    ask, bjork, *_rest = case.participants.all()
    gone = {"left_in_id": case.current_phase.pk, "left_on": at.date(), "left_reason": "Nej."}
    paper = a_filed_paper(case, people)
    PhaseDocument.objects.filter(pk=paper.pk).update(participant=ask)

    assert is_kept(ask, state="mistaken", **gone)
    decide(case, people.per, at=at, verdicts=verdicts_of(case, bjork.name))
    assert is_kept(bjork, state="mistaken")
    assert is_kept(case.participants.last(), state="mistaken", **gone)
    assert is_kept(bjork, state="withdrawn")


def test_what_is_over_stays_over(people):
    case, at = admitted(people)
    decided = case.current_phase
    gone, *_rest = case.participants.all()
    withdraw_supplier(case=case, participant=gone, reason="Hinner inte.", by=people.per, at=at)
    assert is_kept(gone, state="discarded")
    day = set_deadline(
        case=case, case_phase=decided, title="Svara", due_on=at.date() + timedelta(days=9),
        by=people.per, at=at,
    )  # fmt: skip
    withdraw_deadline(case=case, deadline=day, reason="Behövs inte.", by=people.per, at=at)
    assert is_kept(day, state="open")
    verdicts = verdicts_of(case, *NAMES)
    verdicts.pop(gone.pk, None)
    decide(case, people.per, at=at, verdicts=verdicts)
    assert is_kept(decided, state="active", ended_on=None)
    assert is_kept(Case.objects.get(pk=case.pk).current_phase, state="planned", started_on=None)
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at)

    assert is_kept(case, state="active", ended_on=None)
    assert is_kept(case, state="completed")
    assert is_kept(case, state="draft", started_on=None, ended_on=None)


def test_no_number_of_a_case_is_given_twice(case):
    numbering = Numbering.objects.get()

    assert is_kept(numbering, last=numbering.last - 1)
    assert stays(numbering)
    assert Numbering.next("case") == case.number + 1


def test_who_took_part_and_who_could_see_it_stay_in_a_begun_case(people):
    case, at = admitted(people)
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")
    run = case.current_phase
    window = Round.objects.get(case_phase=run)

    assert stays(case.participants.first())
    assert is_kept(case.participants.first(), case_id=other.pk)
    assert stays(case.roles.first())
    assert stays(window)
    Round.objects.filter(pk=window.pk).update(roles=["procurer"])
    decide(case, people.per, at=at, verdicts=verdicts_of(case, *NAMES))
    assert is_kept(window, roles=["procurer", "assessor"])
    assert is_kept(window, ends_at=None)


def test_no_way_round_leads_a_window_out_of_its_case(people):
    """By the phase that it is of, which is neither removed nor another case's."""
    case, _at = admitted(people)
    draft = a_case(by=people.per, authority=people.authority, begun=False, title="Ett annat")
    run = case.current_phase
    elsewhere = draft.phases_in_order[0]

    assert stays(run)
    assert is_kept(run, case=draft)
    assert is_kept(run.round, case_phase=elsewhere)
    assert stays(run.round)


def test_the_same_role_is_not_held_twice_on_a_day(case, people):
    held, day = case.roles.get(user=people.per, role="owner"), MONDAY.date()
    CaseRole.objects.filter(pk=held.pk).update(until_on=day + timedelta(days=9))
    again = {"case": case, "user": people.per, "role": "owner"}
    of_no_day = CaseRole.objects.create(**again, from_on=day, until_on=day)
    after = CaseRole.objects.create(**again, from_on=day + timedelta(days=9))

    assert refused(lambda: CaseRole.objects.create(**again, from_on=day + timedelta(days=8)))
    assert refused(
        lambda: CaseRole.objects.bulk_create(
            [CaseRole(**again, from_on=day - timedelta(days=9), until_on=day + timedelta(days=1))]
        )
    )
    assert is_kept(held, until_on=day + timedelta(days=10))
    assert is_kept(after, from_on=day + timedelta(days=8))
    assert is_kept(of_no_day, until_on=day + timedelta(days=1))
    assert CaseRole.objects.create(**again | {"role": "lawyer"}, from_on=day)


def test_whose_account_is_closed_is_given_no_role(case, people):
    User.objects.filter(pk=people.nora.pk).update(is_active=False)
    role = {"case": case, "role": "coach", "from_on": MONDAY.date()}

    assert refused(lambda: CaseRole.objects.create(user=people.nora, **role))
    assert CaseRole.objects.create(user=people.per, **role)


def test_a_role_ends_and_never_becomes_another(case, people):
    held, day = case.roles.get(user=people.per, role="owner"), MONDAY.date()
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")
    held.undertaking_on = day
    held.save(update_fields=["undertaking_on"])

    assert is_kept(held, role="lawyer")
    assert is_kept(held, user_id=people.nora.pk)
    assert is_kept(held, case_id=other.pk)
    assert is_kept(held, from_on=held.from_on + timedelta(days=1))
    assert is_kept(held, undertaking_on=None)
    held.until_on = day + timedelta(days=9)
    held.save(update_fields=["until_on"])
    assert is_kept(held, until_on=None)
    held.from_on, held.until_on = held.from_on - timedelta(days=1), day + timedelta(days=8)
    held.interests, held.is_engagement = "Inga.", True
    held.save()


def test_a_link_that_was_sent_offers_what_it_offered_and_opens_once(case, people):
    sent = {"case": case, "by": people.per, "at": MONDAY}
    mine = invite_to_case(email="eva@konsult.example", role="observer", **sent)
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")

    assert is_kept(mine, role="procurer")
    assert is_kept(mine, email="annan@konsult.example")
    assert is_kept(mine, case_id=other.pk)
    withdraw_case_invitation(invitation=mine, **sent)
    assert is_kept(mine, revoked_at=None)


def test_a_begun_case_is_neither_a_draft_again_nor_removed(case):
    assert is_kept(case, state="draft")
    assert stays(case)
    assert refused(Case.objects.get().delete)


def test_a_draft_is_thrown_away_with_all_that_is_in_it(people):
    case = a_case(by=people.per, authority=people.authority, begun=False)
    a_need(case, people)
    an_assessment(case, people)
    a_filed_paper(case, people)

    discard_case(case=case, by=people.per, at=MONDAY)

    for model in (Case, NeedVersion, LegalAssessment, PhaseDocument, Document, Revision):
        assert not model.objects.exists()
