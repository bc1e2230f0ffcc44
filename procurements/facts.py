"""What a case can say in a paper: the field catalogue filled from its rows, as plain data.

Only the fields that a template uses are frozen with the paper: what it does not tell is not kept
with it, and a paper does not change because something else in the case did.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from handbook.catalogue import blank, nest
from handbook.models import Criterion
from procurements.legalfacts import LegalFacts
from procurements.models import Case, CasePhase, NeedVersion, Participant
from procurements.saying import day, day_of, in_round, moment, money
from procurements.states import LegalTrack, Role, TaskState
from procurements.supplierfacts import SupplierFacts
from teams.models import Membership

if TYPE_CHECKING:
    from handbook.models import Phase
    from handbook.words import Words
    from procurements.models import GateDecision
    from teams.models import Organisation, User

# Fields that tell of suppliers, their number, what was judged or what a gate decided: secret while
# a round lasts.
TELLS_OF_SUPPLIERS = (
    "supplier.",
    "suppliers",
    "totals.",
    "assessments",
    "tenders",
    "openers",
    "award.",
    "readiness",
    "support_hours",
    "options",
    "contract.",
    "gate.",
)
# Of the gate, the edition's own question is open.
TELLS_NOTHING = {"gate.question"}


def tells_of_suppliers(names: set[str]) -> bool:
    """Whether any of a template's fields would tell who takes part, how many, or who goes on."""
    return any(name.startswith(TELLS_OF_SUPPLIERS) for name in names - TELLS_NOTHING)


def on_one_line(address: str) -> str:
    """A postal address as it stands in a sentence."""
    return ", ".join(part for line in address.splitlines() if (part := line.strip(" ,")))


class Facts(LegalFacts, SupplierFacts):
    """The facts of one phase of a case, maybe for one supplier, in one language."""

    def __init__(
        self,
        case: Case,
        run: CasePhase,
        words: Words,
        *,
        participant: Participant | None = None,
        is_decision: bool = False,
        is_for_the_team: bool = True,
        language: str,
        on: date,
    ) -> None:
        self.case = case
        self.run = run
        self.words = words
        self.participant = participant
        # The paper is the decision itself, and is signed before it takes effect.
        self.is_decision = is_decision
        # Who else reads it is not to learn how much the team has written for itself.
        self.is_for_the_team = is_for_the_team
        self.language = language
        # The day it is written: whose roles and memberships hold.
        self.on = on
        # What the template uses: what costs a query is not looked up for others.
        self.names: set[str] = set()

    def of_another(self, participant: Participant) -> Facts:
        """The same for another supplier: what has been read of the case is not read again."""
        other = copy(self)
        other.participant = participant
        return other

    @property
    def known_until(self) -> datetime | None:
        """What was assessed after a decision is no ground of it."""
        return self.decision.recorded_at if self.is_decision and self.decision else None

    def collect(self, names: set[str]) -> dict[str, Any]:
        """Values for the names a template uses, nested as it reads them; the rest is left out."""
        self.names = names
        catalogue = self.case.edition.catalogue
        kinds = {field["name"]: field["type"] for field in catalogue.get("fields", [])}
        kinds |= {row["name"]: "list" for row in catalogue.get("lists", [])}
        groups = {name.split(".")[0].split("[]")[0] for name in names} - {"fill", "document"}
        values: dict[str, Any] = {}
        with translation.override(self.language):
            for group in sorted(groups):
                known = self._group(group)
                for name in names:
                    base = name.split("[]")[0]
                    if base not in kinds:  # The length of a list, unlike `need.size`.
                        base = base.removesuffix(".size")
                    if base == group or base.startswith(f"{group}."):
                        values[base] = known.get(base, blank(kinds.get(base, "text")))
        return nest(values)

    def _group(self, group: str) -> dict[str, Any]:
        fill: Callable[[], dict[str, Any]] | None = getattr(self, f"_{group}", None)
        return fill() if fill else {}

    # One method for each group of the catalogue that the case can fill today.

    def _organisation(self) -> dict[str, Any]:
        authority = self.case.authority
        whole: Organisation = authority.parent or authority
        return {
            "organisation.name": whole.name,
            "organisation.unit": authority.name if authority.parent else "",
            "organisation.number": authority.shown_number or whole.shown_number,
            "organisation.address": on_one_line(authority.address or whole.address),
            "organisation.email": authority.email or whole.email,
            "organisation.kind": whole.get_kind_display().lower(),
        }

    def _team(self) -> dict[str, Any]:
        return {"team.name": self.case.team.name if self.case.team else ""}

    def _edition(self) -> dict[str, Any]:
        edition = self.case.edition
        return {
            "edition.title": self.words("edition", "title"),
            "edition.version": edition.version,
            "edition.licence": edition.licence_name,
        }

    def _contact(self) -> dict[str, Any]:
        order = [Role.PROCURER, Role.PROCESS_LEADER, Role.OWNER]
        held = [role for role in self.case.roles_on(self.on) if role.role in order]
        held.sort(key=lambda role: order.index(Role(role.role)))
        person: User | None = held[0].user if held else None
        return {
            "contact.name": person.name if person else "",
            "contact.email": person.email if person else "",
            "contact.phone": "",
        }

    def _case(self) -> dict[str, Any]:
        case = self.case
        tells_value = "case.estimated_value" in self.names
        assessed = self._assessed if tells_value else None
        return {
            "case.title": case.title,
            "case.reference": case.reference,
            "case.reference_name": pgettext("in a paper", "Registration number")
            if case.diary_number
            else _("Case number"),
            "case.summary": case.summary,
            "case.question": case.question,
            "case.context": case.context,
            "case.context_name": self.words(f"context:{case.context}", "title").lower()
            or case.get_context_display().lower(),
            "case.legal_track": "" if self._track == LegalTrack.UNDECIDED else self._track,
            "case.legal_track_name": str(LegalTrack(self._track).label),
            "case.estimated_value": money(
                assessed.estimated_value if assessed else None, self.language
            ),
            "case.started_on": day(case.started_on),
            "case.url": "",
        }

    @cached_property
    def _versions(self) -> list[NeedVersion]:
        """Every version of the need, first to last."""
        return list(self.case.needs.order_by("number"))

    @cached_property
    def _learnt(self) -> list[tuple[int, int]]:
        """Which insight stands behind which version of the need, by their numbers."""
        links = NeedVersion.insights.through.objects.filter(needversion__case=self.case)
        if not self.is_for_the_team:
            links = links.filter(insight__shared_at__isnull=False)
        pairs = links.values_list("needversion__number", "insight__number")
        return sorted(pairs)

    def _need(self) -> dict[str, Any]:
        if not self._versions:
            return {}
        need = self._versions[-1]
        own = ("who", "today", "target", "effects", "size", "excludes", "scalability")
        return {f"need.{name}": getattr(need, name) for name in own} | {
            "need.version": need.number,
            "need.changed_on": day_of(need.at),
            "need.change_reason": need.reason,
        }

    def _phase(self) -> dict[str, Any]:
        phase, following = self.run.phase, self.following
        return self._planned("phase", self.run) | {
            "phase.key": phase.key,
            "phase.ends_on": day(self._last_day),
            "phase.outcome": self.words(phase, "outcome"),
            "phase.next_title": self.words(following, "title") if following else "",
        }

    @property
    def _last_day(self) -> date:
        """Of the work in the phase: the planned one, or when its gate was decided before that."""
        planned, ended = self.run.planned_ends_on, self.run.ended_on
        return min(planned, ended) if ended else planned

    def _ordered(self) -> dict[str, Any]:
        return self._planned("ordered", self.ordered)

    def _planned(self, group: str, run: CasePhase) -> dict[str, Any]:
        """What a phase is for, when it is and what it pays."""
        phase = run.phase
        return {
            f"{group}.number": phase.number,
            f"{group}.title": in_round(self.words(phase, "title"), run.attempt),
            f"{group}.purpose": self.words(phase, "purpose"),
            f"{group}.starts_on": day(run.starts_on),
            f"{group}.ends_on": day(run.planned_ends_on),
            f"{group}.length_days": run.lengths[0],
            f"{group}.fee": money(run.fee, self.language),
        }

    @property
    def following(self) -> Phase | None:
        """The phase of the handbook that comes after this one."""
        later = (one.phase for one in self.case.phases_in_order if one.number > self.run.number)
        return next(later, None)

    def _gate(self) -> dict[str, Any]:
        facts = {"gate.question": self.words(self.run.phase, "gate.question")}
        decision = self.decision
        if decision is None:
            return facts
        return facts | {
            "gate.decision": decision.outcome,
            "gate.decision_name": self.words(
                self.run.phase, f"gate.options.{decision.outcome}.label"
            )
            or str(decision.get_outcome_display()),
            "gate.reasons": decision.reasons,
            "gate.conditions": decision.conditions,
            "gate.decided_on": day(decision.decided_on),
            "gate.decided_by": decision.decided_by,
            "gate.reference": decision.reference,
            "gate.recorded_by": decision.recorded_by.name,
            "gate.recorded_on": day_of(decision.recorded_at),
            "gate.next_starts_on": day(self._next_start(decision)),
            "gate.despite": decision.despite,
            "gate.correction": decision.correction,
            "gate.waits": not decision.is_in_effect,
        }

    def _next_start(self, decision: GateDecision) -> date | None:
        """The day the next run starts: in the decision the day that it sets; elsewhere as it is."""
        if self.is_decision:
            return decision.next_starts_on
        following = self.case.run_after(self.run)
        return decision.next_start(following, is_in_effect=decision.is_in_effect)

    def _signatures(self) -> dict[str, Any]:
        """The roles that the gate asks to sign, with the name and day of those who have; while
        signatures are still to be given only in the paper that is signed."""
        decision = self.decision
        needed = decision.signatures_needed if decision else self.run.phase.signatures
        is_told = decision is not None and (self.is_decision or decision.is_in_effect)
        given = {
            row.signed_as: (row.signed_by, day(row.signed_on) or day_of(row.signed_at))
            for row in self._decided
            if is_told and row == decision and row.signed_as
        }
        return {
            "signatures": [
                {
                    "role": self.words(f"role:{key}", "title") or key,
                    "name": given.get(key, ("", ""))[0],
                    "on": given.get(key, ("", ""))[1],
                }
                for key in needed
            ]
        }

    def _assessors(self) -> dict[str, Any]:
        """Who assesses; what they have declared is not kept yet, and none of it is made up."""
        held = [role for role in self.case.roles_on(self.on) if role.role == Role.ASSESSOR]
        return {
            "assessors": [
                {
                    "name": role.user.name,
                    "function": role.user.title,
                    "declared_on": "",
                    "conflict": False,
                    "note": "",
                }
                for role in held
            ]
        }

    def _readiness(self) -> dict[str, Any]:
        """Every dimension with the level that the handbook proposes; none reached is kept yet."""
        readiness = self.case.edition.readiness
        targets = readiness.get("targets", {}).get(self.run.phase.key, {})
        return {
            "readiness": [
                {
                    "dimension": self.words(f"dimension:{one['key']}", "title"),
                    "target": targets.get(one["key"], ""),
                    "self": "",
                    "reviewed": "",
                    "evidence": "",
                    "missing": "",
                }
                for one in readiness.get("dimensions", [])
            ]
        }

    def _evaluation(self) -> dict[str, Any]:
        return {
            "evaluation.method": self.run.phase.assessment,
            "evaluation.method_name": self.run.phase.get_assessment_display().lower(),
        }

    def _roles(self) -> dict[str, Any]:
        held = self.case.roles_on(self.on)
        members = Membership.objects.on(self.on).filter(
            user__in=[role.user_id for role in held], organisation__isnull=False
        )
        places = {
            member.user_id: member.organisation.name
            for member in members.select_related("organisation")
            if member.organisation
        }
        return {
            "roles": [
                {
                    "role": role.get_role_display(),
                    "name": role.user.name,
                    "organisation": places.get(role.user_id, ""),
                }
                for role in held
            ]
        }

    def _need_versions(self) -> dict[str, Any]:
        return {
            "need_versions": [
                {
                    "version": need.number,
                    "on": day_of(need.at),
                    "reason": need.reason or _("first version"),
                    "insight": ", ".join(
                        str(insight) for version, insight in self._learnt if version == need.number
                    ),
                }
                for need in self._versions
            ]
        }

    def _tasks(self) -> dict[str, Any]:
        roles = self.words
        rows = []
        tasks = self.run.tasks.exclude(state=TaskState.DROPPED).select_related("step", "assignee")
        if self.run.needs_round:
            # What the team calls its own tasks may tell of suppliers, also when a later phase
            # makes them secret again.
            tasks = tasks.filter(step__isnull=False)
        for task in tasks.order_by("position", "pk"):
            who = task.assignee.name if task.assignee else ""
            if not who and task.step:
                who = ", ".join(roles(f"role:{key}", "title") or key for key in task.step.who)
            rows.append(
                {
                    "title": self.words(task.step, "title") if task.step else task.title,
                    "who": who,
                    "due_on": day(task.due_on),
                    "mandatory": task.is_required,
                    "done": task.state == TaskState.DONE,
                    "done_on": day(task.done_day),
                }
            )
        return {"tasks": rows}

    def _insights(self) -> dict[str, Any]:
        shared = self.case.insights.filter(shared_at__isnull=False).order_by("number")
        return {
            "insights": [
                {
                    "number": insight.number,
                    "on": day_of(insight.at),
                    "title": insight.title,
                    "text": insight.text,
                    "source": str(insight.get_source_display()),
                    "shared_at": moment(insight.shared_at),
                    "need_version": ", ".join(
                        str(version) for version, number in self._learnt if number == insight.number
                    ),
                    "read_by": 0,
                }
                for insight in shared
            ]
        }

    def _criteria(self) -> dict[str, Any]:
        own = [one for one in self._criteria_from_here if one.phase_id == self.run.phase_id]
        return {"criteria": [{"key": one.key} | self._criterion(one) for one in own]}

    def _later_criteria(self) -> dict[str, Any]:
        """What suppliers will be judged by after this phase, in the order of the phases."""
        later = [one for one in self._criteria_from_here if one.phase_id != self.run.phase_id]
        return {
            "later_criteria": [
                {"phase": self.words(one.phase, "title")} | self._criterion(one) for one in later
            ]
        }

    @cached_property
    def _criteria_from_here(self) -> list[Criterion]:
        """The criteria of this phase and of those after it, in one query."""
        phases = [one.phase for one in self.case.phases_in_order if one.number >= self.run.number]
        found = Criterion.objects.filter(phase__in=phases).select_related("phase")
        return list(found.order_by("phase__number", "position"))

    def _criterion(self, criterion: Criterion) -> dict[str, Any]:
        return {
            "title": self.words(criterion, "title"),
            "must": bool(criterion.must),
            "score_0": self.words(criterion, "score_0"),
            "score_1": self.words(criterion, "score_1"),
            "score_2": self.words(criterion, "score_2"),
            "evidence": self.words(criterion, "evidence"),
            "weight": "" if criterion.weight is None else f"{criterion.weight.normalize():f}",
        }

    def _risks(self) -> dict[str, Any]:
        return {
            "risks": [
                {"risk": row.get("risk", ""), "response": row.get("response", ""), "owner": ""}
                for row in self.words.rows(self.run.phase, "risks")
            ]
        }
