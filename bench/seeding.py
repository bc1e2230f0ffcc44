"""Thousands of cases, made with bulk inserts: fast, and whole enough for every page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils.timezone import now

from bench import installation
from documents import files
from documents.models import StoredFile
from handbook.models import Edition, Handbook, Suggestion
from handbook.operations.draft import begin_draft
from handbook.purposes import Audience
from handbook.versions import following
from procurements import days, planning
from procurements.models import (
    CalendarFeed,
    Case,
    CasePhase,
    CaseRole,
    Deadline,
    Insight,
    NeedVersion,
    Numbering,
    Participant,
    Round,
    Task,
)
from procurements.models.case import FIRST_NUMBER
from procurements.operations.gate import Verdict, decide_gate
from procurements.operations.need import save_need
from procurements.operations.paper import Place, file_paper
from procurements.operations.people import invite_to_case
from procurements.operations.signing import file_signed_copy
from procurements.operations.supplier import withdraw_supplier
from procurements.operations.task import add_task, attach_evidence, write_note
from teams.models import AccessibilityStatement, Membership, Organisation, Team, User
from teams.operations.roles import invite
from teams.statement import default_statement

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
# Of all cases this many are the signed-in person's own, and can be seen.
VISIBLE = 50
SUPPLIERS = 7
AT_A_TIME = 500


def seed(cases: int) -> User:
    """An installation with so many cases in their first admitting phase; the person who sees
    up to VISIBLE of them."""
    installation.make_tables()
    call_command("load_handbook", shipped=True, verbosity=0)
    edition = Edition.objects.current().order_by("handbook__key").first()
    assert edition is not None
    authority = installation.an_organisation()
    per = User.objects.create_user("per@matstad.example", "Tallbarr-i-motvind-7", name="Per Palm")
    other = User.objects.create_user("olle@matstad.example", None, name="Olle Ottosson")
    Membership.objects.create(
        user=per, organisation=authority, role="editor", from_on=date(2024, 1, 8)
    )
    _another_house(per)
    feed = CalendarFeed(person=per, made_at=NOW)
    feed.make_token()
    feed.save()
    _suggestions(cases, edition=edition, keeper=authority, per=per, other=other)
    for start in range(0, cases, AT_A_TIME):
        numbers = range(start, min(start + AT_A_TIME, cases))
        _some(numbers, edition=edition, authority=authority, per=per, other=other)
    # The series of numbers goes on where the seeding ends.
    Numbering.objects.update_or_create(series="case", defaults={"last": FIRST_NUMBER + cases - 1})
    with_everything(Case.objects.get(number=FIRST_NUMBER + 1), by=per)
    return per


def a_leader_of(cases: int) -> User:
    """Somebody who leads so many of the cases that are seeded, the oldest."""
    leader = User.objects.create_user(f"leder{cases}@matstad.example", None, name=f"Lo {cases}")
    CaseRole.objects.bulk_create(
        CaseRole(case_id=pk, user=leader, role="process_leader", from_on=NOW.date())
        for pk in Case.objects.order_by("number").values_list("pk", flat=True)[:cases]
    )
    return leader


def _another_house(per: User) -> None:
    """An organisation that the person administers, with a team; it has no cases."""
    park = Organisation.objects.create(name="Mätstads Science Park", kind="science_park")
    team = Team.objects.create(name_sv="Mätteamet")
    team.organisations.set([park])
    AccessibilityStatement.objects.bulk_create([default_statement(park)])
    since = date(2024, 1, 8)
    Membership.objects.create(user=per, organisation=park, role="administrator", from_on=since)
    Membership.objects.create(user=per, team=team, role="lead", from_on=since)
    # It keeps the handbooks, and the next edition of one of them is being written.
    Handbook.objects.update(owner=park)
    edition = Edition.objects.current().order_by("handbook__key").first()
    assert edition is not None
    begin_draft(edition=edition, version=following(edition.version), by=per, at=now())
    invite(place=park, email="ny@matstad.example", role="member", by=per, at=now())


def _suggestions(
    count: int, *, edition: Edition, keeper: Organisation, per: User, other: User
) -> None:
    """So many for the handbook, whose editor the person is; every second is the person's own."""
    Handbook.objects.filter(pk=edition.handbook_id).update(owner=keeper)
    parts = [step.path for step in edition.steps.all()]
    Suggestion.objects.bulk_create(
        (
            Suggestion(
                edition=edition,
                part=parts[n % len(parts)],
                language="sv",
                text=f"Förslag {n}.",
                reason="Vi har prövat.",
                by=other if n % 2 else per,
                at=NOW,
            )
            for n in range(count)
        ),
        batch_size=AT_A_TIME,
    )


def _some(
    numbers: range, *, edition: Edition, authority: Organisation, per: User, other: User
) -> None:
    made = Case.objects.bulk_create(
        Case(
            number=FIRST_NUMBER + n,
            title=f"Ärende {n}",
            summary="Ett ärende att mäta på.",
            diary_number=f"M {n}",
            authority=authority,
            edition=edition,
            context="service",
            legal_track="direct_award_19a",
            state="active",
            planned_start_on=NOW.date(),
            started_on=NOW.date() - timedelta(days=200),
            created_by=per,
            created_at=NOW,
        )
        for n in numbers
    )
    CaseRole.objects.bulk_create(
        CaseRole(
            case=case,
            user=per if n < VISIBLE else other,
            role=role,
            from_on=NOW.date() - timedelta(days=200),
        )
        for n, case in zip(numbers, made, strict=True)
        for role in ("owner", "procurer")
    )
    runs = CasePhase.objects.bulk_create(_runs(made, edition))
    going = [run for run in runs if run.state == "active"]
    Round.objects.bulk_create(
        Round(case_phase=run, opens_at=NOW - timedelta(days=10)) for run in going
    )
    _work(going, edition, per)
    _market(going, per)


def _runs(cases: list[Case], edition: Edition) -> list[CasePhase]:
    phases = list(edition.phases.order_by("number"))
    now = next(i for i, phase in enumerate(phases) if phase.admits_suppliers)
    start = NOW.date() - timedelta(days=200)
    plan = planning.plan([(p.length_days, p.decision_days) for p in phases], start)
    runs = []
    for case in cases:
        for i, (phase, planned) in enumerate(zip(phases, plan, strict=True)):
            closed = i < now
            runs.append(
                CasePhase(
                    case=case,
                    phase=phase,
                    number=phase.number,
                    state="closed" if closed else "active" if i == now else "planned",
                    planned_starts_on=planned.starts_on,
                    planned_ends_on=planned.ends_on,
                    planned_gate_on=planned.gate_on,
                    started_on=planned.starts_on if i <= now else None,
                    ended_on=planned.gate_on if closed else None,
                    fee=phase.fee,
                    planned_suppliers=phase.default_suppliers,
                )
            )
    return runs


def _work(going: list[CasePhase], edition: Edition, per: User) -> None:
    steps = {p.pk: list(p.steps.order_by("number")) for p in edition.phases.all()}
    Task.objects.bulk_create(
        Task(
            case_phase=run,
            step=step,
            position=step.number,
            is_required=step.required,
            assignee=per,
            due_on=planning.step_due(run.planned_starts_on, step.offset_days),
        )
        for run in going
        for step in steps[run.phase_id]
        if step.applies_in("service")
    )
    Deadline.objects.bulk_create(
        Deadline(
            case_phase=run,
            title=f"Dag {n}",
            due_on=run.planned_ends_on,
            responsible=per,
            set_at=NOW,
        )
        for run in going
        for n in range(2)
    )


def _market(going: list[CasePhase], per: User) -> None:
    Participant.objects.bulk_create(
        Participant(
            case_id=run.case_id,
            name=f"Leverantör {n}",
            admitted_in=run,
            added_by=per,
            added_at=NOW,
        )
        for run in going
        for n in range(SUPPLIERS)
    )
    NeedVersion.objects.bulk_create(
        NeedVersion(case_id=run.case_id, number=1, title="Behovet", by=per, at=NOW) for run in going
    )
    Insight.objects.bulk_create(
        Insight(
            case_id=run.case_id,
            case_phase=run,
            number=n + 1,
            title=f"Insikt {n}",
            text="Något nytt.",
            source="interview",
            audience="team",
            by=per,
            at=NOW,
        )
        for run in going
        for n in range(5)
    )


def with_everything(case: Case, *, by: User) -> None:
    """One of everything that an address can name, done by the real operations. Invitations are of
    today, since they expire."""
    run, authority = case.current_phase, case.authority
    assert run is not None
    assert run.started_on is not None
    at = max(NOW, days.start_of(run.started_on) + timedelta(hours=10))
    task = run.tasks.order_by("position").first()
    supplier, leaving = case.participants.first(), case.participants.last()
    write_note(case=case, task=task, text="Så gick det.", by=by, at=at)
    attach_evidence(case=case, task=task, file=a_file(authority), by=by, at=at)
    add_task(case=case, case_phase=run, title="Boka rummet", by=by, at=at)
    save_need(case=case, title="Behovet igen", reason="Ny.", started_from=1, by=by, at=at)
    invite_to_case(case=case, email="ny@matstad.example", role="coach", by=by, at=now())
    for template in run.phase.templates.all():
        whom = supplier if template.audience == Audience.SUPPLIER else None
        place = Place(run, template, whom)
        file_paper(case=case, place=place, language="sv", file=a_file(authority), by=by, at=at)
    withdraw_supplier(case=case, participant=leaving, reason="Hinner inte.", by=by, at=at)
    decision = decide_gate(
        case=case,
        case_phase=run,
        outcome="proceed",
        reasons="Vi går vidare.",
        verdicts={p.pk: Verdict(goes_on=True) for p in case.participants.filter(state="in")},
        decided_by="Nämnden",
        reference="§ 1",
        decided_on=at.date(),
        despite="Mätning.",
        by=by,
        at=at,
    )
    for role in decision.signatures_needed:
        file_signed_copy(
            case=case,
            decision=decision,
            role=role,
            name="Nora Nord",
            file=a_file(authority),
            by=by,
            at=at,
        )


def a_file(organisation: Organisation) -> StoredFile:
    upload = SimpleUploadedFile("fil.txt", "Påskrivet".encode(), "text/plain")
    return files.keep(upload, organisation=organisation)
