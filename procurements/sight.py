"""What a person sees in a case: the roles held, and the secrecy windows open or closed to them.

In the phase that admits suppliers their names, number and content are secret; in later rounds the
participants are known, and only deliveries, judgements and the coming outcome are secret. Outside
a round's roles nothing of it is shown, counted, exported or told (OSL 19:3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from procurements.days import swedish_day
from procurements.models.phase import Round

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procurements.models import Case, CasePhase, CaseRole
    from teams.models import User

# Events about suppliers outside any round, seen by all who see suppliers at all.
SUPPLIERS = "suppliers"
# Events about what the team writes and files in a phase without a secrecy window: seen by all who
# have a role, but not by an administrator without one, nor before secrecy is undertaken.
TEAM = "team"


class Held(NamedTuple):
    """What of a role in a case decides what its holder sees."""

    role: str
    is_engagement: bool
    undertaking_on: date | bool | None
    interests: str


def trusted_of(held: Iterable[CaseRole | Held]) -> set[str]:
    """The roles that let their holder see suppliers: who comes from outside without undertaking
    and declared interests sees none."""
    return {
        role.role
        for role in held
        if not role.is_engagement or (role.undertaking_on and role.interests)
    }


@dataclass(frozen=True)
class Sight:
    """One person's view of one case at one moment; from the roles and phases the case has read."""

    roles: frozenset[str]
    # Every secrecy window of the case, by the id of its phase run; some are still to open.
    rounds: dict[int, Round]
    # Of those, the ones the person may look into while they last.
    named_in: frozenset[int]
    at: datetime
    has_undertaken: bool
    # Runs that will have a window and are only planned yet.
    to_come: frozenset[int] = frozenset()

    @classmethod
    def of(cls, case: Case, user: User, *, at: datetime) -> Sight:
        held = [role for role in case.roles_on(swedish_day(at)) if role.user_id == user.pk]
        return cls.from_rows(held, case.phases_in_order, at=at)

    @classmethod
    def from_rows(
        cls, held: Iterable[CaseRole | Held], runs: Iterable[CasePhase], *, at: datetime
    ) -> Sight:
        """The same from a person's roles and a case's runs, where many cases are read at once."""
        held, runs = list(held), list(runs)
        rounds = {run.pk: run.round for run in runs if hasattr(run, "round")}
        strong = trusted_of(held)
        named = frozenset(pk for pk, r in rounds.items() if not strong.isdisjoint(r.roles))
        return cls(
            roles=frozenset(role.role for role in held),
            rounds=rounds,
            named_in=named,
            at=at,
            has_undertaken=bool(strong),
            to_come=frozenset(run.pk for run in runs if run.needs_round and run.pk not in rounds),
        )

    def is_open(self, case_phase: CasePhase) -> bool:
        """Whether the phase has a secrecy window that has not ended."""
        window = self.rounds.get(case_phase.pk)
        return window is not None and self._lasts(window)

    def _lasts(self, window: Round) -> bool:
        return window.opens_at <= self.at and (window.ends_at is None or window.ends_at > self.at)

    @property
    def open_rounds(self) -> list[Round]:
        return [r for r in self.rounds.values() if self._lasts(r)]

    def sees_round(self, case_phase: CasePhase) -> bool:
        """Whether deliveries, judgements and the coming outcome of the phase may be seen."""
        if not self.has_undertaken:
            return False
        return not self.is_open(case_phase) or case_phase.pk in self.named_in

    def sees_work(self, case_phase: CasePhase) -> bool:
        """Whether what the team wrote and filed in the phase may be seen: it may name suppliers, so
        a phase that admits again makes that of an ended round secret too, and an open window that
        of those whose windows are still to come."""
        if case_phase.pk in self.to_come:
            return self.has_undertaken and not self.is_left_out
        is_told = case_phase.pk not in self.rounds or self.sees_suppliers
        return is_told and self.sees_round(case_phase)

    @property
    def left_out_of(self) -> set[int]:
        """The runs whose window is open and does not name the person."""
        return {r.case_phase_id for r in self.open_rounds} - self.named_in

    @property
    def is_left_out(self) -> bool:
        return bool(self.left_out_of)

    @property
    def sees_suppliers(self) -> bool:
        """Whether names and number of suppliers may be seen now."""
        if not self.has_undertaken:
            return False
        return all(
            r.case_phase_id in self.named_in
            for r in self.open_rounds
            if r.case_phase.phase.admits_suppliers
        )

    def diary_read_by(self, user: User) -> Q:
        """The entries of the insight diary that the person may read: those shared with suppliers,
        and their own; the team's by who has undertaken secrecy, of a phase with a secrecy window
        as far as that lets them in and only while suppliers may be seen, since an entry may name
        them."""
        read = Q(shared_at__isnull=False) | Q(by=user)
        if not self.has_undertaken:
            return read
        hidden = self.left_out_of if self.sees_suppliers else set(self.rounds)
        return read | ~Q(case_phase__in=hidden) if hidden else Q()

    @property
    def closed_circles(self) -> set[str]:
        """The circles of journal events that must not be told to the person."""
        ahead = {circle_ahead(run) for run in self.to_come}
        everything = {SUPPLIERS} | self._circles(self.rounds) | ahead
        if not self.has_undertaken:
            return everything | {TEAM}
        if not self.sees_suppliers:
            # A phase that admits again makes secret what an ended round told of names and number.
            return everything
        return self._circles(self.left_out_of) | (ahead if self.is_left_out else set())

    def _circles(self, runs: Iterable[int]) -> set[str]:
        """Of the windows of runs, and of what was written in them before they had one."""
        return {circle for run in runs for circle in (self.rounds[run].circle, circle_ahead(run))}


@dataclass(frozen=True)
class ManySights:
    """One person's view of many cases at one moment, as far as queries ask for it."""

    # Cases in which the person has undertaken what secrecy asks for.
    trusted: frozenset[int]
    # Runs with a secrecy window whose work is kept from the person: an open one does not let them
    # in, its own, that of a phase that admits again, or any where its own is still to come.
    closed: frozenset[int]
    # Cases whose suppliers are kept from the person: an open window that admits them leaves it out.
    without_suppliers: frozenset[int]

    @classmethod
    def of(
        cls,
        held: Mapping[int, Sequence[Held]],
        windows: Iterable[tuple[int, int, Iterable[str], bool]],
    ) -> ManySights:
        """From the person's roles by case, and the windows: run, case, the roles that are let in
        while another is open or it is itself, and whether it is open in a phase that admits."""
        strong = {case: trusted_of(roles) for case, roles in held.items()}
        closed = [
            (run, case, admits)
            for run, case, let_in, admits in windows
            if strong.get(case, set()).isdisjoint(let_in)
        ]
        return cls(
            trusted=frozenset(case for case, roles in strong.items() if roles),
            closed=frozenset(run for run, _case, _admits in closed),
            without_suppliers=frozenset(case for _run, case, admits in closed if admits),
        )

    def sees_work(self, run: int, case: int) -> bool:
        """As `Sight.sees_work`; of a run that is going on the same as `Sight.sees_round`."""
        return case in self.trusted and run not in self.closed

    def work_seen(self, run: str) -> Q:
        """The rows whose run (a path, empty for runs themselves) is one that `sees_work`."""
        to_case, to_run = (f"{run}__case", run) if run else ("case", "pk")
        seen: dict[str, Any] = {f"{to_case}__in": self.trusted}
        return Q(**seen) & ~Q(**{f"{to_run}__in": self.closed})


def circle_ahead(run: int) -> str:
    """The circle for what is written in a run before its window has a first day: read as what is
    written in the run is."""
    return f"ahead:{run}"


def circle_of_decision(case_phase: CasePhase) -> str:
    """The circle for a decision at the gate of a phase: its round's; where it waits for signatures
    the team's; else everybody's who may read the case."""
    if case_phase.needs_round:
        return circle_of(case_phase)
    return TEAM if case_phase.phase.signatures else ""


def circle_of_work(case_phase: CasePhase) -> str:
    """The circle for what the team writes and files for itself in a phase: its secrecy window's,
    else the team's. It may tell of deliveries and judgements; nobody can see that from outside it.
    """
    return circle_of(case_phase) if case_phase.needs_round else TEAM


def circle_of(case_phase: CasePhase) -> str:
    """The circle for an event about suppliers in a phase: its round's, also before it has a first
    day; else all who see them."""
    window = Round.objects.filter(case_phase=case_phase).first()
    if window is None and case_phase.needs_round:
        return circle_ahead(case_phase.pk)
    return window.circle if window else SUPPLIERS
