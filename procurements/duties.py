"""Days that somebody answers for: open steps and tasks, deadlines and gates, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from handbook.words import words_of_many
from procurements.days import swedish_day
from procurements.models import (
    Case,
    CasePhase,
    CaseRole,
    Deadline,
    Participant,
    Reminder,
    Task,
)
from procurements.models.reminder import MOVED
from procurements.periodwords import name_of
from procurements.reminding import LATE, as_rhythm, steps_of
from procurements.sight import Sight
from procurements.states import (
    WORKED_IN,
    CaseState,
    PassedOver,
    PhaseState,
    Role,
    TaskState,
)
from teams.models import Rhythm, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from handbook.words import Words

Subject = Literal["task", "deadline", "gate"]
# Who answers for what nobody is named for: the first of these roles that somebody holds.
LEADERS = ((Role.PROCESS_LEADER,), (Role.PROCURER,), (Role.OWNER,))
DECIDERS = ((Role.PROCURER, Role.PROCESS_LEADER), (Role.OWNER,))


COMPANY_WORDS = {
    "ab", "aktiebolag", "aps", "as", "bolag", "bv", "gmbh", "group", "handelsbolag", "hb", "inc",
    "kb", "ltd", "nv", "oy", "oü", "publ", "sa", "se", "and", "av", "för", "i", "och", "of", "the",
}  # fmt: skip


WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Duty:
    """A day to be kept, since when it is that day, and the people who answer for it."""

    subject: Subject
    row: Task | Deadline | CasePhase
    case: Case
    due_on: date
    set_on: date
    people: tuple[User, ...]
    # Whether it follows the plan, and had passed when its phase was recorded as begun: nobody made
    # a promise of it, and no letter says that it is late.
    had_passed: bool = False

    @property
    def run(self) -> CasePhase:
        return self.row if isinstance(self.row, CasePhase) else self.row.case_phase

    def rhythm_of(self, person: User, case: Case) -> str:
        """When the person is reminded of it: by own choice, else as the case says; never of a day
        that had passed before anybody could keep it, and never as late of one that binds nobody."""
        if not person.is_reminded or self.had_passed:
            return ""
        rhythm = case.rhythm if person.rhythm == Rhythm.CASE else person.rhythm
        if isinstance(self.row, Deadline) and not self.row.binds:
            return as_rhythm(step for step in steps_of(rhythm) if step != LATE)
        return rhythm

    def title(self, words: Words, *, never: Collection[str] = (), tells_own: bool = True) -> str:
        """What it is called in a letter. What the team wrote itself is not told in a phase that
        has a secrecy window, for nobody knows whom it names, nor where it holds one of the words
        that are `never` said. Who may not see the suppliers (`sees_suppliers_in`) is told none of
        it, whatever it says: else whoever guesses a name could read whether the case knows it."""
        row = self.row
        if isinstance(row, CasePhase):
            return _("Decide gate %(number)s") % {"number": row.number}
        if isinstance(row, Task) and row.step:
            return words(row.step, "title")
        if isinstance(row, Deadline) and row.period:
            return name_of(row.period)
        is_told = tells_own and not row.case_phase.needs_round
        if is_told and not says_one_of(never, row.title):
            return row.title
        told = {"number": row.case_phase.number}
        if isinstance(row, Task):
            return _("A task of the team’s own in phase %(number)s") % told
        return _("A deadline of the team’s own in phase %(number)s") % told


def titles_of(duties: Sequence[Duty], person: User, *, seen: Collection[int]) -> list[str]:
    """What each is called in a person's own language, which is spoken; what the team wrote itself
    is told only in the cases whose suppliers the person sees (`seen`)."""
    words = words_of_many([duty.case.edition for duty in duties], person.language)
    never = names_of_suppliers(duty.case for duty in duties)
    return [
        duty.title(
            words[duty.case.edition_id],
            never=never[duty.case.pk],
            tells_own=duty.case.pk in seen,
        )
        for duty in duties
    ]


def names_of_suppliers(cases: Iterable[Case]) -> dict[int, set[str]]:
    """By case the words that tell of a supplier: of each name those that say more than what kind of
    company it is, and their initials. Also of one that was entered by mistake: it may well be
    somebody, in another case or in what was typed here meanwhile."""
    found: dict[int, set[str]] = {case.pk: set() for case in cases}
    rows = Participant.everyone.filter(case__in=found).values_list("case", "name")
    for case_id, name in rows:
        found[case_id] |= words_telling(name)
    return found


def telling_words(name: str) -> list[str]:
    """The words of a supplier's name that say more than what kind of company it is."""
    words = [word.casefold() for word in WORD.findall(name)]
    return [word for word in words if word not in COMPANY_WORDS and len(word) > 1]


def words_telling(name: str) -> set[str]:
    """The same, and their initials."""
    telling = telling_words(name)
    initials = "".join(word[0] for word in telling)
    return {*telling, *([initials] if len(initials) > 1 else [])}


def windows_in(cases: Iterable[int]) -> dict[int, list[CasePhase]]:
    """By case every run, with its phase and its secrecy window."""
    found: dict[int, list[CasePhase]] = {}
    for run in CasePhase.objects.filter(case__in=set(cases)).select_related("phase", "round"):
        found.setdefault(run.case_id, []).append(run)
    return found


def sees_suppliers_in(cases: Iterable[int], person: User, *, at: datetime) -> set[int]:
    """The cases whose suppliers the person may see at that moment."""
    cases = set(cases)
    roles, runs = roles_of(cases, swedish_day(at)), windows_in(cases)
    return {
        case
        for case in cases
        if sees_suppliers(person, roles.get(case, []), runs.get(case, []), at=at)
    }


def sees_suppliers(
    person: User, roles: Iterable[CaseRole], runs: Iterable[CasePhase], *, at: datetime
) -> bool:
    held = [role for role in roles if role.user_id == person.pk]
    return Sight.from_rows(held, runs, at=at).sees_suppliers


def says_one_of(never: Collection[str], text: str) -> bool:
    """Whether a text holds one of the words, in any form: at the beginning of a longer word too, as
    in a genitive or a compound; a short one (EY, 3M) with an s at most."""
    return any(True for _said in said_of(never, text))


def said_of(never: Collection[str], text: str) -> Iterator[str]:
    """Each word of a text that is one of those, in any form, folded."""
    for said in (word.casefold() for word in WORD.findall(text)):
        for word in never:
            if said in (word, f"{word}s") or (len(word) > 3 and said.startswith(word)):
                yield said
                break


def tasks_told(person: User, *, seen: Q) -> QuerySet[Task]:
    """Open tasks of phases that are worked in, as the pages over several cases count them for a
    person: every step, and the team's own where their phase's work is `seen`."""
    return Task.objects.open().filter(Q(step__isnull=False) | Q(assignee=person) | seen)


def deadlines_told(person: User, *, seen: Q, on: date) -> QuerySet[Deadline]:
    """Deadlines to be kept on a day, counted in the same way."""
    return Deadline.objects.running(on=on).filter(Q(responsible=person) | seen)


def is_in_case(person: str, case: str, *, on: date) -> Exists:
    """Whether whom a row names has a role in its case on the day: else it names nobody, in queries
    as in letters. Both are paths from the row."""
    return Exists(CaseRole.objects.on(on).filter(user=OuterRef(person), case=OuterRef(case)))


def duties_of(cases: QuerySet[Case], *, until: date, at: datetime) -> Iterator[Duty]:
    """What is to be kept in the cases by a day: of those that are going on and their phases, and
    the days of the law also of those that rest or are over."""
    today = swedish_day(at)
    going = cases.filter(state=CaseState.ACTIVE)
    tasks = Task.objects.open().filter(
        case_phase__started_on__lte=today, case_phase__case__in=going, due_on__lte=until
    )
    deadlines = Deadline.objects.running(on=today).filter(
        case_phase__case__in=cases, due_on__lte=until
    )
    gates = CasePhase.objects.filter(
        state=PhaseState.ACTIVE,
        started_on__lte=today,
        case__in=going,
        planned_gate_on__lte=until,
    )
    of_phase = ("case_phase__case__edition", "case_phase__phase", "case_phase__round")
    rows: list[Task | Deadline | CasePhase] = [
        *tasks.select_related("step", "assignee", *of_phase),
        *deadlines.select_related("responsible", *of_phase),
        *gates.select_related("case__edition", "phase", "round"),
    ]
    roles = roles_of([_run_of(row).case_id for row in rows], today)
    read: dict[int, Case] = {}
    for row in rows:
        # What is read of a case is read once for all its rows.
        _run_of(row).case = read.setdefault(_run_of(row).case_id, _run_of(row).case)
        yield duty_of(row, roles.get(_run_of(row).case_id, []), at=at)


def duty_of(row: Task | Deadline | CasePhase, roles: Sequence[CaseRole], *, at: datetime) -> Duty:
    """The duty that a row is, for those who have these roles in its case."""
    run = _run_of(row)
    since = run.days_known_on
    if isinstance(row, Task):
        on = row.due_on
        assert on is not None
        set_on = swedish_day(row.due_set_at) if row.due_set_at else since
        had_passed = row.due_set_at is None and on < set_on
        people = _named(row.assignee, roles) or leading(
            roles, own_in=None if row.step else run, at=at
        )
        return Duty("task", row, run.case, on, set_on, people, had_passed=had_passed)
    if isinstance(row, Deadline):
        people = _named(row.responsible, roles) or _first(
            DECIDERS, roles, run, at, told_by=_windows_of(run)
        )
        return Duty("deadline", row, run.case, row.due_on, swedish_day(row.set_at), people)
    # Whom the window leaves out cannot decide, and is not to notice that it has been decided.
    people = _first(DECIDERS, roles, run, at) or _first(DECIDERS, roles, None, at)
    return Duty("gate", row, run.case, run.planned_gate_on, since, people)


def runs_in(row: Task | Deadline | CasePhase, case: Case) -> bool:
    """Whether a day runs as the case stands: all do in one that goes on, and those of the law also
    in one that rests or is over."""
    if isinstance(row, Deadline) and row.period:
        return case.state != CaseState.DRAFT
    return case.state == CaseState.ACTIVE


def is_still_to_keep(row: Task | Deadline | CasePhase) -> bool:
    """Whether the row waits for somebody to do something."""
    run = _run_of(row)
    if isinstance(row, Deadline):
        return row.is_open
    if isinstance(row, Task):
        return row.state == TaskState.OPEN and run.state in WORKED_IN
    return run.state == PhaseState.ACTIVE


def current_duty(row: Task | Deadline | CasePhase, *, at: datetime) -> Duty:
    """The duty as it stands now, with the roles read for it."""
    case_id = _run_of(row).case_id
    return duty_of(row, roles_of([case_id], swedish_day(at)).get(case_id, []), at=at)


def tell_of_move(row: Task | Deadline | CasePhase, *, was_on: date, by: User, at: datetime) -> None:
    """Promise each of its people a letter with the old and the new day; who moved it knows. The old
    day is the one that the person knows of, and of one moved back to it there is nothing to tell.
    Call within an operation."""
    duty = current_duty(row, at=at)
    known = _take_back_moves(duty, at=at)
    for person in duty.people:
        knew = known.get(person.pk, was_on)
        if person == by or not person.is_reminded or knew == duty.due_on:
            continue
        told, _is_new = Reminder.objects.get_or_create(
            **{duty.subject: row},
            person=person,
            kind=MOVED,
            due_on=duty.due_on,
            defaults={
                "case": duty.case,
                "was_on": knew,
                "turn_on": swedish_day(at),
                "made_at": at,
            },
        )
        # Moved to that day once before: it is told once more.
        told.was_on, told.turn_on = knew, swedish_day(at)
        told.sent_at, told.passed_over, told.is_hurried = None, "", False
        told.promise()


def _take_back_moves(duty: Duty, *, at: datetime) -> dict[int, date]:
    """Let no letter of an earlier move go any more; by person the day that was known before it."""
    known: dict[int, date] = {}
    waits = Reminder.objects.filter(kind=MOVED, sent_at=None, passed_over="")
    for one in waits.filter(**{duty.subject: duty.row}):
        letter = one.letters.select_for_update().first()
        # One that is being sent just now may have been read.
        if letter and letter.is_held(at=at):
            continue
        assert one.was_on is not None
        known.setdefault(one.person_id, one.was_on)
        one.passed_over = PassedOver.MOVED
        one.save(update_fields=["passed_over"])
    return known


def _run_of(row: Task | Deadline | CasePhase) -> CasePhase:
    return row if isinstance(row, CasePhase) else row.case_phase


def roles_of(cases: Iterable[int], today: date) -> dict[int, list[CaseRole]]:
    """By case the roles that are held on a day, with those who hold them."""
    found: dict[int, list[CaseRole]] = {}
    rows = CaseRole.objects.on(today).filter(case__in=set(cases)).select_related("user")
    for role in rows.order_by("pk"):
        found.setdefault(role.case_id, []).append(role)
    return found


def _named(user: User | None, roles: Sequence[CaseRole]) -> tuple[User, ...]:
    """The person named for it, while that person has a role in the case."""
    if user and any(role.user_id == user.pk for role in roles):
        return (user,)
    return ()


def leading(
    roles: Sequence[CaseRole], *, own_in: CasePhase | None = None, at: datetime
) -> tuple[User, ...]:
    """Who of those who have the roles answers for a task that nobody in the case is named for: a
    step, or one of the team's own in a run."""
    return _first(LEADERS, roles, own_in, at)


def deciding(run: CasePhase, roles: Sequence[CaseRole], *, at: datetime) -> tuple[User, ...]:
    """Who can record the decision at a gate: not the owner, who is reminded of it for want of
    anybody."""
    return _first(DECIDERS[:1], roles, run, at)


def _first(
    groups: Sequence[tuple[Role, ...]],
    roles: Sequence[CaseRole],
    run: CasePhase | None,
    at: datetime,
    *,
    told_by: Sequence[CasePhase] = (),
) -> tuple[User, ...]:
    """The holders of the first roles that somebody has; with a run only those who may look into
    its secrecy window, and into those of the other runs by which it is told."""
    for group in groups:
        people: dict[int, User] = {}
        for role in roles:
            if role.role in group and (
                run is None or _sees(role.user, roles, run, told_by or [run], at)
            ):
                people[role.user_id] = role.user
        if people:
            return tuple(people.values())
    return ()


def _windows_of(run: CasePhase) -> Sequence[CasePhase]:
    """The runs whose windows tell who may read what is written in one: of one that goes on its own
    alone, else also that of another that is open now."""
    return [run] if run.is_going or not run.needs_round else run.case.phases_in_order


def _sees(
    user: User,
    roles: Sequence[CaseRole],
    run: CasePhase,
    told_by: Iterable[CasePhase],
    at: datetime,
) -> bool:
    held = [role for role in roles if role.user_id == user.pk]
    return Sight.from_rows(held, told_by, at=at).sees_work(run)
