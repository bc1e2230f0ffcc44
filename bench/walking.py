"""Every address of the house that somebody can open in a seeded installation, and its queries."""

import json
import re
from collections.abc import Iterator
from typing import Any

import django

django.setup()

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment
from django.urls import reverse

from handbook.models import Draft, Handbook, Suggestion
from outbox.tasks import remember_sweep
from procurements.models import Case, Deadline, GateDecision, GateSignature
from teams.models import Invitation, User
from tests.matrix.addresses import addresses

# Addresses that end what the walk needs.
NEVER = {"account_logout"}


def walk(email: str, number: str) -> None:
    """Print how many queries each page takes, by the name of its address, as one JSON object."""
    setup_test_environment()
    client, user = Client(), User.objects.get(email=email)
    client.force_login(user)
    print(json.dumps(dict(counted(client, Case.objects.get(number=number), user))))


def counted(client: Client, case: Case, user: User) -> Iterator[tuple[str, int]]:
    """The queries of each page, the second time it is opened; by nobody, where it is not for the
    person."""
    # As where beat is at work: /readyz asks for it.
    remember_sweep()
    for name, route in addresses().items():
        known = rows_of(name, case, user)
        names = re.findall(r"<(?:\w+:)?(\w+)>", route)
        if name in NEVER or any(known.get(one) is None for one in names):
            continue
        url = reverse(name, args=[known[one] for one in names])
        reader = next((one for one in (client, Client()) if opened(one, url) == 200), None)
        if reader:
            with CaptureQueriesContext(connection) as asked:
                opened(reader, url)
            yield name, len(asked)


def opened(client: Client, url: str) -> int:
    """The status of the page; a file is read to its end, which closes it."""
    answer = client.get(url)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


def rows_of(name: str, case: Case, user: User) -> dict[str, Any]:
    """What the parts of an address stand for in this installation, by what they are called."""
    decision = first(GateDecision.objects.filter(case_phase__case=case))
    run = decision.case_phase if decision else case.current_phase
    assert run is not None
    if name == "window_roles":
        return {"number": case.number, "key": (case.current_phase or run).phase.key}
    task = first(run.tasks.exclude(notes=None)) or first(run.tasks)
    paper = first(case.papers)
    membership = first(user.memberships.filter(role="administrator"))
    suppliers = case.participants.filter(
        state="withdrawn" if name.endswith(("withdraw_correct", "withdraw_undo")) else "in"
    )
    invitations = Invitation.objects.filter(organisation=membership.organisation)
    tokens = case.invitations if name.startswith("case") else invitations
    if name == "calendar_feed":
        tokens = user.feeds
    edition = case.edition
    if name.startswith("suggestion"):
        return {"pk": pk_of(Suggestion.objects.filter(by=user))}
    if name.startswith("handbook"):
        return {
            "key": edition.handbook.key, "version": edition.version, "phase": run.phase.key,
            "language": "sv", "part": "papers", "step": first(run.phase.steps).key,
        }  # fmt: skip
    if name.startswith(("draft", "correct")):
        draft = Draft.objects.open().get()
        whole = draft.whole
        steps = whole["phases"][0]["steps"]
        other = first(Handbook.objects.exclude(pk=draft.handbook_id))
        return {
            "key": (other if name == "draft_begin" else draft.handbook).key,
            "kind": "step",
            "part": (whole["templates"] if "paper" in name else steps)[0]["key"],
            "phase": whole["phases"][0]["key"],
        }
    if "team" in name:
        pk = user.memberships.exclude(team=None).values_list("team", flat=True).first()
    elif "role" in name:
        pk = membership.pk
    elif name == "close_account":
        pk = user.pk
    elif "invitation" in name:
        pk = first(invitations).pk
    else:
        pk = membership.organisation_id
    return {
        "number": case.number,
        "pk": pk,
        "key": run.phase.key,
        "phase": run.phase.key,
        "template": first(run.phase.templates.filter(serves="phase_decision")).key,
        "run": case.phases.last().pk,
        "role": first(case.roles).pk,
        "invitation": pk_of(case.invitations),
        "token": getattr(first(tokens), "token", None),
        "task": task.pk,
        "deadline": pk_of(Deadline.objects.filter(case_phase__case=case)),
        "note": pk_of(task.notes),
        "file": pk_of(task.evidence),
        "decision": getattr(decision, "pk", None),
        "signature": pk_of(GateSignature.objects.filter(decision=decision)),
        "participant": pk_of(suppliers),
        "insight": 1,
        "version": 2,
        "paper": getattr(paper, "pk", None),
        "revision": 1,
        "code": "7Q2MZ-8R4K1-W9X3T-5B6VH",
    }


def first(rows: Any) -> Any:
    return rows.order_by("pk").first()


def pk_of(rows: Any) -> int | None:
    return getattr(first(rows), "pk", None)
