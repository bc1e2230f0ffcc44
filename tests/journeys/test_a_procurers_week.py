"""A procurer's week: the letter of Monday, a step done in time, a day that moves and is kept."""

import io
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from procurements.models import Case, Task
from procurements.tasks import remind
from tests.browser.fixtures import sign_in
from tests.builders import a_case
from tests.journeys.walking import (
    day,
    deliver,
    follow,
    heading,
    link_in,
    look_over,
    press,
    told,
    write,
)
from tests.people import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Letters = dict[str, list[Any]]
Morning = Callable[[int], Letters]


@pytest.fixture
def morning(people: People, monday: datetime, time_machine: Any) -> Morning:
    """Ten o'clock, so many days after Monday, when beat has asked and the worker has sent:
    the letters that came since last, by whom they are to."""

    def comes(later: int) -> Letters:
        time_machine.move_to(monday + timedelta(days=later), tick=True)
        remind()
        return delivered()

    return comes


def delivered() -> Letters:
    """What the worker sends now."""
    mail.outbox.clear()
    deliver()
    letters: Letters = defaultdict(list)
    for letter in mail.outbox:
        letters[letter.to[0].split("@")[0]].append(letter)
    return letters


@pytest.fixture
def case(people: People, monday: datetime) -> Case:
    """Begun today, with two steps of Per's due on Tuesday and Wednesday."""
    case = a_case(
        by=people.per, authority=people.authority, at=monday, roles={"need_owner": people.nora}
    )
    steps = Task.objects.filter(case_phase=case.current_phase).order_by("position")
    steps.update(due_on=None)
    for n, task in enumerate(steps[:2]):
        task.assignee, task.due_on = people.per, monday.date() + timedelta(days=1 + n)
        task.due_set_at = monday
        task.save()
    return case


def paper_of(letter: Any) -> str:
    """The words of the one page that comes with a letter."""
    [(_name, content, kind)] = letter.attachments
    assert kind == "application/pdf"
    [page] = PdfReader(io.BytesIO(content)).pages
    return page.extract_text()


def test_a_procurers_week(
    page: Page, people: People, case: Case, monday: datetime, morning: Morning
) -> None:
    # Monday: the week in one letter, and the step that is due tomorrow in another.
    week, first = sorted(morning(0)["per"], key=lambda letter: "Steg 0.1" in letter.subject)
    assert "Steg 0.1" in paper_of(week)
    assert "Steg 0.2" in paper_of(week)
    assert "Steg 0.1" in paper_of(first)
    sign_in(page, people.per)
    page.goto(link_in(first.body))
    heading(page, "Steg 0.1")
    press(page, "Markera som klart")
    told(page, "Steget är klart")

    # The board wants an answer on Friday; Nora is to write it.
    page.goto(f"{case.get_absolute_url()}deadlines/")
    follow(page, "Sätt en frist")
    write(page, title="Svara nämnden", due_on=day(monday, 4))
    page.locator("main [name=responsible]").select_option(label="Nora Nord")
    press(page, "Sätt fristen")
    told(page, "Fristen är satt")
    look_over(page, "a day set closer than its first reminder")

    # Tuesday: what was done is not reminded of; the next step is.
    [second] = morning(1)["per"]
    assert "Steg 0.2" in second.subject

    # Wednesday: quiet. The board meets later, and the day moves.
    assert morning(2) == {}
    sign_in(page, people.per)
    page.goto("/")
    heading(page, "Hej, Per")
    expect(page.locator("main")).to_contain_text("Steg 0.2")
    page.goto(f"{case.get_absolute_url()}deadlines/")
    follow(page, "Svara nämnden")
    write(page, due_on=day(monday, 7))
    press(page, "Spara")
    told(page, "Fristen är sparad")
    [moved] = delivered()["nora"]
    for known in (monday.date() + timedelta(days=4), monday.date() + timedelta(days=7)):
        assert str(known.day) in moved.body

    # Thursday: Steg 0.2 was due yesterday and is late; of the answer nothing yet.
    letters = morning(3)
    [late] = letters["per"]
    assert "Steg 0.2" in late.subject
    assert "nora" not in letters
    sign_in(page, people.per)
    page.goto(link_in(late.body))
    press(page, "Markera som klart")
    told(page, "Steget är klart")

    # Friday: Monday's answer is a day of work away, and the page tells what was sent.
    [answer] = morning(4)["nora"]
    assert "Svara nämnden" in answer.subject
    sign_in(page, people.per)
    page.goto(f"{case.get_absolute_url()}deadlines/")
    follow(page, "Påminnelser")
    sent = page.locator("section", has=page.locator("#sent-h")).locator("li")
    expect(sent.filter(has_text="Steg 0.1")).to_have_count(1)
    expect(sent.filter(has_text="Steg 0.2")).to_have_count(2)
    # That it moved, and that it is near.
    expect(sent.filter(has_text="Svara nämnden")).to_have_count(2)
    look_over(page, "a week of reminders")
    follow(page, "Frister", within=".tabs")
    follow(page, "Svara nämnden")
    press(page, "Fristen är hållen")
    told(page, "Fristen är hållen")

    # The week after: kept is kept, and a week in which nothing needs anybody gets no letter.
    assert morning(7) == {}
