"""The world of the matrix: one person in each position, and a case in each state of secrecy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from documents import files
from documents.models import StoredFile
from handbook.models import DocumentTemplate, Draft, Edition
from handbook.operations.draft import begin_draft, put_part_aside
from handbook.operations.suggestion import suggest
from handbook.sections import Kind, Section
from outbox.models import Message
from outbox.tasks import remember_sweep
from outbox.work import carry_out_one
from procurements.models import (
    CalendarFeed,
    Case,
    CaseInvitation,
    CaseRole,
    GateDecision,
    Participant,
    Reminder,
    Task,
)
from procurements.operations.deadline import set_deadline
from procurements.operations.feed import open_feed
from procurements.operations.gate import Verdict
from procurements.operations.insight import write_insight
from procurements.operations.need import save_need
from procurements.operations.paper import Place, file_paper, order_paper
from procurements.operations.people import invite_to_case
from procurements.operations.signing import file_signed_copy, sign_gate
from procurements.operations.supplier import TypedSupplier, admit_suppliers, withdraw_supplier
from procurements.operations.task import (
    add_task,
    attach_evidence,
    complete_task,
    write_note,
)
from teams.models import (
    AccessibilityStatement,
    Installation,
    Invitation,
    Membership,
    Organisation,
    Team,
    User,
)
from teams.operations.roles import invite
from teams.statement import default_statement
from tests.builders import MONDAY, a_case, an_edition, at_start_of, passed_gate
from tests.builders_teams import a_part, a_person, a_role, a_team, an_organisation
from tests.handbook.shelves import loaded, short

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SUPPLIERS = [
    TypedSupplier("Askgrens Digital AB", "SE", "556016-0680", "Vera Ask", "vera@askgren.example"),
    TypedSupplier("Björknäs Omsorg AB", "SE", "556012-5790", "Bo Björk", "bo@bjorknas.example"),
    TypedSupplier("Cederlund Teknik AB", "SE", "", "Cia Ceder", "cia@cederlund.example"),
]
# What of a supplier must never reach anybody outside an open secrecy window.
TELLING = [
    words
    for typed in SUPPLIERS
    for words in (typed.name, typed.number, typed.contact_name, typed.contact_email)
    if words
]
CASE_ROLES = {
    "observer": "observer",
    "coach": "coach",
    "need": "need_owner",
    "lawyer": "lawyer",
    "assessor": "assessor",
    "manager": "management",
    "procurer": "procurer",
    "bare": "process_leader",
    "leader": "process_leader",
    "owner": "owner",
}
# Who works for the authority or in the team of the case, and has no role in it.
WITHOUT_A_ROLE = ["colleague", "teammate"]
COLUMNS = ["anonymous", "outsider", "host", "admin", "ended", *WITHOUT_A_ROLE, *CASE_ROLES]
# Whom the secrecy window of a phase lets in.
NAMED = {"procurer", "lawyer", "assessor", "leader"}
ENGAGED = {"coach", "leader", "bare"}


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back."""
    block = transaction.atomic()
    # Django lets a durable transaction begin inside a block that a test made, and no other.
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@dataclass
class Setting:
    """A case and what its addresses name."""

    case: Case
    at: datetime
    run: int = 0
    task: Task | None = None
    note: int = 0
    file: int = 0
    own_task: int = 0
    phase: int = 0
    deadline: int = 0
    reminder: int = 0
    decision: int = 0
    signature: int = 0
    participant: int = 0
    withdrawn: int = 0
    insight: int = 0
    paper: int = 0
    secret_paper: int = 0
    order: int = 0
    invitation: int = 0
    token: str = ""
    spare: CaseRole | None = None


@dataclass
class World:
    """Everybody and everything that the addresses of the house name."""

    people: dict[str, User] = field(default_factory=dict)
    cases: dict[str, Setting] = field(default_factory=dict)
    municipality: Organisation = None  # type: ignore[assignment]
    authority: Organisation = None  # type: ignore[assignment]
    science_park: Organisation = None  # type: ignore[assignment]
    team: Team = None  # type: ignore[assignment]
    edition: Edition = None  # type: ignore[assignment]
    handbook: Edition = None  # type: ignore[assignment]
    # The next edition of the handbook, which the host's editors write.
    draft: Draft = None  # type: ignore[assignment]
    handbook_phase: str = ""
    handbook_step: str = ""
    suggestion: int = 0
    spare_membership: Membership = None  # type: ignore[assignment]
    # Calendars of all cases and of the case inside the window, by whose they are.
    feeds: dict[str, CalendarFeed] = field(default_factory=dict)
    case_feeds: dict[str, CalendarFeed] = field(default_factory=dict)
    invitations: dict[str, Any] = field(default_factory=dict)
    now: datetime = MONDAY

    @property
    def starter(self) -> User:
        return self.people["starter"]


def a_world() -> World:
    """Call within a transaction of a test; the clock stands at `now` when it is used."""
    world = World()
    _organisations(world)
    with time_machine.travel(MONDAY, tick=False):
        world.edition = an_edition(
            phases=4, signatures=["chief", "buyer"], signed_phases=[1], assessed_phases=[1]
        )
        world.handbook = loaded(short())
        world.draft = _draft(world)
        world.handbook_phase = world.handbook.phases.all()[0].key
        world.handbook_step = world.handbook.steps.all()[0].key
        world.suggestion = suggest(
            edition=world.handbook, part=f"step:{world.handbook_step}", language="sv",
            text="Säg vem som frågar.", reason="Ingen visste.", by=world.people["procurer"],
            at=MONDAY,
        ).pk  # fmt: skip
        inside = a_begun_case(world, "Trygg första vecka hemma")
        outside = a_begun_case(world, "Rätt hjälp i rätt tid")
        draft = a_case(
            by=world.starter, authority=world.authority, edition=world.edition, team=world.team,
            begun=False,
        )  # fmt: skip
        _roles(world, draft)
        own = a_case(
            by=world.people["owner"], authority=world.authority, edition=world.edition, begun=False
        )
    tuesday = at_start_of(inside)
    with time_machine.travel(tuesday, tick=False):
        for case in (inside, outside):
            admit_suppliers(case=case, suppliers=SUPPLIERS, by=world.starter, at=tuesday)
        _leave_admission(world, outside, tuesday)
    world.now = at_start_of(Case.objects.get(pk=outside.pk))
    with time_machine.travel(world.now, tick=False):
        world.cases["inside"] = filled(world, inside, number=0)
        world.cases["outside"] = filled(world, outside, number=1)
        world.cases["draft"] = filled(world, draft, number=None)
        world.cases["own draft"] = Setting(own, world.now)
        _invitations(world)
        _calendars(world)
        # Beat and a worker are at work.
        for message in Message.objects.due(world.now).filter(due_at__lt=world.now):
            carry_out_one(message.pk)
        remember_sweep()
    return world


def _draft(world: World) -> Draft:
    """A draft with one part put aside."""
    typed: dict[str, Any] = {"by": world.people["host"], "at": MONDAY}
    draft = begin_draft(edition=world.handbook, version="0.2", **typed)
    step = Section(Kind.STEP, draft.whole["phases"][0]["steps"][-1]["key"])
    return put_part_aside(draft=draft, section=step, **typed)


def _organisations(world: World) -> None:
    world.municipality = an_organisation("Lindhaga kommun")
    world.authority = a_part(world.municipality, "Omsorgsnämnden")
    world.science_park = an_organisation("Tallviken Science Park", kind="science_park")
    elsewhere = an_organisation("Granåkers kommun")
    house = an_organisation("Driftbolaget", kind="company")
    names = {
        "outsider": "Olle Ottosson",
        "host": "Hilda Holm",
        "admin": "Anna Alm",
        "ended": "Edit Ek",
        "colleague": "Kalle Kron",
        "teammate": "Tove Tall",
        "observer": "Oskar Oxel",
        "coach": "Klara Kvist",
        "need": "Nora Nord",
        "lawyer": "Jonas Jansson",
        "assessor": "Berit Berg",
        "manager": "Lisbet Lund",
        "procurer": "Per Palm",
        "bare": "Bengt Barr",
        "leader": "Lena Leander",
        "owner": "Ove Orre",
        "starter": "Stina Stark",
        "spare": "Rut Rask",
    }
    people = world.people = {
        key: a_person(name, f"{key}@upp.example") for key, name in names.items()
    }
    a_role(people["outsider"], elsewhere, "administrator")
    a_role(people["host"], house, "administrator")
    Installation.objects.create(organisation=house, begun_by=people["host"], begun_at=MONDAY)
    a_role(people["admin"], world.municipality, "administrator")
    a_role(people["ended"], world.authority, "member", until_on=timezone.localdate(MONDAY))
    for key in ("observer", "need", "lawyer", "assessor", "manager"):
        a_role(people[key], world.authority, "member")
    for key in ("colleague", "procurer", "owner", "starter"):
        a_role(people[key], world.authority, "editor")
    for key in ("teammate", "coach", "bare", "leader"):
        a_role(people[key], world.science_park, "member")
    world.team = a_team(
        world.municipality,
        world.science_park,
        intermediary=world.science_park,
        agreed_by=people["admin"],
    )
    for key in ("teammate", "leader"):
        a_role(people[key], world.team, "lead")
    world.spare_membership = a_role(people["spare"], world.authority, "member")
    AccessibilityStatement.objects.bulk_create([default_statement(world.municipality)])


def a_begun_case(world: World, title: str) -> Case:
    case = a_case(
        by=world.starter, authority=world.authority, edition=world.edition, team=world.team,
        title=title,
    )  # fmt: skip
    _roles(world, case)
    return passed_gate(case, by=world.starter)


def _roles(world: World, case: Case) -> None:
    day = timezone.localdate(MONDAY)
    rows = [
        CaseRole(
            case=case,
            user=world.people[key],
            role=role,
            from_on=day,
            is_engagement=key in ENGAGED,
            undertaking_on=day if key in ENGAGED and key != "bare" else None,
            interests="inga" if key in ENGAGED and key != "bare" else "",
        )
        for key, role in CASE_ROLES.items()
    ]
    rows.append(
        CaseRole(
            case=case,
            user=world.people["ended"],
            role="procurer",
            from_on=day - timedelta(days=60),
            until_on=day,
        )
    )
    rows.append(CaseRole(case=case, user=world.people["spare"], role="observer", from_on=day))
    CaseRole.objects.bulk_create(rows)


def _leave_admission(world: World, case: Case, at: datetime) -> None:
    """Out of the secrecy window: decided, signed once here and once on paper."""
    leaving = case.participants.last()
    verdicts = {
        one.pk: Verdict(one != leaving, "" if one != leaving else "Saknar personal.")
        for one in case.participants.all()
    }
    passed_gate(case, by=world.starter, verdicts=verdicts, at=at)
    decision = GateDecision.objects.get(case_phase__case=case, case_phase__number=1)
    copy = _file(world, "påskrivet.pdf")
    file_signed_copy(
        case=case, decision=decision, role="chief", name="Lisbet Lund", file=copy,
        by=world.starter, at=at,
    )  # fmt: skip
    sign_gate(case=case, decision=decision, role="buyer", by=world.people["procurer"], at=at)


def a_pdf(name: str = "beslut.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, "application/pdf")


def _file(world: World, name: str) -> StoredFile:
    return files.keep(a_pdf(name), organisation=world.authority)


def filled(world: World, case: Case, *, number: int | None) -> Setting:
    """The rows of a case that its addresses name."""
    case = Case.objects.get(pk=case.pk)
    at, people = world.now, world.people
    runs = case.phases_in_order
    run = case.current_phase or runs[0]
    task = run.tasks.get(is_required=False, step__number=2)
    place = Setting(case, at, task=task, run=runs[-1].pk)
    place.phase = run.pk
    place.spare = case.roles.get(user=people["spare"])
    invitation = invite_to_case(
        case=case, email=f"ny-{case.number}@upp.example", role="coach", name="Ny Person",
        by=world.starter, at=at,
    )  # fmt: skip
    assert isinstance(invitation, CaseInvitation)
    place.invitation, place.token = invitation.pk, invitation.token
    if number is None:
        return place
    place.note = write_note(case=case, task=task, text="Så gick det.", by=people["need"], at=at).pk
    place.file = attach_evidence(
        case=case, task=task, file=_file(world, "underlag.pdf"), by=people["lawyer"], at=at
    ).pk
    place.own_task = add_task(
        case=case, case_phase=run, title=f"Ring {SUPPLIERS[0].name}", assignee=None, due_on=None,
        by=world.starter, at=at,
    ).pk  # fmt: skip
    place.deadline = set_deadline(
        case=case, case_phase=run, title=f"Svar till {SUPPLIERS[0].name}",
        due_on=timezone.localdate(at) + timedelta(days=15), by=world.starter, at=at,
    ).pk  # fmt: skip
    place.reminder = Reminder.objects.create(
        deadline_id=place.deadline, case=case, person=world.starter, kind="7", made_at=at,
        due_on=timezone.localdate(at) + timedelta(days=15), turn_on=timezone.localdate(at),
    ).pk  # fmt: skip
    decision = GateDecision.objects.get(case_phase__case=case, case_phase__number=number)
    place.decision = decision.pk
    signature = decision.signatures.filter(file__isnull=False).first()
    place.signature = signature.pk if signature else 0
    participant: Any = case.participants.first()
    place.participant = participant.pk
    if not run.phase.admits_suppliers:
        place.withdrawn = _withdrawn(world, case, case.participants.filter(state="in").last())
    for words in ("Första", "Andra"):
        place.insight = write_insight(
            case=case, title=f"{words} insikten", text="De väntar.", source="test",
            audience="team", by=people["need"], at=at,
        ).number  # fmt: skip
        save_need(
            case=case, title=f"{words} behovet", started_from=case.needs.count(),
            reason="Vi har lärt oss.", by=people["need"], at=at,
        )  # fmt: skip
    template = DocumentTemplate.objects.get
    facts = {"case": case, "language": "sv", "by": world.starter, "at": at}
    open_place = Place(run, template(edition=case.edition, serves="need_description"))
    file_paper(place=open_place, file=_file(world, "papper.pdf"), **facts)
    place.paper = order_paper(
        place=open_place, fill={"words": "Ord"}, passages={}, draft=False, **facts
    ).pk
    place.secret_paper = file_paper(
        place=Place(run, template(edition=case.edition, serves="phase_decision")),
        file=_file(world, "beslut.pdf"), **facts,
    ).pk  # fmt: skip
    place.order = file_paper(
        place=Place(run, template(edition=case.edition, serves="order"), participant),
        file=_file(world, "order.pdf"), **facts,
    ).pk  # fmt: skip
    return place


def _withdrawn(world: World, case: Case, participant: Any) -> int:
    return withdraw_supplier(
        case=case, participant=participant, reason="Hinner inte.", by=world.starter, at=world.now
    ).pk


def _invitations(world: World) -> None:
    at = world.now
    admin, leader = world.people["admin"], world.people["leader"]
    facts = {"role": "member", "at": at}
    world.invitations = {
        "new": invite(place=world.authority, email="ny@upp.example", by=admin, **facts),
        "known": invite(
            place=world.authority, email=world.people["outsider"].email, by=admin, **facts
        ),
        "team": invite(place=world.team, email="team@upp.example", by=leader, **facts),
    }
    case = world.cases["inside"].case
    world.invitations["case known"] = invite_to_case(
        case=case, email=world.people["outsider"].email, role="coach", by=world.starter, at=at
    )


def _calendars(world: World) -> None:
    at, case = world.now, world.cases["inside"].case
    world.feeds = {key: open_feed(by=user, at=at) for key, user in world.people.items()}
    world.case_feeds = {
        key: open_feed(case=case, by=world.people[key], at=at) for key in CASE_ROLES
    }


def _let_invitations_expire(world: World) -> None:
    for invitations in (Invitation, CaseInvitation):
        invitations.objects.update(expires_at=world.now)


def _close_an_account(world: World) -> None:
    User.objects.filter(pk=world.people["spare"].pk).update(is_active=False)


# What is done to the world in a situation that no case is the one of.
CHANGES = {"closed": _close_an_account, "expired": _let_invitations_expire}


def state(world: World, name: str) -> Setting:
    """Put the world in a situation, inside a transaction that is undone; gives its case."""
    if name in world.cases:
        return world.cases[name]
    inside, outside = world.cases["inside"], world.cases["outside"]
    if name.endswith("outside"):
        return outside
    if name in CHANGES:
        CHANGES[name](world)
    match name:
        case "paused":
            rests = {"state": "paused", "state_reason": "Budgeten dröjer."}
            Case.objects.filter(pk=outside.case.pk).update(**rests)
            return outside
        case "unsigned" | "half signed":
            verdicts = {one.pk: Verdict(True) for one in Participant.objects.all()}
            passed_gate(inside.case, by=world.starter, verdicts=verdicts, at=world.now)
            decision = GateDecision.objects.get(case_phase__case=inside.case, case_phase__number=1)
            found = Setting(**inside.__dict__ | {"decision": decision.pk})
            if name == "half signed":
                found.signature = file_signed_copy(
                    case=inside.case, decision=decision, role="chief", name="Lisbet Lund",
                    file=_file(world, "påskrivet.pdf"), by=world.starter, at=world.now,
                ).pk  # fmt: skip
            return found
        case "withdrawn inside":
            gone = inside.case.participants.get(pk=inside.participant)
            return Setting(**inside.__dict__ | {"withdrawn": _withdrawn(world, inside.case, gone)})
        case "done":
            complete_task(case=inside.case, task=inside.task, by=world.starter, at=world.now)
            return inside
        case "failed":
            paper = inside.case.papers.get(pk=inside.paper)
            paper.document.revisions.filter(made_elsewhere=False).update(
                state="failed", error_code="crashed"
            )
            return inside
    return inside
