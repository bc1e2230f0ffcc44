"""What is nasty in phases, tasks and gates is kept whole or not at all."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from procurements.models import GateDecision, TaskNote
from procurements.operations.gate import Verdict
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import write_note
from tests.builders import a_case_in_admission, an_edition, at_start_of, passed_gate
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(time_machine):
    """Addresses by name, of a case in a secret phase with a supplier and a decision behind it."""
    people = everybody()
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        edition=an_edition(signatures=["buyer"], signed_phases=[1]),
    )
    at = at_start_of(case)
    time_machine.move_to(at, tick=False)
    admit_suppliers(case=case, suppliers=[TypedSupplier("Ask")], by=people.per, at=at)
    participant = case.participants.get()
    task = case.current_phase.tasks.get(position=2)
    note = write_note(case=case, task=task, text="x", by=people.per, at=at)
    decided = passed_gate(
        a_case_in_admission(
            by=people.per, authority=people.authority, edition=case.edition, title="Ett annat"
        ),
        by=people.per,
        verdicts={participant.pk: Verdict(goes_on=True)},
    )
    decision = GateDecision.objects.get(case_phase__case=decided, case_phase__number=1)
    client = Client()
    client.force_login(people.per)
    client.participant = participant

    def address(name: str) -> str:
        if name.startswith("task"):
            more = [note.pk] if name == "task_note_correct" else []
            return reverse(name, args=[case.number, task.pk, *more])
        if name in ("own_task_new", "gate_decide"):
            return reverse(name, args=[case.number, "part-1"])
        return reverse(name, args=[decided.number, decision.pk])

    return client, address


def test_nothing_hostile_was_kept_half(place):
    client, address = place

    client.post(address("task_note"), {"text": "a\x00b"})
    client.post(address("task_note"), {"text": "<script>alert(1)</script>"})

    assert list(TaskNote.objects.values_list("text", flat=True)) == [
        "x",
        "<script>alert(1)</script>",
    ]
    page = client.get(address("task_note").replace("notes/", "")).content
    assert b"&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("name", ["x" * 5000 + ".pdf", "../../../etc/passwd", "a\x00.pdf", ""])
def test_names_of_files_that_are_no_names_get_an_answer(place, name):
    client, address = place
    for form in ("task_attach", "gate_copy"):
        upload = SimpleUploadedFile(name or "x", b"%PDF-1.7")
        sent = {"role": "buyer", "name": "Per", "signed_on": "2026-10-20", "upload": upload}
        answer = client.post(address(form), sent)
        assert answer.status_code in (303, 422)
