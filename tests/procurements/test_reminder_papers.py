"""Reminders and weeks on paper: one page, tagged, in the reader's language, naming nobody."""

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.utils import timezone
from pypdf import PdfReader

from outbox.models import Lane, Message
from outbox.work import carry_out_one
from procurements.models import Case, CaseRole, Task
from procurements.operations.deadline import (
    change_deadline,
    count_deadline,
    keep_deadline,
    set_deadline,
)
from procurements.tasks import remind_at, want_papers_at, write_weeks_at
from teams.models import User
from tests.builders import MONDAY, a_case
from tests.documents.tagtree import wrong_with
from tests.people import everybody

pytestmark = pytest.mark.django_db
# MONDAY is the 5th of October 2026: a deadline on the 16th is told of on Friday the 9th, and its
# paper made in the night to it.
NIGHT = MONDAY + timedelta(days=3, hours=14)
MORNING = MONDAY + timedelta(days=4)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", ["Påminnelse", "Enligt lagen", "Vecka 42", "Den här veckan"]),
        ("en", ["Reminder", "By the law", "Week 42", "This week"]),
    ],
)
def test_a_reminder_and_a_week_are_each_one_tagged_page(language, words, time_machine):
    people = everybody()
    User.objects.filter(pk=people.nora.pk).update(language=language)
    time_machine.move_to(MONDAY, tick=False)
    case = a_case(by=people.per, authority=people.authority, roles={"need_owner": people.nora})
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    # A contract on Friday the 16th at the earliest.
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="standstill_electronic",
        event_on=MONDAY.date(),
        responsible=people.nora,
        by=people.per,
        at=MONDAY,
    )
    for days in (4, 7):
        time_machine.move_to(MONDAY + timedelta(days=days), tick=False)
        remind_at(timezone.now())
        write_weeks_at(timezone.now())
        for message in Message.objects.due(timezone.now()):
            carry_out_one(message.pk)

    papers = [
        content
        for letter in mail.outbox
        if letter.to == [people.nora.email]
        for _name, content, _kind in letter.attachments
    ]
    assert [wrong_with(paper, language) for paper in papers] == [[], []]
    pages = [PdfReader(io.BytesIO(paper)).pages for paper in papers]
    assert [len(each) for each in pages] == [1, 1]
    reminder, week = (" ".join(each[0].extract_text().split()) for each in pages)
    assert all(word in reminder for word in words[:2])
    assert all(word in week for word in words[2:])
    # One paper for all who are reminded of the day.
    assert "Nora" not in reminder


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    settings.AHEAD_DIR = tmp_path
    return tmp_path


@pytest.fixture
def case(time_machine) -> Case:
    """Per and Nora decide in Swedish, Lena in English: all are told of a day of nobody's."""
    time_machine.move_to(MONDAY, tick=False)
    people = everybody()
    User.objects.filter(pk=people.lena.pk).update(language="en")
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"procurer": people.nora, "process_leader": people.lena},
    )
    Task.objects.update(due_on=None)
    return case


def a_deadline(case, title="Svara nämnden"):
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=date(2026, 10, 16),
        by=case.created_by,
        at=timezone.now(),
    )


def at(time_machine, moment):
    time_machine.move_to(moment, tick=False)
    promised = want_papers_at(timezone.now())
    remind_at(timezone.now())
    for message in Message.objects.due(timezone.now()):
        carry_out_one(message.pk)
    return promised


def made(folder):
    return {place.read_bytes() for place in folder.glob("*/*.pdf")}


def sent():
    return [content for letter in mail.outbox for _name, content, _kind in letter.attachments]


def test_papers_are_made_in_the_night_one_for_each_day_and_language(case, time_machine, folder):
    a_deadline(case)
    a_deadline(case, "Boka salen")
    assert at(time_machine, NIGHT) == 4
    assert set(Message.objects.values_list("kind", "lane")) == {("paper.reminder", Lane.BULK)}
    papers = made(folder)
    assert len(papers) == 4

    at(time_machine, MORNING)
    assert len(sent()) == 6
    assert set(sent()) == papers == made(folder)


def test_papers_are_promised_once_however_often_and_never_by_day(case, time_machine, folder):
    a_deadline(case)
    promised = [at(time_machine, NIGHT + timedelta(hours=hours)) for hours in (0, 1, 5)]

    assert promised == [2, 0, 0]
    assert want_papers_at(MORNING) == 0
    # On Friday evening it is Monday that comes next, and there is nothing to tell then.
    assert want_papers_at(NIGHT + timedelta(days=1)) == 0


def test_what_is_kept_by_the_morning_leaves_its_paper_unused(case, time_machine, folder):
    deadline = a_deadline(case)
    at(time_machine, NIGHT)
    keep_deadline(case=case, deadline=deadline, by=case.created_by, at=timezone.now())
    at(time_machine, MORNING)

    assert len(made(folder)) == 2
    assert sent() == []


def test_a_paper_with_another_text_is_made_again(case, time_machine, folder):
    deadline = a_deadline(case)
    at(time_machine, NIGHT)
    early = made(folder)
    type(deadline).objects.update(title="Svara hela nämnden")
    at(time_machine, MORNING)

    assert len(set(sent())) == 2
    assert early.isdisjoint(sent())


def test_a_day_that_moves_in_the_night_gets_a_paper_of_its_own(case, time_machine, folder):
    """From the Friday to the Saturday a week later: both are told of on the same morning."""
    deadline = a_deadline(case)
    at(time_machine, NIGHT)
    change_deadline(
        case=case,
        deadline=deadline,
        responsible=None,
        due_on=date(2026, 10, 17),
        by=case.created_by,
        at=timezone.now() - timedelta(hours=4),
    )

    assert at(time_machine, NIGHT + timedelta(hours=1)) == 2
    papers = made(folder)
    at(time_machine, MORNING)
    # Per moved it, and is told by the reminder alone.
    weeks = [letter for letter in mail.outbox if not letter.subject.startswith(("Fly", "Mov"))]
    assert len(weeks) == 3
    assert {letter.attachments[0][1] for letter in weeks} < papers


def test_one_that_was_kept_before_its_paper_was_made_gets_none(case, time_machine, folder):
    deadline = a_deadline(case)
    time_machine.move_to(NIGHT, tick=False)
    assert want_papers_at(timezone.now()) == 2
    keep_deadline(case=case, deadline=deadline, by=case.created_by, at=timezone.now())
    at(time_machine, NIGHT)

    assert made(folder) == set()
    assert not Message.objects.waiting().exists()


def test_nobody_makes_a_paper_of_a_day_that_has_passed_and_made_ones_are_thrown_away(
    case, time_machine, folder
):
    a_deadline(case)
    at(time_machine, NIGHT)
    Message.objects.update(done_at=None, attempts=0)
    at(time_machine, MORNING + timedelta(days=3, hours=10))

    assert "2026-10-09" not in [place.name for place in folder.iterdir()]
    assert not Message.objects.filter(kind="paper.reminder", done_at=None).exists()


def test_who_sees_no_suppliers_is_told_no_words_of_the_teams_own(case, time_machine, folder):
    lena, nora = (User.objects.get(name=name) for name in ("Lena Leander", "Nora Nord"))
    CaseRole.objects.filter(user=lena).update(is_engagement=True)
    User.objects.update(language="sv")
    deadline = a_deadline(case)
    for person in (lena, nora):
        type(deadline).objects.filter(pk=deadline.pk).update(responsible=person)
        at(time_machine, MORNING)

    told = {letter.to[0]: f"{letter.subject} {letter.body}" for letter in mail.outbox}
    assert set(told) == {lena.email, nora.email}
    assert "Svara nämnden" not in told[lena.email]
    assert "En egen frist för teamet i fas 0" in told[lena.email]
    assert "Svara nämnden" in told[nora.email]
    assert len(set(sent())) == 2
