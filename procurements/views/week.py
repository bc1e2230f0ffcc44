"""What needs a person this week: tasks, deadlines, gates to decide and decisions to sign."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Case as SqlCase
from django.db.models import CharField, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from handbook.models import Handbook, HandbookRole, Suggestion
from procurements import agenda
from procurements.days import swedish_day
from procurements.duties import (
    DECIDERS,
    LEADERS,
    deadlines_told,
    duty_of,
    is_in_case,
    leading,
    tasks_told,
)
from procurements.models import (
    CasePhase,
    CaseRole,
    Deadline,
    GateDecision,
    GateSignature,
    Task,
)
from procurements.periodwords import name_of
from procurements.states import CaseState, PhaseState, Role
from procurements.undelivered import undelivered_letters

if TYPE_CHECKING:
    from procurements.views.mine import MyCases
    from teams.models import User

DECIDE = frozenset(DECIDERS[0])


def suggested_to(person: User, *, on: date) -> QuerySet[Any]:
    """How many suggestions wait for an answer in each handbook that the person edits, to be read as
    one query with other rows of the first page."""
    edited = Handbook.objects.edited_by(person, on=on).values("pk")
    of_them = Suggestion.objects.waiting().filter(edition__handbook__in=edited)
    by_handbook = of_them.order_by().values("edition__handbook").annotate(n=Count("pk"))
    return by_handbook.values_list(
        Value("suggested"), "edition__handbook", "edition__handbook__key", Value(""), "n"
    )


def suggested_in_words(rows: Iterable[tuple[Any, ...]]) -> dict[str, Any] | None:
    """The same as the first page shows it: how many, and where they are."""
    found = {row[2]: row[4] for row in rows if row[0] == "suggested"}
    if not found:
        return None
    url = reverse("handbook_suggestions", args=[*found]) if len(found) == 1 else ""
    return {"n": sum(found.values()), "url": url or reverse("my_suggestions")}


class MyWeek:
    """The week of a person, from the cases, runs and sights that the page has read."""

    def __init__(self, page: MyCases) -> None:
        self.page = page

    @cached_property
    def tasks(self) -> list[Task]:
        """Open tasks of phases that are going on, due by the end of the week: mine, and those that
        nobody in the case is named for where I may answer for them."""
        is_named = is_in_case("assignee", "case_phase__case", on=self.page.today)
        held = CaseRole.objects.on(self.page.today).filter(user=self.page.person)
        may_lead = held.filter(role__in=[role for group in LEADERS for role in group])
        mine = Q(assignee=self.page.person) | Q(
            ~is_named, case_phase__case__in=may_lead.values("case")
        )
        return list(
            Task.objects.open()
            .filter(
                mine,
                due_on__lte=agenda.last_day_of_week(self.page.today),
                case_phase__started_on__lte=self.page.today,
                case_phase__case__in=self.page.held.filter(state=CaseState.ACTIVE),
            )
            .select_related("step", "case_phase")
            .order_by("due_on", "pk")
        )

    def my_tasks(self) -> Iterable[agenda.Thing]:
        runs = {run.pk: run for runs in self.page.runs.values() for run in runs}
        for task in self.tasks:
            # One of a case that came in between the page's two questions waits for the next look.
            if (run := runs.get(task.case_phase_id)) is None:
                continue
            if task.assignee_id != self.page.person.pk:
                # Theirs who lead the case, as in letters: one of the team's own theirs who may
                # read it.
                leads = leading(
                    self.page.roles[run.case_id],
                    own_in=None if task.step_id else run,
                    at=self.page.at,
                )
                if self.page.person not in leads:
                    continue
            words = self.page.words[run.case.edition_id]
            yield agenda.Thing(
                kind="task",
                on=task.due_on or self.page.today,
                title=words(task.step, "title") if task.step else task.title,
                case=run.case.title,
                url=reverse("task", args=[run.case.number, task.pk]),
                more=_("step %(number)s") % {"number": f"{run.number}.{task.step.number}"}
                if task.step
                else _("own task"),
            )

    @cached_property
    def deadlines(self) -> QuerySet[Deadline]:
        """Those to be kept by the end of the week that are mine; one that nobody in the case is
        named for is theirs who decide and may know it, or the owner's where nobody does."""
        roles = CaseRole.objects.on(self.page.today)
        held = roles.filter(user=self.page.person)
        left_to_owners = held.filter(role=Role.OWNER).exclude(
            case__in=roles.trusted().filter(role__in=DECIDE).values("case")
        )
        deciding = held.filter(role__in=DECIDE) | left_to_owners
        is_named = is_in_case("responsible", "case_phase__case", on=self.page.today)
        mine = Q(responsible=self.page.person) | Q(
            ~is_named, case_phase__case__in=deciding.values("case")
        )
        return Deadline.objects.running(on=self.page.today).filter(
            mine,
            due_on__lte=agenda.last_day_of_week(self.page.today),
            case_phase__case__in=self.page.held,
        )

    def my_deadlines(self) -> Iterable[agenda.Thing]:
        runs = {run.pk: run for runs in self.page.runs.values() for run in runs}
        for kind, of, day, name, pk in self.beside:
            if kind not in ("own deadline", "own period", "deadline", "period"):
                continue
            # One of a case that came in between the page's two questions waits for the next look.
            if (run := runs.get(of)) is None:
                continue
            if kind.startswith("own") or self.page.sights[run.case_id].sees_work(run):
                yield agenda.Thing(
                    kind="deadline",
                    on=date.fromisoformat(day),
                    title=name_of(name) if kind.endswith("period") else name,
                    case=run.case.title,
                    url=reverse("deadline", args=[run.case.number, pk]),
                    more=self.page.words[run.case.edition_id](run.phase, "title"),
                )

    @cached_property
    def going(self) -> list[CasePhase]:
        """The runs of my active cases whose gate is near or decided and to be signed."""
        until = agenda.last_day_of_week(self.page.today)
        return [
            run
            for runs in self.page.runs.values()
            for run in runs
            if run.case.state == CaseState.ACTIVE
            and run.is_going
            and not run.is_waiting(on=self.page.today)
            and (run.state == PhaseState.DECIDED or run.planned_gate_on <= until)
        ]

    def my_gates(self) -> Iterable[agenda.Thing]:
        for run in self.going:
            if run.state == PhaseState.ACTIVE and self.can_decide(run):
                yield self._thing(run, "gate", run.planned_gate_on, _("Decide gate %(number)s"))

    def can_decide(self, run: CasePhase) -> bool:
        """Whether it is the person's to decide at the gate, or to see to it where nobody does, as
        in letters: not when its window leaves them out."""
        duty = duty_of(run, self.page.roles[run.case_id], at=self.page.at)
        return self.page.person in duty.people

    def my_signatures(self) -> Iterable[agenda.Thing]:
        for run in self.to_sign:
            decision = self.waiting[run.pk]
            yield self._thing(
                run,
                "sign",
                max(swedish_day(decision.recorded_at), self.page.today),
                _("Sign the corrected decision at gate %(number)s")
                if decision.corrects_id
                else _("Sign the decision at gate %(number)s"),
                url=reverse("gate", args=[run.case.number, decision.pk]),
            )

    def _thing(
        self, run: CasePhase, kind: Any, on: date, title: str, *, url: str = ""
    ) -> agenda.Thing:
        words = self.page.words[run.case.edition_id]
        return agenda.Thing(
            kind=kind,
            on=on,
            title=title % {"number": run.number},
            case=run.case.title,
            url=url or reverse("case_phase", args=[run.case.number, run.phase.key]),
            more=words(run.phase, "title"),
        )

    @cached_property
    def waiting(self) -> dict[int, GateDecision]:
        """By run the decision that waits for signatures."""
        return GateDecision.waiting(self.page.recorded)

    @cached_property
    def unsigned(self) -> list[CasePhase]:
        """The runs whose decision waits for signatures: those that the case is to go on from, and
        those whose decision in effect is being corrected."""
        # The last signature may have come since the runs were read.
        decided = [
            run for run in self.going if run.state == PhaseState.DECIDED and run.pk in self.waiting
        ]
        corrected = GateDecision.correcting(self.page.recorded)
        runs = [run for runs in self.page.runs.values() for run in runs if run.pk in corrected]
        return decided + runs

    @cached_property
    def to_sign(self) -> list[CasePhase]:
        """Runs whose decision waits for a signature that I can give."""
        if not self.unsigned:
            return []
        access = {(of, key): name for kind, of, key, name, _by in self.beside if kind == "role"}
        me = self.page.person.pk
        mine = []
        for run in self.unsigned:
            given = self.signed.get(self.waiting[run.pk].pk, {})
            can = {access.get((run.case.edition_id, key)) for key in self._left(run)}
            sight = self.page.sights[run.case_id]
            if sight.has_undertaken and me not in given.values() and can & sight.roles:
                mine.append(run)
        return mine

    @cached_property
    def signed(self) -> dict[int, dict[str, int]]:
        """By decision who has signed in which role."""
        signed: dict[int, dict[str, int]] = {}
        for kind, of, key, _name, by in self.beside:
            if kind == "given":
                signed.setdefault(of, {})[key] = by
        return signed

    def _left(self, run: CasePhase) -> list[str]:
        decision = self.waiting[run.pk]
        given = self.signed.get(decision.pk, {})
        return [key for key in decision.signatures_needed if key not in given]

    def left_to_sign(self, run: CasePhase) -> list[str]:
        """What the roles are called that have not signed the decision which waits."""
        words = self.page.words[run.case.edition_id]
        return [words(f"role:{key}", "title") or key for key in self._left(run)]

    @cached_property
    def late(self) -> dict[int, int]:
        """By case shown how many tasks and deadlines are late, of those the person may know."""
        late: dict[int, int] = {}
        for kind, of, _day, _name, many in self.beside:
            if kind == "late":
                late[of] = late.get(of, 0) + many
        return late

    def _late(self) -> list[QuerySet[Any]]:
        page = self.page
        shown = [case.pk for case in page.cases]
        runs = [run for case in shown for run in page.runs.get(case, [])]
        seen = Q(case_phase__in=[r.pk for r in runs if page.sights[r.case_id].sees_work(r)])
        told = [
            tasks_told(page.person, seen=seen),
            deadlines_told(page.person, seen=seen, on=page.today),
        ]
        return [
            rows.filter(case_phase__case__in=shown, due_on__lt=page.today)
            .order_by()
            .values("case_phase__case")
            .annotate(many=Count("pk"))
            .values_list(Value("late"), "case_phase__case", Value(""), Value(""), "many")
            for rows in told
        ]

    @cached_property
    def beside(self) -> list[tuple[Any, ...]]:
        """The access that signing roles give, the signatures given, my deadlines, what is late in
        the cases shown, the suggestions I am to answer, and the letters I answer for that were
        given up, in one query."""
        editions = {run.case.edition_id for run in self.unsigned}
        roles = HandbookRole.objects.filter(edition__in=editions)
        given = GateSignature.objects.filter(
            decision__in=[self.waiting[run.pk].pk for run in self.unsigned]
        )
        own = Q(responsible=self.page.person)
        kind = SqlCase(
            When(own & Q(period=""), then=Value("own deadline")),
            When(own, then=Value("own period")),
            When(period="", then=Value("deadline")),
            default=Value("period"),
        )
        name = SqlCase(When(period="", then=F("title")), default=F("period"))
        due = self.deadlines.order_by().values_list(
            kind, "case_phase", Cast("due_on", CharField()), name, "pk"
        )
        return list(
            roles.order_by()
            .values_list(Value("role"), "edition", "key", "access", Value(0))
            .union(
                given.order_by().values_list(
                    Value("given"), "decision", "role", Value(""), GateSignature.signed_in_by()
                ),
                due,
                *self._late(),
                suggested_to(self.page.person, on=self.page.today),
                *undelivered_letters(self.page.person, on=self.page.today),
                all=True,
            )
        )

    def things(self) -> list[agenda.Thing]:
        """All that needs the person by the end of the week, in no order."""
        return [
            *self.my_tasks(),
            *self.my_deadlines(),
            *self.my_gates(),
            *self.my_signatures(),
        ]
