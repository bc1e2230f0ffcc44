"""Plain functions that make what a test is about; the rest gets sensible values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone

from handbook.models import (
    ChecklistItem,
    DocumentTemplate,
    Edition,
    Handbook,
    HandbookRole,
    Note,
    Phase,
    Step,
    TextSet,
)
from journal import guards
from procurements.models import Case, CaseRole
from procurements.operations.case import begin_case, give_role, start_case
from procurements.states import Role
from teams.models import Organisation, User
from tests.people import People

# A Monday in an ordinary month, at ten in the morning Swedish time.
MONDAY = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)

BODY = """<article lang="{lang}" class="document">
<header><p class="sender">{{{{ organisation.name }}}}</p>
<h1>{title}: {{{{ case.title }}}}</h1>
<dl class="facts"><div><dt>Nr</dt><dd>{{{{ case.reference }}}}</dd></div></dl></header>
<p data-passage="greeting">{{{{ phase.title }}}}</p>
<p>{{{{ fill.words }}}}</p>
{suppliers}</article>"""
AUDIENCES = {"order": "supplier", "feedback_letter": "supplier", "need_description": "public"}
SUPPLIERS = "<ul>{% for s in suppliers %}<li>{{ s.name }}</li>{% endfor %}</ul>"


class _Writing:
    """An edition being written: parts as rows, words in both languages beside them."""

    def __init__(self, key: str) -> None:
        name = key or f"method-{Handbook.objects.count()}"
        handbook, _ = Handbook.objects.get_or_create(key=name)
        self.edition = Edition.objects.create(
            handbook=handbook,
            version="1.0",
            build=handbook.editions.count() + 1,
            languages=["sv", "en"],
            licence_name="CC BY 4.0",
        )
        # Written at once, those first that others belong to.
        self.parts: dict[type[Model], list[Any]] = {
            kind: [] for kind in (HandbookRole, Phase, Step, ChecklistItem, Note, DocumentTemplate)
        }
        self.texts: dict[str, dict[str, dict[str, Any]]] = {"sv": {}, "en": {}}
        self.say("edition", title="Provhandbok", licence__attribution="CC BY 4.0")
        self.say("edition", source_note="Inte den officiella handboken.")

    def say(self, path: str, **words: str) -> None:
        for language, mark in (("sv", ""), ("en", " (en)")):
            entry = self.texts[language].setdefault(path, {})
            for field, text in words.items():
                entry[field.replace("__", ".")] = text + mark

    def role(self, number: int, key: str, access: str) -> None:
        role = HandbookRole(edition=self.edition, key=key, number=number, access=access)
        self.parts[HandbookRole].append(role)
        self.say(f"role:{key}", title=key.title(), description=key)

    def phase(self, number: int, *, signatures: list[str], is_assessed: bool, admits: bool) -> None:
        paid = number > 1
        phase = Phase(
            edition=self.edition,
            key=f"part-{number}",
            number=number,
            length_days=10,
            decision_days=2,
            admits_suppliers=admits,
            opens_call=number == 1,
            pays_suppliers=paid,
            assessment="reversed" if is_assessed else "none",
            default_suppliers=3 if paid else None,
            fee=Decimal(25000) if paid else None,
            deciding_roles=["chief"],
            signatures=signatures,
        )
        self.say(
            phase.path,
            title=f"Del {number}",
            purpose=f"Syfte {number}",
            outcome=f"Utfall {number}",
            gate__question=f"Fråga {number}?",
        )
        self.parts[Phase].append(phase)
        for n in range(1, 4):
            self.step(phase, n)

    def step(self, phase: Phase, n: int) -> None:
        name = f"{phase.number}.{n}"
        step = Step(
            edition=self.edition,
            phase=phase,
            key=f"step-{phase.number}-{n}",
            number=n,
            required=n == 1,
            applies_to=["product", "service", "system"] if n < 3 else ["product"],
            offset_days=n * 2,
            who=["owner-of-need"],
        )
        self.say(step.path, title=f"Steg {name}", guidance=f"Vägledning **{name}**")
        for position in (1, 2):
            item = ChecklistItem(
                edition=self.edition, step=step, position=position, key=f"{step.key}.{position}"
            )
            self.parts[ChecklistItem].append(item)
            self.say(item.path, text=f"Punkt {position} i {name}")
        note = Note(
            edition=self.edition, step=step, position=1, key=f"{step.key}.n1", tag="important"
        )
        self.parts[Step].append(step)
        self.parts[Note].append(note)
        self.say(note.path, text=f"Notering {name}")

    def template(self, serves: str) -> None:
        is_decision = serves == "phase_decision"
        words = {"key": "words", "type": "longtext", "required": True, "sample": ""}
        template = DocumentTemplate(
            edition=self.edition,
            key=f"paper-{serves}",
            serves=serves,
            audience=AUDIENCES.get(serves, "internal"),
            secrecy="until-decision" if is_decision else "none",
            fields=[words | {"label": {"$words": "text"}, "help": {"$words": "text"}}],
        )
        self.parts[DocumentTemplate].append(template)
        self.say(template.path, title=f"Papper {serves}", purpose="Prov")
        self.say(template.path, fill__words__label="Ord", fill__words__help="")
        for language, texts in self.texts.items():
            texts[template.path]["body"] = BODY.format(
                lang=language, title=serves, suppliers=SUPPLIERS if is_decision else ""
            )

    def published(self) -> Edition:
        for kind, rows in self.parts.items():
            kind._default_manager.bulk_create(rows)
        through = DocumentTemplate.phases.through
        through._default_manager.bulk_create(
            through(documenttemplate=template, phase=phase)
            for template in self.parts[DocumentTemplate]
            for phase in self.parts[Phase]
        )
        TextSet.objects.bulk_create(
            TextSet(
                edition=self.edition,
                language=language,
                state="published",
                hash=hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest(),
                texts=words,
            )
            for language, words in self.texts.items()
        )
        self.edition.state = "published"
        self.edition.content_hash = hashlib.sha256(str(self.edition.pk).encode()).hexdigest()
        self.edition.published_at = timezone.now()
        self.edition.save()
        return self.edition


def an_edition(
    *,
    phases: int = 3,
    signatures: list[str] | None = None,
    signed_phases: Collection[int] = range(100),
    assessed_phases: Collection[int] = range(1, 100),
    admitting_phases: Collection[int] = (1,),
    papers: Collection[str] = (),
    key: str = "",
) -> Edition:
    """A small published edition: a need phase, one that admits, then paid and assessed ones."""
    writing = _Writing(key)
    roles = [("chief", "management"), ("buyer", "procurer"), ("owner-of-need", "need_owner")]
    for number, (role, access) in enumerate(roles):
        writing.role(number, role, access)
    for number in range(phases):
        writing.phase(
            number,
            signatures=(signatures or []) if number in signed_phases else [],
            is_assessed=number in assessed_phases,
            admits=number in admitting_phases,
        )
    for serves in ("phase_decision", "need_description", "order", "feedback_letter", *papers):
        writing.template(serves)
    return writing.published()


def a_case(
    *,
    by: User,
    authority: Organisation,
    edition: Edition | None = None,
    at: datetime = MONDAY,
    begun: bool = True,
    roles: dict[str, User] | None = None,
    title: str = "Trygg första vecka hemma",
    context: str = "service",
    planned_start_on: date | None = None,
    legal_track: str = "direct_award_19a",
    **facts: Any,
) -> Case:
    """A case started by someone, begun unless told otherwise, with people in their roles.

    Its legal track is chosen, so that any gate can be decided.
    """
    from django.db import transaction

    case = start_case(
        title=title,
        authority=authority,
        edition=edition or an_edition(),
        context=context,
        planned_start_on=planned_start_on or timezone.localdate(at),
        by=by,
        at=at,
        **facts,
    )
    Case.objects.filter(pk=case.pk).update(legal_track=legal_track)
    if roles:
        with transaction.atomic():
            for role, user in roles.items():
                give_role(
                    case, user=user, role=Role(role), from_on=timezone.localdate(at), by=by, at=at
                )
    if begun:
        case = begin_case(case=case, by=by, at=at)
    return Case.objects.get(pk=case.pk)


def a_case_today(people: People, **facts: Any) -> Case:
    """Per's, begun now."""
    return a_case(by=people.per, authority=people.authority, at=timezone.now(), **facts)


def a_case_in_admission(by: User, authority: Organisation, **facts: Any) -> Case:
    """A case in its second phase, the one that admits suppliers and is secret."""
    case = a_case(by=by, authority=authority, **facts)
    return passed_gate(case, by=by)


def at_start_of(case: Case) -> datetime:
    """Ten in the morning on the first day of the phase the case is in."""
    from procurements.days import start_of

    run = case.current_phase
    assert run is not None
    assert run.started_on is not None
    return start_of(run.started_on) + timedelta(hours=10)


def passed_gate(
    case: Case,
    *,
    by: User,
    verdicts: dict[int, Any] | None = None,
    at: datetime | None = None,
    **decided: Any,
) -> Case:
    """The case after the gate of its current phase: decided to proceed, despite open steps."""
    from procurements.models import CasePhase
    from procurements.operations.gate import decide_gate

    run = CasePhase.objects.select_related("phase").get(
        pk=Case.objects.get(pk=case.pk).current_phase.pk
    )
    at = at or at_start_of(Case.objects.get(pk=case.pk))
    words: dict[str, Any] = {
        "outcome": "proceed",
        "reasons": "Vi går vidare.",
        "verdicts": verdicts or {},
        "decided_by": "Nora Nord, förvaltningschef",
        "reference": "Protokoll 1",
        "decided_on": timezone.localdate(at),
        "despite": "Resten görs senare.",
    }
    decide_gate(case=case, case_phase=run, by=by, at=at, **(words | decided))
    return Case.objects.get(pk=case.pk)


def let_be(held: QuerySet[CaseRole], role: str) -> None:
    """Roles of a case as if they had been another from the beginning: no operation makes them so,
    and the database refuses."""
    with guards.lifted():
        held.update(role=role)
