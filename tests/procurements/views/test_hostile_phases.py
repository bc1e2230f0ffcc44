"""Every form of phases, tasks and gates, with everything nasty in every field: no page breaks."""

import base64
from pathlib import Path

import pytest
import yaml
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procurements.models import GateDecision, TaskNote
from procurements.operations.gate import Verdict
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from procurements.operations.task import write_note
from tests.builders import a_case_in_admission, an_edition, at_start_of, passed_gate
from tests.people import everybody

pytestmark = pytest.mark.django_db
HOSTILE = Path(__file__).parents[2] / "data" / "hostile.yaml"


def raw(entry) -> str:
    if "base64" in entry:
        return base64.b64decode(entry["base64"]).decode("utf-8", "replace")
    if "repeat" in entry:
        return entry["repeat"]["text"] * entry["repeat"]["times"]
    return entry["value"]


VALUES = [raw(entry) for entry in yaml.safe_load(HOSTILE.read_text())["inputs"]]
# Many fields of a million letters are more than a request may hold: then the answer is 400.
VALUES += ["x" * 1_000_000, "9" * 400, "\ufffd", "-1", "true"]
# The address, its own arguments, and the fields.
FORMS = {
    "task_plan": ["assignee", "due_on"],
    "task_checklist": ["item", "shown", "page"],
    "task_done": ["page"],
    "task_reopen": ["page"],
    "task_drop": ["reason"],
    "task_note": ["text"],
    "task_note_correct": ["text", "was"],
    "task_attach": ["upload"],
    "own_task_new": ["title", "assignee", "due_on", "attempt"],
    "gate_decide": [
        "outcome",
        "despite",
        "reasons",
        "conditions",
        "decided_by",
        "reference",
        "decided_on",
        "next_starts_on",
        "go",
        "reason",
        "preview",
        "attempt",
    ],
    "gate_sign": ["role", "password"],
    "gate_copy": ["role", "name", "upload"],
    "gate_correct": ["correction", "outcome", "reasons", "decided_by", "decided_on", "reason"],
}


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


def fields_of(client: Client, name: str, value) -> dict:
    fields = dict.fromkeys(FORMS[name], value)
    for word in ("go", "reason"):
        if name.startswith("gate") and word in fields:
            fields[f"{word}_{client.participant.pk}"] = fields.pop(word)
    return fields


@pytest.mark.parametrize("name", FORMS)
def test_hostile_values_get_an_answer(place, name):
    client, address = place
    for value in VALUES:
        cache.clear()
        fields = fields_of(client, name, value)
        answer = client.post(address(name), fields)
        assert answer.status_code in (200, 303, 400, 404, 422), value[:40]
        assert b"<script>alert" not in answer.content
        fields.pop("attempt", None)
        fields.pop("preview", None)
        assert client.post(address(name), fields).status_code in (200, 303, 400, 422), value[:40]


@pytest.mark.parametrize("name", FORMS)
def test_random_values_get_an_answer(place, name):
    client, address = place

    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries({field: st.text(max_size=60) for field in FORMS[name]}))
    def post(typed):
        cache.clear()
        fields = fields_of(client, name, "")
        for field, text in zip(fields, typed.values(), strict=True):
            fields[field] = text.encode("utf-8", "replace").decode("utf-8")
        assert client.post(address(name), fields).status_code in (200, 303, 404, 422)

    post()


@pytest.mark.parametrize("name", ["gate_decide", "task_note", "own_task_new"])
def test_bytes_that_are_no_text_get_an_answer(place, name):
    client, address = place
    body = "&".join(f"{field}=%ED%A0%80%FE%FF%00" for field in fields_of(client, name, ""))

    answer = client.post(
        address(name), body.encode(), content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code in (404, 422)


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
        answer = client.post(address(form), {"upload": upload, "role": "buyer", "name": "Per"})
        assert answer.status_code in (303, 422)
