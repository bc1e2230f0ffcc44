"""What a portfolio is chosen from: the person's roles, what is secret, and what one can filter by.

All of it is read in one query over the cases that the person may know of, so that no choice tells
of a case that is not theirs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Case as SqlCase
from django.db.models import CharField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.utils.translation import get_language

from handbook.models import Edition, Handbook
from handbook.models import Phase as HandbookPhase
from procurements.duties import DECIDERS, LEADERS
from procurements.models import Case, CasePhase, CaseRole
from procurements.models.case import TRUSTED
from procurements.models.phase import Round
from procurements.sight import Held, ManySights
from procurements.states import RUN_THE_CASE, Role
from teams.models import User

# As `ManySights.of` asks for them: run, case, the roles let in, whether it is open and admits.
Window = tuple[int, int, list[str], bool]


@dataclass(frozen=True)
class Place:
    """An authority that has one of the cases, and what it is a part of."""

    pk: int
    name: str
    parent: int
    parent_name: str

    @property
    def words(self) -> str:
        return f"{self.name}, {self.parent_name}" if self.parent else self.name


@dataclass(frozen=True)
class KnownPhase:
    """A phase of a handbook by which cases are run."""

    pk: int
    edition: int
    key: str
    number: int
    admits: bool


@dataclass
class Frame:
    """What is known of all the cases that a person may know of."""

    held: dict[int, list[Held]] = field(default_factory=dict)
    # By case the leading roles that somebody holds, where the person may answer for the others; and
    # of them those whose holders may see suppliers.
    led: dict[int, set[str]] = field(default_factory=dict)
    led_trusted: dict[int, set[str]] = field(default_factory=dict)
    windows: list[Window] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    teams: dict[int, str] = field(default_factory=dict)
    people: dict[int, User] = field(default_factory=dict)
    editions: dict[int, Edition] = field(default_factory=dict)
    phases: list[KnownPhase] = field(default_factory=list)

    @cached_property
    def sights(self) -> ManySights:
        return ManySights.of(self.held, self.windows)

    def roles_in(self, case: int) -> set[str]:
        return {role.role for role in self.held.get(case, [])}

    def answered_for(
        self, groups: Iterable[tuple[Role, ...]], led: Mapping[int, set[str]]
    ) -> list[int]:
        """The cases in which the person has one of the first of these roles that somebody has: who
        answers for what nobody is named for (see duties.py)."""
        return [
            case
            for case in self.held
            if (mine := self.roles_in(case))
            and (first := self._first(groups, mine | led.get(case, set())))
            and not mine.isdisjoint(first)
        ]

    @staticmethod
    def _first(groups: Iterable[tuple[Role, ...]], held: set[str]) -> tuple[Role, ...]:
        return next((group for group in groups if not held.isdisjoint(group)), ())

    @cached_property
    def led_by_me(self) -> list[int]:
        return self.answered_for(LEADERS, self.led)

    @cached_property
    def own_led_by_me(self) -> list[int]:
        """The same for the team's own tasks, which are theirs who may read them."""
        return self.answered_for(LEADERS, self.led_trusted)

    @cached_property
    def let_in(self) -> dict[int, list[str]]:
        """By run inside a secrecy window the roles that see into it."""
        return {run: roles for run, _case, roles, _admits in self.windows}

    @cached_property
    def own_led_inside(self) -> list[int]:
        """The runs inside a secrecy window in which those tasks are left to the person because it
        leaves out who would be first to answer for them."""
        trusted = self.sights.trusted
        return [
            run
            for run, case, let_in, _admits in self.windows
            if case in trusted
            and (mine := self.roles_in(case).intersection(let_in))
            and not mine.isdisjoint(
                self._first(LEADERS, mine | self.led_trusted.get(case, set()).intersection(let_in))
            )
        ]

    @cached_property
    def decided_by_me(self) -> list[int]:
        return self.answered_for(DECIDERS, self.led_trusted)

    @cached_property
    def left_to_me(self) -> list[int]:
        """Of those the ones in which neither the person nor anybody else may see suppliers yet."""
        trusted = self.sights.trusted
        return [
            case
            for case in self.decided_by_me
            if case not in trusted and not self.led_trusted.get(case)
        ]

    @cached_property
    def phases_with_suppliers(self) -> list[int]:
        """Phases that suppliers have come to: the one that admits, and those after it."""
        first: dict[int, int] = {}
        for phase in self.phases:
            if phase.admits:
                first[phase.edition] = min(first.get(phase.edition, phase.number), phase.number)
        return [p.pk for p in self.phases if p.number >= first.get(p.edition, p.number + 1)]


def read(user: User, *, at: datetime, today: date) -> Frame:
    """One query for all of it."""
    parts = _parts(user, at=at, today=today)
    told: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for kind, *row in parts[0].union(*parts[1:]):
        told[kind].append(tuple(row))
    frame = Frame(
        windows=list(_windows(told)),
        places=[Place(pk, name, parent, over) for pk, parent, name, over in told["place"]],
        teams={pk: name for pk, _none, name, _empty in told["team"]},
        people={pk: _person(pk, name, more) for pk, _none, name, more in told["person"]},
        editions={pk: _edition(pk, *more) for pk, *more in told["edition"]},
        phases=sorted(
            (_phase(*row) for row in told["phase"]), key=lambda one: (one.edition, one.number)
        ),
    )
    for case, undertaking, role, interests in told["role"]:
        frame.held.setdefault(case, []).append(
            Held(role, undertaking > 0, undertaking == 2, interests)
        )
    for case, _none, role, is_trusted in told["led"]:
        frame.led.setdefault(case, set()).add(role)
        if is_trusted:
            frame.led_trusted.setdefault(case, set()).add(role)
    return frame


def _windows(told: Mapping[str, list[tuple[Any, ...]]]) -> Iterator[Window]:
    """Those that are open, and what they keep: in a phase that admits again what an ended round
    told, in any what was written for those that are still to come."""
    let_in: dict[str, dict[int, list[str]]] = {"ended": {}, "to come": {}}
    for run, case, written, more in told["round"]:
        roles, admits = json.loads(written), more == "admits"
        yield run, case, roles, admits
        let_in["to come"].setdefault(case, roles)
        if admits:
            let_in["ended"].setdefault(case, roles)
    for kind, by_case in let_in.items():
        for run, case, *_empty in told[kind]:
            yield run, case, by_case[case], False


def _person(pk: int, name: str, more: str) -> User:
    title, _line, email = more.rpartition("\n")
    return User(pk=pk, name=name, title=title, email=email)


def _edition(pk: int, handbook: int, key: str, more: str) -> Edition:
    state, language = more.split()
    known = Handbook(pk=handbook, key=key)
    return Edition(pk=pk, handbook=known, state=state, source_language=language)


def _phase(pk: int, edition: int, key: str, more: str) -> KnownPhase:
    number, _line, admits = more.partition("-")
    return KnownPhase(pk, edition, key, int(number), bool(admits))


def _parts(user: User, *, at: datetime, today: date) -> list[QuerySet[Any]]:
    visible = Case.objects.visible_to(user, on=today).order_by()
    current = CaseRole.objects.on(today).order_by()
    mine = current.filter(user=user)
    leads = [Role.PROCESS_LEADER, Role.PROCURER, Role.OWNER]
    stands_in = mine.filter(role__in=leads)
    undertaking = SqlCase(
        When(is_engagement=False, then=Value(0)),
        When(undertaking_on=None, then=Value(1)),
        default=Value(2),
    )
    is_trusted = SqlCase(
        When(TRUSTED, then=Value("yes")), default=Value(""), output_field=TextField()
    )
    open_now = Round.objects.filter(
        Q(ends_at=None) | Q(ends_at__gt=at),
        opens_at__lte=at,
        case_phase__case__in=mine.values("case"),
    )
    # A phase that admits again makes secret what an ended round told.
    admitting = open_now.filter(case_phase__phase__admits_suppliers=True)
    closed_again = Round.objects.filter(
        case_phase__case__in=admitting.values("case_phase__case"), ends_at__lte=at
    )
    # One that is open keeps what was written for those that are still to come.
    to_come = CasePhase.objects.filter(
        Q(phase__admits_suppliers=True) | ~Q(phase__assessment="none"),
        case__in=open_now.values("case_phase__case"),
        round=None,
    )
    english = (get_language() or "").startswith("en")
    team = Coalesce(
        NullIf("team__name_en" if english else "team__name_sv", Value("")), "team__name_sv"
    )
    editions = Edition.objects.filter(pk__in=visible.values("edition")).order_by()
    phases = HandbookPhase.objects.filter(edition__in=visible.values("edition")).order_by()
    empty, none = Value("", output_field=TextField()), Value(0)
    return [
        mine.values_list(Value("role"), "case", undertaking, "role", "interests"),
        current.filter(case__in=stands_in.values("case"), role__in=leads).values_list(
            Value("led"), "case", none, "role", is_trusted
        ),
        open_now.order_by().values_list(
            Value("round"),
            "case_phase",
            "case_phase__case",
            Cast("roles", TextField()),
            SqlCase(
                When(case_phase__phase__admits_suppliers=True, then=Value("admits")),
                default=Value(""),
                output_field=TextField(),
            ),
        ),
        closed_again.order_by().values_list(
            Value("ended"), "case_phase", "case_phase__case", empty, empty
        ),
        to_come.order_by().values_list(Value("to come"), "pk", "case", empty, empty),
        visible.values_list(
            Value("place"),
            "authority",
            Coalesce("authority__parent", 0),
            "authority__name",
            Coalesce("authority__parent__name", Value("")),
        ),
        visible.exclude(team=None).values_list(Value("team"), "team", none, team, empty),
        current.filter(case__in=visible.values("pk"), role__in=RUN_THE_CASE).values_list(
            Value("person"),
            "user",
            none,
            "user__name",
            Concat("user__title", Value("\n"), "user__email", output_field=TextField()),
        ),
        editions.values_list(
            Value("edition"),
            "pk",
            "handbook",
            "handbook__key",
            Concat("state", Value(" "), "source_language", output_field=CharField()),
        ),
        phases.values_list(
            Value("phase"),
            "pk",
            "edition",
            "key",
            Concat(
                Cast("number", CharField()),
                Value("-"),
                SqlCase(When(admits_suppliers=True, then=Value("admits")), default=Value("")),
                output_field=CharField(),
            ),
        ),
    ]
