"""Two years of a hundred cases, morning by morning: nobody is left unreminded, nor reminded twice.

What is to come is worked out beside the house, from what chance did to the cases.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from documents import pdf
from outbox.models import Lane, Message
from outbox.tasks import carry_out
from procurements import days
from procurements.models import Case, CasePhase, CaseRole, Deadline, Reminder, Task
from procurements.models.reminder import LETTER
from procurements.operations.case import move_phase, pause_case, resume_case, stop_case
from procurements.operations.deadline import change_deadline, keep_deadline
from procurements.operations.people import end_case_role
from procurements.operations.task import complete_task
from procurements.states import CaseState
from procurements.tasks import remind_at
from teams.models import User
from tests.builders import an_edition
from tests.builders_teams import a_person
from tests.people import everybody

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

CASES = 100
FIRST = date(2026, 10, 5)
MORNINGS = 500
LIFE = timedelta(days=110)
STEPS = {"14": 14, "7": 7, "3": 3, "1": 1}
RHYTHMS = ["7 1 late", "14 3", "late", "1"]


@dataclass
class Day:
    """A day that somebody answers for, as chance has made it."""

    subject: str
    pk: int
    case: Case
    due_on: date
    set_on: date
    named: User | None
    begins_on: date
    follows_plan: bool = False
    is_open: bool = True

    def key(self, person: User, step: str) -> tuple[str, int, int, str, date]:
        return (self.subject, self.pk, person.pk, step, self.due_on)


class World:
    """A hundred cases that begin over a year and a half; who has which role until when."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        people = everybody()
        self.per, self.lena = people.per, people.lena
        self.helpers = [a_person(f"Hjälpare {n}", f"h{n}@lindhaga.example") for n in range(10)]
        edition = an_edition()
        first, second, *_ = edition.phases.order_by("number")
        self.days: list[Day] = []
        self.paused: dict[int, date] = {}
        self.has_left: dict[tuple[int, int], date] = {}
        for number in range(CASES):
            start = days.roll_forward(FIRST + timedelta(days=chance.randrange(560)))
            case = Case.objects.create(
                number=1001 + number,
                title=f"Ärende {number}",
                authority=people.authority,
                edition=edition,
                context="service",
                state=CaseState.ACTIVE,
                rhythm=chance.choice(RHYTHMS),
                planned_start_on=start,
                started_on=start,
                created_by=self.per,
                created_at=days.start_of(start),
            )
            helper = chance.choice(self.helpers)
            CaseRole.objects.bulk_create(
                CaseRole(case=case, user=user, role=role, from_on=start)
                for user, role in (
                    (self.per, "procurer"),
                    (self.lena, "process_leader"),
                    (helper, "need_owner"),
                )
            )
            self._lay_out(case, first, second, start, helper)

    def _lay_out(self, case, first, second, start, helper) -> None:
        # Every third was entered when it had gone on for some weeks.
        entered = start
        if case.number % 3 == 0:
            entered = start + timedelta(days=self.chance.randrange(1, 30))

        def run(phase, state, ahead, gate):
            return CasePhase.objects.create(
                case=case,
                phase=phase,
                number=phase.number,
                state=state,
                planned_starts_on=days.roll_forward(start + timedelta(days=ahead)),
                planned_ends_on=days.roll_forward(start + timedelta(days=gate - 2)),
                planned_gate_on=days.roll_forward(start + timedelta(days=gate)),
                started_on=start if state == "active" else None,
                begun_at=days.start_of(entered) if state == "active" else None,
            )

        now = run(first, "active", 0, 40 + self.chance.randrange(60))
        run(second, "planned", 110, 150)
        set_at = days.start_of(start) + timedelta(hours=9)
        self.days.append(Day("gate", now.pk, case, now.planned_gate_on, entered, None, start))
        for n in range(3):
            due_on = start + timedelta(days=self.chance.randrange(1, 90))
            follows_plan = n == 0
            named = self.chance.choice([helper, None])
            facts = {"case_phase": now, "title": f"Dag {n}", "due_on": due_on}
            if n % 2:
                row = Deadline.objects.create(**facts, set_at=set_at, responsible=named)
                subject = "deadline"
            else:
                row = Task.objects.create(
                    **facts,
                    due_set_at=None if follows_plan else set_at,
                    assignee=named,
                    position=90 + n,
                )
                subject = "task"
            set_on = entered if follows_plan else start
            self.days.append(Day(subject, row.pk, case, due_on, set_on, named, start, follows_plan))

    def people_of(self, day: Day, today: date) -> list[User]:
        left = day.named and self.has_left.get((day.case.pk, day.named.pk))
        if day.named and (left is None or today <= left):
            return [day.named]
        return [self.lena] if day.subject == "task" else [self.per, self.lena]

    def something_happens(self, at: datetime) -> None:
        """One thing or none, as chance will have it."""
        today = days.swedish_day(at)
        going = [day for day in self.days if day.is_open and day.begins_on <= today]
        if not going:
            return
        day = self.chance.choice(going)
        case, by = day.case, self.per
        what = self.chance.choice(["keep", "move", "pause", "leave", "plan", "nothing"])
        if case.pk in self.paused:
            return
        if what == "keep" and day.subject != "gate":
            if day.subject == "deadline":
                row = Deadline.objects.get(pk=day.pk)
                keep_deadline(case=case, deadline=row, by=by, at=at)
            else:
                complete_task(case=case, task=Task.objects.get(pk=day.pk), by=by, at=at)
            day.is_open = False
        elif what == "move" and day.subject == "deadline":
            day.due_on = today + timedelta(days=self.chance.randrange(1, 40))
            day.set_on = today
            change_deadline(
                case=case,
                deadline=Deadline.objects.get(pk=day.pk),
                responsible=day.named,
                due_on=day.due_on,
                by=by,
                at=at,
            )
        elif what == "pause":
            pause_case(case=case, reason="Vi väntar.", by=by, at=at)
            self.paused[case.pk] = today + timedelta(days=self.chance.randrange(1, 30))
        elif what == "leave" and day.named and (case.pk, day.named.pk) not in self.has_left:
            held = case.roles.get(user=day.named)
            end_case_role(case=case, held=held, until_on=today, by=by, at=at)
            self.has_left[case.pk, day.named.pk] = today
        elif what == "plan":
            run = case.phases.get(number=1)
            move_phase(
                case=case,
                case_phase=run,
                starts_on=max(today, run.planned_starts_on) + timedelta(days=7),
                by=by,
                at=at,
            )

    def some_go_on_and_some_end(self, at: datetime) -> None:
        today = days.swedish_day(at)
        for case in {day.case.pk: day.case for day in self.days if day.is_open}.values():
            if self.paused.get(case.pk, today) < today:
                resume_case(case=case, by=self.per, at=at)
                del self.paused[case.pk]
            if case.started_on + LIFE < today and case.pk not in self.paused:
                stop_case(case=case, reason="Nu är det klart.", by=self.per, at=at)
                for day in self.days:
                    day.is_open &= day.case.pk != case.pk

    def turns(self, today: date) -> set[tuple[str, int, int, str, date]]:
        """By the handbook of reminders, read anew: the latest step that has come, since the day
        was set, for each who answers for it today."""
        found = set()
        for day in self.days:
            if not day.is_open or day.case.pk in self.paused or day.begins_on > today:
                continue
            if day.follows_plan and day.due_on < day.set_on:
                # It had passed when its phase was entered: nobody made a promise of it.
                continue
            come = [
                (turn, step)
                for step in day.case.rhythm.split()
                if day.set_on <= (turn := turn_of(day.due_on, step)) <= today
            ]
            if come:
                step = max(come, key=lambda one: (one[0], order_of(one[1])))[1]
                found |= {day.key(person, step) for person in self.people_of(day, today)}
        return found


def order_of(step: str) -> int:
    return -STEPS.get(step, 0)


def turn_of(due_on: date, step: str) -> date:
    """The working day on or before so many days before, or the first one after."""
    turn = due_on + timedelta(days=1) if step == "late" else due_on - timedelta(days=STEPS[step])
    while not days.is_working_day(turn):
        turn += timedelta(days=1 if step == "late" else -1)
    return turn


def key_of(reminder: Reminder) -> tuple[str, int, int, str, date]:
    return (*reminder.subject, reminder.person_id, reminder.kind, reminder.due_on)


def test_two_years_leave_no_day_unreminded(seed, time_machine, monkeypatch):
    # The renderer is no part of the story: thousands of papers would take a quarter of an hour.
    monkeypatch.setattr(pdf, "write", lambda source, given: b"%PDF-1.7")
    world = World(random.Random(seed))
    expected: set[tuple[str, int, int, str, date]] = set()
    today = FIRST
    for _ in range(MORNINGS):
        at = datetime(today.year, today.month, today.day, 8, 0, tzinfo=UTC)
        time_machine.move_to(at, tick=False)
        world.some_go_on_and_some_end(at)
        expected |= world.turns(today)
        remind_at(at)
        # Between the promise and the letter something may happen.
        world.something_happens(at)
        if first := Message.objects.due(at).filter(lane=Lane.MAIL).first():
            carry_out(first.pk)
        today = days.roll_forward(today + timedelta(days=1))

    made = list(Reminder.objects.exclude(kind="moved"))
    assert {key_of(one) for one in made} == expected
    assert len(made) == len(expected) > CASES * 3
    # Each was sent, or says why not; and each letter is one message, sent once.
    assert not Reminder.objects.filter(sent_at=None, passed_over="").exists()
    assert not Message.objects.filter(kind=LETTER).exclude(done_at__isnull=False).exists()
    ids = Counter(letter.message()["Message-ID"] for letter in mail.outbox)
    assert max(ids.values()) == 1
    sent = Reminder.objects.filter(sent_at__isnull=False).count()
    assert sent <= len(ids) < sent + len(made) // 10
