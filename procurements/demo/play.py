"""Playing the demo: each item of the plan through the operation that people use for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Q
from django.utils import translation

from documents.saying import day_in_words
from handbook.models import ChecklistItem, DocumentTemplate, Edition, HandbookRole
from handbook.purposes import Purpose
from procurements.days import swedish_day
from procurements.demo.places import Places
from procurements.demo.plan import (
    FIRST,
    FOLDER,
    Entry,
    Item,
    Plan,
    StepDay,
    opened,
    phase_keys,
    read,
)
from procurements.legaltrack import propose, value_of
from procurements.models import (
    Case,
    CaseInvitation,
    CasePhase,
    CaseRole,
    Deadline,
    GateDecision,
    Insight,
    Participant,
    Task,
)
from procurements.operations.case import (
    assess_legal_track,
    begin_case,
    change_case,
    pause_case,
    start_case,
)
from procurements.operations.deadline import (
    announce_deadline,
    count_deadline,
    keep_deadline,
    set_deadline,
)
from procurements.operations.gate import Verdict, decide_gate
from procurements.operations.insight import share_insight, write_insight
from procurements.operations.need import save_need
from procurements.operations.paper import Place, order_paper
from procurements.operations.people import (
    accept_case_invitation,
    end_case_role,
    offer_role,
    promise_secrecy,
)
from procurements.operations.signing import sign_gate
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import (
    add_task,
    complete_task,
    drop_task,
    plan_task,
    tick_items,
    write_note,
)
from procurements.states import Audience, GateOutcomeChoice
from teams.models import Organisation, User

LANGUAGE = "sv"
AUDIENCES = {"case_team": Audience.TEAM, "all_suppliers": Audience.SUPPLIERS}
# A day written into a text of a paper: `{@concept}`.
DAY_IN_TEXT = re.compile(r"\{([T@][^{}]*)\}")


class ItemRefused(Exception):
    """An operation refuses what a demo file says; names the file, the item and the reason."""


class NotInThisEdition(LookupError):
    """The demo needs something that the handbook does not have; says what."""


def start_key(written: Entry) -> UUID:
    """What the case of a file is known by, whatever is made of its title and numbers later."""
    return uuid5(NAMESPACE_URL, f"upptakt:demo:{written['key']}")


def is_played(file: str) -> bool:
    """Whether the case of a file has been played. The first ones were known by their number."""
    written = read(file)
    by_number = Q(diary_number=written["reference"], authority__is_demo=True)
    return Case.objects.filter(Q(start_key=start_key(written)) | by_number).exists()


class Play:
    """One playing of a case of the demo, up to a moment, among the people of the demo."""

    def __init__(
        self,
        edition: Edition,
        at: datetime,
        file: str = FIRST,
        *,
        folder: Path = FOLDER,
        places: Places | None = None,
    ) -> None:
        self.edition = edition
        self.keys = phase_keys(folder)
        self.phases = {
            phase.key: phase
            for phase in edition.phases.prefetch_related("steps").order_by("number")
        }
        written = read(file, folder)
        steps = {
            phase["key"]: self._step_days(phase["key"], written["context"])
            for phase in written.get("phases", ())
        }
        self.plan = Plan(at, steps, file, folder)
        self.written = written
        self.places = places or Places(opened(at, folder), folder)
        self.suppliers = {s["key"]: s for s in read("suppliers.yaml", folder)["suppliers"]}
        self.access = dict(
            HandbookRole.objects.filter(edition=edition).values_list("key", "access")
        )
        self.insights: dict[str, Insight] = {}
        self.participants: dict[str, Participant] = {}
        self.tasks: dict[str, Task] = {}
        self.deadlines: dict[str, Deadline] = {}

    def play(self) -> Case:
        """Everything that has happened by the moment of loading."""
        self.places.fill()
        for item in self.plan.items():
            try:
                getattr(self, f"_{item.kind}")(item)
            except ValidationError as refusal:
                of = item.entry.get("key") or item.entry.get("phase") or item.by
                why = " ".join(refusal.messages)
                raise ItemRefused(f"{self.plan.file}, {item.kind} {of}: {why}") from refusal
        return Case.objects.get(pk=self.case.pk)

    def _step_days(self, key: str, context: str) -> list[StepDay]:
        phase = self.phases.get(self.keys.get(key, key))
        if phase is None:
            raise NotInThisEdition(f"{self.edition} has no phase for {key!r}.")
        return [
            StepDay(step.number, step.offset_days)
            for step in sorted(phase.steps.all(), key=lambda step: step.number)
            if step.applies_in(context)
        ]

    def _person(self, item: Item) -> User:
        return self.places.people[item.by]

    def _run(self, key: str) -> CasePhase:
        return CasePhase.objects.select_related("phase", "case").get(
            case=self.case, phase__key=self.keys.get(key, key)
        )

    def _step_task(self, item: Item) -> Task:
        phase, number = item.entry["phase"], item.entry["number"]
        tasks = Task.objects.select_related("step", "case_phase")
        try:
            return tasks.get(case_phase=self._run(phase), step__number=number)
        except ObjectDoesNotExist:
            raise NotInThisEdition(f"{phase} has no step {number}.") from None

    def _fitting(self, task: Task, at: datetime) -> User | None:
        """Whoever in the case today does what the handbook lets one of the step's roles do."""
        who: Iterable[str] = task.step.who if task.step else ()
        held = list(self.case.roles.on(swedish_day(at)).select_related("user"))
        for role in who:
            access = self.access.get(role)
            for one in held:
                if access and one.role == access:
                    return one.user
        return None

    # One method for each kind of item in the plan.

    def _start(self, item: Item) -> None:
        written = self.written
        self.case = start_case(
            title=written["title"][LANGUAGE],
            summary=" ".join(written["summary"][LANGUAGE].split()),
            authority=self._authority(),
            team=self.places.teams[written["team"]],
            edition=self.edition,
            context=written["context"],
            planned_start_on=item.days["planned_start_on"],
            diary_number=written["reference"],
            role=item.entry["role"],
            key=start_key(written),
            by=self._person(item),
            at=item.at,
        )
        # Who starts a case for another's authority comes from outside.
        promise_secrecy(
            case=self.case, has_promised=True, interests="Inga.", by=self._person(item), at=item.at
        )

    def _authority(self) -> Organisation:
        place = self.written["organisation"]
        if "unit" in self.written:
            return self.places.unit(place, self.written["unit"])
        return self.places.organisations[place]

    def _begin(self, item: Item) -> None:
        start = item.days["planned_start_on"]
        begin_case(case=self.case, on=start, by=self._person(item), at=item.at)

    def _role(self, item: Item) -> None:
        user = self.places.people[item.entry["person"]]
        offered = offer_role(
            case=self.case, user=user, role=item.entry["role"], by=self._person(item), at=item.at
        )
        if isinstance(offered, CaseInvitation):
            accept_case_invitation(
                invitation=offered,
                by=user,
                has_promised=True,
                interests=item.entry["interests"],
                at=item.at,
            )

    def _role_ended(self, item: Item) -> None:
        held = CaseRole.objects.get(
            case=self.case,
            user=self.places.people[item.entry["person"]],
            role=item.entry["role"],
            until_on=None,
        )
        until = item.days["until_on"]
        end_case_role(case=self.case, held=held, until_on=until, by=self._person(item), at=item.at)

    def _task(self, item: Item) -> None:
        self.tasks[item.entry["key"]] = add_task(
            case=self.case,
            case_phase=self._run(item.entry["phase"]),
            title=item.entry["title"],
            assignee=self.places.people[item.entry["assignee"]],
            due_on=item.days["due_on"],
            by=self._person(item),
            at=item.at,
        )

    def _task_done(self, item: Item) -> None:
        task, by = self.tasks[item.entry["key"]], self._person(item)
        if item.entry["note"]:
            write_note(case=self.case, task=task, text=item.entry["note"], by=by, at=item.at)
        complete_task(case=self.case, task=task, by=by, at=item.at)

    def _steps_given(self, item: Item) -> None:
        by = self._person(item)
        for task in self._run(item.entry["phase"]).tasks.filter(step__isnull=False):
            # Whoever moves a day keeps the step until it is given away: nobody is told of a move.
            moved = item.days.get(str(task.step.number)) if task.step else None
            plan_task(
                case=self.case,
                task=task,
                assignee=by if moved else self._fitting(task, item.at) or by,
                due_on=moved or task.due_on,
                by=by,
                at=item.at,
            )

    def _step(self, item: Item) -> None:
        task = self._step_task(item)
        by = self._doer(task, item)
        self._tick(task, 1, by=by, at=item.at)
        complete_task(case=self.case, task=task, by=by, at=item.at)

    def _step_given(self, item: Item) -> None:
        plan_task(
            case=self.case,
            task=self._step_task(item),
            assignee=self.places.people[item.entry["by"]],
            due_on=item.days["due_on"],
            by=self._person(item),
            at=item.at,
        )

    def _step_begun(self, item: Item) -> None:
        task = self._step_task(item)
        self._tick(task, 0.5, by=self._doer(task, item), at=item.at)

    def _step_dropped(self, item: Item) -> None:
        drop_task(
            case=self.case,
            task=self._step_task(item),
            reason=item.entry["reason"],
            by=self._person(item),
            at=item.at,
        )

    def _deadline(self, item: Item) -> None:
        written = item.entry
        responsible = self.places.people[written.get("responsible", item.by)]
        shared: dict[str, Any] = {
            "case": self.case,
            "case_phase": self._run(written["phase"]),
            "responsible": responsible,
            "by": self._person(item),
            "at": item.at,
        }
        if "period" in written:
            made = count_deadline(
                period=written["period"],
                event_on=item.days["event"],
                due_on=item.days.get("due"),
                reasons=written.get("reasons", ""),
                **shared,
            )
        else:
            made = set_deadline(title=written["title"], due_on=item.days["due"], **shared)
        self.deadlines[written["key"]] = made

    def _deadline_announced(self, item: Item) -> None:
        deadline = self.deadlines[item.entry["key"]]
        announce_deadline(case=self.case, deadline=deadline, by=self._person(item), at=item.at)

    def _deadline_kept(self, item: Item) -> None:
        deadline = self.deadlines[item.entry["key"]]
        keep_deadline(case=self.case, deadline=deadline, by=self._person(item), at=item.at)

    def _paused(self, item: Item) -> None:
        reason = item.entry["reasons"][LANGUAGE]
        pause_case(case=self.case, reason=reason, by=self._person(item), at=item.at)

    def _doer(self, task: Task, item: Item) -> User:
        if item.by:
            return self._person(item)
        keeper = self.places.people[self.written["play"]["kept_by"]]
        return self._fitting(task, item.at) or keeper

    def _tick(self, task: Task, part: float, *, by: User, at: datetime) -> None:
        items = ChecklistItem.objects.filter(step=task.step).order_by("position")
        keys = list(items.values_list("key", flat=True))
        ticked = keys[: int(len(keys) * part)]
        tick_items(case=self.case, task=task, ticked=ticked, shown=(), by=by, at=at)

    def _insight(self, item: Item) -> None:
        self.insights[item.entry["key"]] = write_insight(
            case=self.case,
            title=item.entry["title"][LANGUAGE],
            text=item.entry["body"],
            source=item.entry["source"],
            audience=AUDIENCES[item.entry["audience"]],
            by=self._person(item),
            at=item.at,
        )

    def _insight_shared(self, item: Item) -> None:
        share_insight(
            case=self.case,
            insight=self.insights[item.entry["key"]],
            by=self._person(item),
            at=item.at,
        )

    def _need(self, item: Item) -> None:
        need = item.entry
        save_need(
            case=self.case,
            title=need["title"][LANGUAGE],
            who=need["who"],
            today=need["today"],
            target=need["target"],
            size=need["size"][LANGUAGE],
            effects=need["effects"],
            excludes=need["not_the_need"],
            scalability=need["scalability"],
            reason=need["changed_because"] or "",
            insights=[self.insights[key] for key in need["insights"]],
            started_from=need["number"] - 1,
            by=self._person(item),
            at=item.at,
        )

    def _challenge(self, item: Item) -> None:
        change_case(
            case=Case.objects.get(pk=self.case.pk),
            question=item.entry["text"],
            by=self._person(item),
            at=item.at,
        )

    def _legal_track(self, item: Item) -> None:
        chosen, sent_on = item.entry, item.days["sent_on"]
        given = {one["question"]: one["answer"] for one in chosen["answers"]}
        value = value_of(Decimal(part) for part in chosen["value"].values())
        answers = [dict(one) for one in chosen["answers"]]
        answers += [
            {"question": part, "answer": f"{Decimal(amount):.2f}", "reason": ""}
            for part, amount in chosen["value"].items()
        ]
        answers.append({"question": "sent_on", "answer": sent_on.isoformat(), "reason": ""})
        assess_legal_track(
            case=self.case,
            track=chosen["track"],
            proposed_track=propose(given, value=value, on=sent_on).track,
            answers=answers,
            reasons=chosen["conclusion"],
            estimated_value=value,
            by=self._person(item),
            at=item.at,
        )

    def _suppliers(self, item: Item) -> None:
        tenders = {tender["key"]: tender["supplier"] for tender in self.written["tenders"]}
        keys = [tenders[tender] for tender in item.entry["listed"]]
        admitted = admit_suppliers(
            case=self.case,
            suppliers=[
                TypedSupplier(
                    name=self.suppliers[key]["name"],
                    contact_name=self.suppliers[key]["contact"]["name"],
                    contact_email=self.suppliers[key]["contact"]["email"],
                )
                for key in keys
            ],
            is_demo=True,
            by=self._person(item),
            at=item.at,
        )
        self.participants = dict(zip(keys, admitted, strict=True))

    def _gate(self, item: Item) -> None:
        gate = item.entry
        decider = self.places.people[gate["by"]]
        decide_gate(
            case=self.case,
            case_phase=self._run(gate["phase"]),
            outcome=GateOutcomeChoice(gate["decision"]),
            reasons=gate["reasons"][LANGUAGE],
            conditions="\n".join(gate.get("conditions", ())),
            verdicts=self._verdicts(gate),
            decided_by=f"{decider.name}, {decider.title[:1].lower()}{decider.title[1:]}",
            decided_by_user=decider,
            reference=gate["reference"],
            decided_on=item.days["decided_on"],
            next_starts_on=item.days.get("next_starts_on"),
            despite=gate.get("despite", ""),
            by=self._person(item),
            at=item.at,
        )

    def _verdicts(self, gate: Entry) -> dict[int, Verdict]:
        told = gate.get("per_supplier", ())
        if isinstance(told, str):
            return {one.pk: Verdict(goes_on=True) for one in self.participants.values()}
        return {
            self.participants[one["supplier"]].pk: Verdict(one["outcome"] == "in", one["reason"])
            for one in told
        }

    def _signature(self, item: Item) -> None:
        """Sign for whichever role the edition asks for that the person has, if it asks."""
        by = self._person(item)
        decision = GateDecision.objects.get(case_phase=self._run(item.entry["phase"]))
        own = Case.objects.get(pk=self.case.pk).roles_of(by, on=swedish_day(item.at))
        given = set(decision.signatures.values_list("role", flat=True))
        for role in decision.signatures_needed:
            if role not in given and self.access[role] in own:
                sign_gate(case=self.case, decision=decision, role=role, by=by, at=item.at)
                return

    def _paper(self, item: Item) -> None:
        paper = item.entry
        run = self._run(paper["phase"])
        template = (
            DocumentTemplate.objects.filter(
                edition=self.edition, serves=Purpose(paper["purpose"]), phases=run.phase
            )
            .order_by("pk")
            .first()
        )
        if template is None:
            raise NotInThisEdition(f"{paper['phase']} has no paper for {paper['purpose']!r}.")
        for key, own in paper.get("suppliers", {None: {}}).items():
            order_paper(
                case=Case.objects.get(pk=self.case.pk),
                place=Place(run, template, self.participants[key] if key else None),
                language=LANGUAGE,
                fill=self._filled(paper.get("fill", {}) | own, template),
                passages={},
                draft=False,
                by=self._person(item),
                at=item.at,
            )

    def _filled(self, fill: Entry, template: DocumentTemplate) -> dict[str, Any]:
        fields = template.fill_fields(self.edition.words(LANGUAGE))
        kinds = {field["key"]: field["type"] for field in fields}
        if unknown := fill.keys() - kinds:
            raise NotInThisEdition(f"{template.serves} has no field {sorted(unknown)[0]!r}.")
        return {key: self._spoken(value, kinds[key]) for key, value in fill.items()}

    def _spoken(self, value: Any, kind: str) -> Any:
        """A value as the form keeps it, with the days of the case written into its texts."""
        if isinstance(value, list):
            return [self._spoken(line, kind) for line in value]
        if kind == "date":
            return self._day(value)
        text = " ".join(str(value).split()) if kind != "longtext" else str(value).strip()
        return DAY_IN_TEXT.sub(lambda found: self._day_in_words(found[1]), text)

    def _day(self, text: str) -> str:
        day: date = self.plan.read(text, "papers").day
        return day.isoformat()

    def _day_in_words(self, text: str) -> str:
        with translation.override(LANGUAGE):
            return day_in_words(self.plan.read(text, "papers").day)
