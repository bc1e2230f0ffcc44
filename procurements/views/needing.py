"""What needs a person over all cases, and who waits for whom: the things, most held up first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case as SqlCase
from django.db.models import (
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, TruncDate
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from documents.models import Revision
from documents.states import RevisionState
from handbook.models import HandbookRole
from handbook.purposes import Audience
from procurements import agenda, holdups
from procurements.days import SWEDEN, swedish_day
from procurements.duties import DECIDERS, LEADERS, is_in_case, tasks_told
from procurements.holdups import HeldUp, Thing, Turn
from procurements.models import CasePhase, CaseRole, Deadline, GateDecision, GateSignature, Task
from procurements.models.case import TRUSTED
from procurements.models.deadline import ANNOUNCED
from procurements.periodwords import name_of
from procurements.states import ENDED, CaseState, PhaseState

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.views.portfolio import Portfolio

SHOWN = 6
ALL = 100


class Found(NamedTuple):
    """A row of the query: a thing before it has words."""

    turn: int
    held_up: int
    on: str
    kind: holdups.Kind
    pk: int
    run: int
    number: int
    phase: str
    edition: int
    case: int
    case_number: int
    case_title: str
    title: str
    step: str
    who: int
    who_name: str
    stops: int
    is_promised: int
    with_suppliers: int


NOTHING = Value("", output_field=CharField())
NEVER = Q(pk__in=[])


class Needs:
    """The things of a person's cases, from what the page has read of them."""

    def __init__(self, page: Portfolio) -> None:
        self.page = page
        self.most = ALL if page.shows_all else SHOWN

    # Which things there are

    @cached_property
    def mine(self) -> list[Found]:
        """What the person answers for by the end of the week, one more than is shown."""
        until = agenda.last_day_of_week(self.page.today)
        held = list(self.page.frame.held)
        tasks = self._tasks(
            self._named_me("assignee") | self._left_to_me_to_lead & self._known("case_phase"),
            case_phase__case__in=held,
            due_on__lte=until,
        )
        deadlines = self._deadlines(
            self._named_me("responsible")
            | self._left_to_me_to_decide & self.page.sights.work_seen("case_phase"),
            case_phase__case__in=held,
            due_on__lte=until,
        )
        gates = self._gates(self._mine_to_decide, planned_gate_on__lte=until)
        return self._first(tasks, deadlines, gates)

    @cached_property
    def others(self) -> list[Found]:
        """What is late and somebody else answers for, as far as the person may know of it."""
        today = self.page.today
        visible = self.page.visible.values("pk")
        tasks = self._tasks(
            self._known("case_phase"),
            ~self._named_me("assignee"),
            ~self._left_to_me_to_lead,
            case_phase__case__in=visible,
            due_on__lt=today,
        )
        deadlines = self._deadlines(
            self.page.sights.work_seen("case_phase"),
            ~self._named_me("responsible"),
            ~self._left_to_me_to_decide,
            case_phase__case__in=visible,
            due_on__lt=today,
        )
        gates = self._gates(~self._mine_to_decide, case__in=visible, planned_gate_on__lt=today)
        return self._first(tasks, deadlines, gates, self._papers())

    def _is_named(self, who: str) -> Exists:
        """Whether somebody who has a role in the case is named for it."""
        return is_in_case(who, "case_phase__case", on=self.page.today)

    def _named_me(self, who: str) -> Q:
        return Q(self._is_named(who), **{who: self.page.person})

    @property
    def _left_to_me_to_lead(self) -> Q:
        """The tasks that nobody is named for in the cases that the person leads."""
        frame = self.page.frame
        led = Q(step__isnull=False, case_phase__case__in=frame.led_by_me)
        led |= Q(step__isnull=True, case_phase__case__in=frame.own_led_by_me)
        led |= Q(step__isnull=True, case_phase__in=frame.own_led_inside)
        return ~Q(self._is_named("assignee")) & led

    @property
    def _left_to_me_to_decide(self) -> Q:
        """The deadlines that nobody is named for in the cases that the person decides in."""
        return Q(~self._is_named("responsible"), case_phase__case__in=self.page.frame.decided_by_me)

    @property
    def _mine_to_decide(self) -> Q:
        """The runs at whose gate it is the person's to decide: not when their window leaves the
        person out, but where nobody has promised secrecy yet."""
        frame = self.page.frame
        seen = Q(case__in=frame.decided_by_me) & self.page.sights.work_seen("")
        return seen | Q(case__in=frame.left_to_me)

    def _known(self, run: str) -> Q:
        """A step of the handbook is known to all, the team's own task as its window says."""
        return Q(step__isnull=False) | self.page.sights.work_seen(run)

    def _first(self, *parts: QuerySet[Any]) -> list[Found]:
        rows = parts[0].union(*parts[1:], all=True)
        rows = rows.order_by("f_turn", "f_held_up", "f_on", "f_case_title", "f_pk")
        return [Found(*row) for row in rows[: self.most + 1]]

    def _tasks(self, *which: Q, **more: Any) -> QuerySet[Any]:
        rows = Task.objects.open().filter(
            *which,
            case_phase__started_on__lte=self.page.today,
            case_phase__case__state=CaseState.ACTIVE,
            **more,
        )
        return self._rows(
            rows, "task", "case_phase__", F("due_on"), title=F("title"),
            step=Coalesce("step__key", Value("")), who="assignee", stops=Q(is_required=True),
        )  # fmt: skip

    def _deadlines(self, *which: Q, **more: Any) -> QuerySet[Any]:
        rows = Deadline.objects.running(on=self.page.today).filter(*which, **more)
        return self._rows(
            rows, "deadline", "case_phase__", F("due_on"), title=F("title"), step=F("period"),
            who="responsible", is_promised=~Q(period="") | ANNOUNCED,
        )  # fmt: skip

    def _gates(self, *which: Q, **more: Any) -> QuerySet[Any]:
        rows = CasePhase.objects.filter(
            *which,
            self.page.is_undecided(),
            started_on__lte=self.page.today,
            case__state=CaseState.ACTIVE,
            **more,
        )
        return self._rows(rows, "gate", "", F("planned_gate_on"), stops=Q(pk__isnull=False))

    def _papers(self) -> QuerySet[Any]:
        """Papers that could not be made and are not ordered again, as everybody in the case may
        know of them."""
        newer = Revision.objects.filter(
            document=OuterRef("document"), number__gt=OuterRef("number")
        )
        for_all = ~Q(document__place__template__audience=Audience.INTERNAL)
        rows = Revision.objects.filter(
            for_all | Q(document__place__case__in=self.page.sights.trusted),
            ~Exists(newer),
            ~Q(ordered_by=self.page.person),
            state=RevisionState.FAILED,
            document__place__is_secret=False,
            document__place__participant=None,
            document__place__case_phase__isnull=False,
            document__place__case__in=list(self.page.frame.held),
            document__place__case__state=CaseState.ACTIVE,
        )
        return self._rows(
            rows, "paper", "document__place__case_phase__",
            TruncDate("ordered_at", tzinfo=SWEDEN), title=F("document__title"),
            who="ordered_by", pk="document__place",
        )  # fmt: skip

    def _rows(
        self,
        rows: QuerySet[Any],
        kind: holdups.Kind,
        run: str,
        on: Any,
        *,
        title: Any = NOTHING,
        step: Any = NOTHING,
        who: str = "",
        pk: str = "pk",
        stops: Q = NEVER,
        is_promised: Q = NEVER,
    ) -> QuerySet[Any]:
        """The rows as `Found`; their order is the rule of holdups.py, said in SQL."""
        has_come = Q(**{f"{run}phase__in": self.page.frame.phases_with_suppliers})
        held_up = SqlCase(
            When(stops & has_come, then=Value(int(HeldUp.SUPPLIERS))),
            When(stops, then=Value(int(HeldUp.NEXT_PHASE))),
            When(is_promised, then=Value(int(HeldUp.PROMISED))),
            default=Value(int(HeldUp.NOBODY)),
            output_field=IntegerField(),
        )
        rows = rows.annotate(f_held_up=held_up, f_day=on)
        turn = SqlCase(
            When(f_held_up=HeldUp.NOBODY, then=Value(int(Turn.WHENEVER))),
            When(f_day__lt=self.page.today, then=Value(int(Turn.WAITED_FOR))),
            default=Value(int(Turn.COMING)),
            output_field=IntegerField(),
        )
        found = {
            "turn": turn,
            "on": Cast("f_day", CharField()),
            "kind": Value(kind),
            "pk": F(pk),
            "run": F(f"{run}pk"),
            "number": F(f"{run}number"),
            "phase": F(f"{run}phase__key"),
            "edition": F(f"{run}case__edition"),
            "case": F(f"{run}case"),
            "case_number": F(f"{run}case__number"),
            "case_title": F(f"{run}case__title"),
            "title": title,
            "step": step,
            "who": Coalesce(who, Value(0)) if who else Value(0),
            "who_name": SqlCase(
                When(is_in_case(who, f"{run}case", on=self.page.today), then=F(f"{who}__name")),
                default=NOTHING,
            )
            if who
            else NOTHING,
            "stops": _yes(stops),
            "is_promised": _yes(is_promised),
            "with_suppliers": _yes(has_come),
        }
        named = {f"f_{name}": expression for name, expression in found.items()}
        return (
            rows.order_by().annotate(**named).values_list(*(f"f_{name}" for name in Found._fields))
        )

    # Decisions that wait for signatures

    @cached_property
    def decided(self) -> list[Any]:
        """The decisions that wait for signatures: of cases that are to go on from them, and those
        that correct one in effect."""
        waiting: dict[int, Any] = GateDecision.waiting(self.page.recorded)
        corrected = GateDecision.correcting(self.page.recorded)
        return [
            one
            for run, one in waiting.items()
            if run in corrected or one.f_case_state == CaseState.ACTIVE
        ]

    @cached_property
    def beside(self) -> dict[str, list[tuple[Any, ...]]]:
        """The access that signing roles give, signatures given, who may be waited for in these
        cases, and of the cases shown the deadlines and how many tasks are late and left, in one
        query."""
        roles = HandbookRole.objects.filter(edition__in={one.f_edition for one in self.decided})
        given = GateSignature.objects.filter(decision__in=[one.pk for one in self.decided])
        cases = {row.case for row in self.others} | {one.f_case for one in self.decided}
        holders = CaseRole.objects.on(self.page.today).filter(case__in=cases)
        shown = [case.pk for case in self.page.cases]
        # The team's own days end with their case.
        ended = Q(period="", case_phase__case__state__in=ENDED)
        days = Deadline.objects.to_keep(on=self.page.today).filter(case_phase__case__in=shown)
        days = days.exclude(ended)
        told = tasks_told(self.page.person, seen=self.page.sights.work_seen("case_phase"))
        tasks = told.filter(case_phase__case__in=shown)
        late = Count("pk", filter=Q(due_on__lt=self.page.today))
        left = Cast(Count("pk", filter=Q(is_required=True)), CharField())
        is_trusted = SqlCase(
            When(TRUSTED, then=Value("yes")), default=NOTHING, output_field=CharField()
        )
        none = Value(0)
        rows = (
            roles.order_by()
            .values_list(Value("access"), "edition", "key", "access", none, NOTHING)
            .union(
                given.order_by().values_list(
                    Value("given"),
                    "decision",
                    "role",
                    NOTHING,
                    GateSignature.signed_in_by(),
                    NOTHING,
                ),
                holders.order_by().values_list(
                    Value("holder"), "case", "role", "user__name", "user", is_trusted
                ),
                days.order_by().values_list(
                    Value("day"),
                    "case_phase",
                    "title",
                    "period",
                    Coalesce("responsible", none),
                    Cast("due_on", CharField()),
                ),
                tasks.order_by()
                .values("case_phase__case")
                .annotate(late=late, left=left)
                .values_list(Value("tasks"), "case_phase__case", NOTHING, NOTHING, "late", "left"),
                all=True,
            )
        )
        found: dict[str, list[tuple[Any, ...]]] = {}
        for kind, *rest in rows:
            found.setdefault(kind, []).append(tuple(rest))
        return found

    @cached_property
    def tasks(self) -> dict[int, tuple[int, int]]:
        """By case how many tasks of the phase it is in are late, and how many its gate needs."""
        rows = self.beside.get("tasks", [])
        return {case: (late, int(left)) for case, _key, _name, late, left in rows}

    @cached_property
    def holders(self) -> dict[int, list[tuple[str, int, str, bool]]]:
        """By case: role, person, name, and whether the role lets them see suppliers."""
        found: dict[int, list[tuple[str, int, str, bool]]] = {}
        for case, role, name, person, is_trusted in sorted(self.beside.get("holder", [])):
            found.setdefault(case, []).append((role, person, name, bool(is_trusted)))
        return found

    @cached_property
    def signing(self) -> list[tuple[Any, list[str], bool]]:
        """Decisions that the person may know of: each with the access of the signatures that are
        left, and whether one of them is the person's to give."""
        access = {(e, key): of for e, key, of, *_rest in self.beside.get("access", [])}
        given: dict[int, dict[str, int]] = {}
        for decision, role, _name, by, _day in self.beside.get("given", []):
            given.setdefault(decision, {})[role] = by
        found = []
        for one in self.decided:
            signed = given.get(one.pk, {})
            roles = self.page.frame.roles_in(one.f_case)
            of = {key: access.get((one.f_edition, key), "") for key in one.signatures_needed}
            signs = one.f_case in self.page.sights.trusted and not roles.isdisjoint(of.values())
            sights = self.page.sights
            # What corrects a decision in effect is told as the suppliers are.
            is_told = one.f_state != PhaseState.CLOSED or one.f_case not in sights.without_suppliers
            if signs or (is_told and sights.sees_work(one.case_phase_id, one.f_case)):
                left = [key for key in one.signatures_needed if key not in signed]
                is_mine = (
                    signs
                    and self.page.person.pk not in signed.values()
                    and not roles.isdisjoint(of[key] for key in left)
                )
                found.append((one, left, is_mine))
        return found

    @cached_property
    def known_decisions(self) -> set[int]:
        """The runs whose decision the person may know of: for them no gate is to be decided."""
        return {one.case_phase_id for one, _left, _is_mine in self.signing}

    def _signatures(self, *, mine: bool) -> Iterator[Thing]:
        for one, left, is_mine in self.signing:
            if is_mine == mine:
                words = self.page.words[one.f_edition]
                title = _("Signatures on gate %(number)s")
                if mine:
                    title = (
                        _("Sign the corrected decision at gate %(number)s")
                        if one.corrects_id
                        else _("Sign the decision at gate %(number)s")
                    )
                yield Thing(
                    kind="sign",
                    on=swedish_day(one.recorded_at),
                    title=title % {"number": one.f_number},
                    case=one.f_case_title,
                    url=reverse("gate", args=[one.f_case_number, one.pk]),
                    held_up=holdups.held_up_by(
                        "sign",
                        is_required=True,
                        with_suppliers=one.f_phase_id in self.page.frame.phases_with_suppliers,
                        is_promised=False,
                    ),
                    more=words(f"phase:{one.f_phase}", "title"),
                    who=", ".join(self._signers(one, left)),
                )

    def _signers(self, decision: Any, left: Iterable[str]) -> list[str]:
        """Who can give the signatures that are left: people, or the role where nobody has it."""
        access = {(e, key): of for e, key, of, *_rest in self.beside.get("access", [])}
        words, names = self.page.words[decision.f_edition], []
        for key in left:
            held = [
                name
                for role, _person, name, _is_trusted in self.holders.get(decision.f_case, [])
                if role == access.get((decision.f_edition, key))
            ]
            names += held or [words(f"role:{key}", "title") or key]
        return list(dict.fromkeys(names))

    # In words

    def _thing(self, row: Found) -> Thing:
        words = self.page.words[row.edition]
        is_gate = row.kind == "gate"
        url = reverse(
            "case_phase" if is_gate else row.kind,
            args=[row.case_number, row.phase if is_gate else row.pk],
        )
        return Thing(
            kind=row.kind,
            on=date.fromisoformat(row.on),
            title=self._title(row, words),
            case=row.case_title,
            url=url,
            held_up=holdups.held_up_by(
                row.kind,
                is_required=bool(row.stops),
                with_suppliers=bool(row.with_suppliers),
                is_promised=bool(row.is_promised),
            ),
            more=words(f"phase:{row.phase}", "title"),
            who=self._who(row),
        )

    def _title(self, row: Found, words: Words) -> str:
        if row.kind == "gate":
            return _("Decide gate %(number)s") % {"number": row.number}
        if row.kind == "task":
            return words(f"step:{row.step}", "title") if row.step else row.title
        if row.kind == "deadline":
            return row.title or name_of(row.step)
        return _("The paper %(title)s could not be made") % {"title": row.title}

    def _who(self, row: Found) -> str:
        """Whom a thing waits for: who is named and in the case, else the first leading roles that
        somebody holds."""
        if row.who_name:
            return row.who_name
        held = self.holders.get(row.case, [])
        if row.kind == "gate":
            # Were it the reader's to decide, it would not wait for others.
            held = [one for one in held if one[1] != self.page.person.pk]
        is_task = row.kind == "task"
        if not (is_task and row.step):
            # Who may see no supplier decides nothing, nor keeps a day, nor reads what the team
            # calls its own tasks, and who is left out of a window as little: as duties.py says it.
            held = [one for one in held if one[3]]
            let_in = self.page.frame.let_in.get(row.run)
            held = [one for one in held if let_in is None or one[0] in let_in] or held
        for group in LEADERS if is_task else DECIDERS:
            if names := [name for role, _person, name, _is_trusted in held if role in group]:
                return ", ".join(dict.fromkeys(names))
        return ""

    def _told(self, rows: Iterable[Found], *, mine: bool) -> list[Thing]:
        known = self.known_decisions
        things = [self._thing(r) for r in rows if r.kind != "gate" or r.run not in known]
        return holdups.in_order([*things, *self._signatures(mine=mine)], self.page.today)

    @cached_property
    def needs_me(self) -> list[Thing]:
        """In the order to take them; one more than is shown tells that there are more."""
        return self._told(self.mine, mine=True)

    @cached_property
    def waits_for_others(self) -> list[Thing]:
        return self._told(self.others, mine=False)


def _yes(condition: Q) -> SqlCase:
    return SqlCase(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
