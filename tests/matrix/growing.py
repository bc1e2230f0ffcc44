"""More of everything in the world of the matrix, so that every list of every page grows."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from documents import files
from handbook.models import DocumentTemplate
from handbook.operations.suggestion import suggest
from journal import guards
from procurements.models import (
    Case,
    CaseRole,
    GateDecision,
    GateOutcome,
    LegalAssessment,
    Participant,
    Task,
)
from procurements.operations.insight import share_insight, write_insight
from procurements.operations.need import save_need
from procurements.operations.paper import Place, order_paper
from procurements.operations.people import invite_to_case
from procurements.operations.supplier import TypedSupplier, admit_suppliers, withdraw_supplier
from procurements.operations.task import add_task, attach_evidence, write_note
from teams.operations.roles import invite
from tests.builders import an_edition
from tests.builders_teams import a_part, a_person, a_role, a_team, an_organisation
from tests.matrix.world import SUPPLIERS, Setting, World, a_begun_case, a_pdf, filled

MORE = range(1, 4)


def grow(world: World) -> None:
    """Three more of everything: houses, teams, people, cases, and what there is in a case."""
    _more_houses(world)
    _more_suggested(world)
    for name in ("inside", "outside"):
        _more_in(world, world.cases[name])
    for n in MORE:
        case = a_begun_case(world, f"Ännu ett ärende {n}")
        admit_suppliers(case=case, suppliers=SUPPLIERS, by=world.starter, at=world.now)
        filled(world, case, number=0)


def _more_suggested(world: World) -> None:
    for n in MORE:
        for edition in (world.handbook, world.edition):
            suggest(
                edition=edition, language="en", text=f"Ännu ett {n}.", reason="Därför.",
                by=world.people["procurer"], at=world.now,
            )  # fmt: skip


def _more_houses(world: World) -> None:
    people = world.people
    for n in MORE:
        elsewhere = an_organisation(f"Nyköpings kommun {n}")
        part = a_part(world.municipality, f"Nämnd {n}")
        team = a_team(world.municipality, elsewhere, name=f"Team {n}")
        an_edition()
        newcomer = world.people[f"new {n}"] = a_person(f"Nils Ny {n}", f"nils{n}@upp.example")
        for place in (world.municipality, world.authority, world.team, elsewhere):
            a_role(newcomer, place, "member")
        for key in ("procurer", "admin", "host", "owner", "leader"):
            a_role(people[key], elsewhere, "editor")
            a_role(people[key], part, "editor")
            a_role(people[key], team, "lead")
        for place in (world.municipality, world.authority, world.team):
            by = people["leader"] if place == world.team else people["admin"]
            invite(
                place=place, email=f"bjuden{n}@upp.example", role="member", by=by, at=world.now
            )  # fmt: skip


def _more_in(world: World, it: Setting) -> None:
    case = Case.objects.get(pk=it.case.pk)
    at, by, run = world.now, world.starter, case.current_phase
    assert run is not None
    _more_people(world, case)
    _more_suppliers(world, case)
    for n in MORE:
        insight = write_insight(
            case=case, title=f"Insikt {n}", text="De väntar.", source="test", audience="team",
            by=by, at=at,
        )  # fmt: skip
        share_insight(case=case, insight=insight, by=by, at=at)
        save_need(
            case=case, title=f"Behov {n}", started_from=case.needs.count(), reason="Ny.",
            insights=[insight], by=by, at=at,
        )  # fmt: skip
        LegalAssessment.objects.create(
            case=case, track="direct_award_19a", proposed_track="direct_award_19a",
            answers=[], reasons="Litet.", by=by, at=at + timedelta(seconds=n),
        )  # fmt: skip
        for assignee in (world.people["procurer"], world.people[f"new {n}"]):
            own = add_task(
                case=case, case_phase=run, title=f"Ring {n}", assignee=assignee,
                due_on=timezone.localdate(at), by=by, at=at,
            )  # fmt: skip
        for task in filter(None, (it.task, own, Task.objects.get(pk=it.own_task))):
            write_note(case=case, task=task, text=f"Anteckning {n}.", by=by, at=at)
            file = files.keep(a_pdf(f"bevis{n}.pdf"), organisation=world.authority)
            attach_evidence(case=case, task=task, file=file, by=by, at=at)
        # Of each paper a newer version, and of what is written to one supplier a paper more.
        for template in DocumentTemplate.objects.filter(edition=case.edition):
            whom = [None]
            if template.audience == "supplier":
                whom = [case.participants.first(), case.participants.all()[n]]  # type: ignore[list-item]
            for one in whom:
                order_paper(
                    case=case, place=Place(run, template, one), language="sv",
                    fill={"words": f"Ord {n}"}, passages={}, draft=False, by=by, at=at,
                )  # fmt: skip


def _more_people(world: World, case: Case) -> None:
    day = timezone.localdate(world.now)
    for n in MORE:
        CaseRole.objects.create(
            case=case, user=world.people[f"new {n}"], role="observer", from_on=day
        )
        invite_to_case(
            case=case, email=f"bjuden{n}@upp.example", role="coach", by=world.starter, at=world.now
        )


def _more_suppliers(world: World, case: Case) -> None:
    typed = [TypedSupplier(f"Dalkarl {n} AB", contact_name=f"Dan {n}") for n in range(4)]
    at, by, run = world.now, world.starter, case.current_phase
    assert run is not None
    if run.phase.admits_suppliers:
        admitted = admit_suppliers(case=case, suppliers=typed, by=by, at=at)
    else:
        # They came in time, as far as the pages know.
        admitting = case.phases.get(number=1)
        admitted = Participant.objects.bulk_create(
            Participant(case=case, name=one.name, admitted_in=admitting, added_by=by, added_at=at)
            for one in typed
        )
        decision = GateDecision.objects.get(case_phase=admitting)
        with guards.lifted():
            GateOutcome.objects.bulk_create(
                GateOutcome(decision=decision, participant=one, goes_on=True) for one in admitted
            )
    withdraw_supplier(case=case, participant=admitted[-1], reason="Hinner inte.", by=by, at=at)
