"""The history can be read kind by kind, and every event is of one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from procurements import events
from procurements.models import PhaseDocument, Task
from procurements.operations.paper import Place, order_paper
from procurements.operations.task import add_task, complete_task, tick_items, write_note
from procurements.views.history import KINDS
from tests.builders import MONDAY, a_case, passed_gate
from tests.people import everybody

# Of streams that are no case's: the installation's, a person's, a discarded case's.
ELSEWHERE = {"calendar"}


def test_every_event_of_a_case_is_of_a_kind_that_can_be_chosen() -> None:
    chosen = [start for _words, starts in KINDS.values() for start in starts]
    told = {verb.partition(".")[0] for verb in events.SENTENCES}

    assert len(chosen) == len(set(chosen))
    assert told - set(chosen) == set()


@pytest.mark.django_db
def test_steps_are_called_what_the_reader_calls_them_and_own_tasks_what_the_team_does():
    people = everybody()
    case = a_case(by=people.per, authority=people.authority)
    at, words = MONDAY + timedelta(days=1), case.edition.words
    step = Task.objects.select_related("step").get(case_phase=case.current_phase, position=1)
    item = step.step.items.first()
    title, text = words("sv")(step.step, "title"), words("sv")(item, "text")
    tick_items(case=case, task=step, ticked=[item.key], shown=[], by=people.per, at=at)
    write_note(case=case, task=step, text=text, by=people.per, at=at)
    # Called like another step of the handbook.
    called = words("sv")("step:step-0-2", "title")
    own = add_task(case=case, case_phase=case.current_phase, title=called, by=people.per, at=at)
    complete_task(case=case, task=own, by=people.per, at=at)
    client, address = Client(), reverse("case_history", args=[case.number])
    client.force_login(people.per)

    english = client.get(address, {"lang": "en"}).text
    client.post(reverse("history_paper", args=[case.number]))
    swedish = client.get(address, {"lang": "sv"}).text

    assert f"Ticked in “{title} (en)”: {text} (en)" in english
    assert f"Wrote a note on “{title} (en)”: {text}</p>" in english
    assert f"“{called}” went from" in english
    assert f"”{title}”: {text}" in swedish
    made = PhaseDocument.objects.get().document.revisions.get()
    assert f"Ticked in “{title} (en)”: {text} (en)" in str(made.data)


@pytest.mark.django_db
def test_papers_of_one_name_are_told_apart_by_their_phase():
    people = everybody()
    case = a_case(by=people.per, authority=people.authority)
    template = case.edition.templates.get(serves="phase_decision")
    passed_gate(case, by=people.per, outcome="repeat")
    runs = case.phases.filter(number__lte=1)
    for run in runs:
        order_paper(case=case, place=Place(run, template), language="sv", fill={}, passages={},
                    draft=True, by=people.per, at=MONDAY)  # fmt: skip
    client, address = Client(), reverse("case_history", args=[case.number])
    client.force_login(people.per)

    page = client.get(address, {"kind": "papers"}).text
    client.post(reverse("history_paper", args=[case.number]))

    made = PhaseDocument.objects.get(template=None).document.revisions.get()
    title = case.edition.words("sv")(template, "title")
    for place in ("fas 0", "fas 0, omgång 2", "fas 1"):
        assert f"Beställde dokumentet {title} ({place}), version 1" in page
        assert f"Beställde dokumentet {title} ({place}), version 1" in str(made.data)
