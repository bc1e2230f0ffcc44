"""Reminders and weeks on paper: one page, tagged, in the reader's language, naming nobody."""

import io
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pypdf import PdfReader

from outbox.models import Message
from outbox.work import carry_out_one
from procurements.models import Case
from procurements.operations.deadline import count_deadline
from procurements.tasks import remind_at, write_weeks_at
from teams.models import User
from tests.builders import MONDAY, a_case
from tests.documents.tagtree import wrong_with
from tests.people import everybody

pytestmark = pytest.mark.django_db


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
