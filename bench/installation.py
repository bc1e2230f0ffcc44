"""An empty installation in the folder that UPPTAKT_VAR names, and papers to make in it."""

from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from documents.models import Document, Revision
from documents.source import Source
from outbox.models import Message
from teams.models import Organisation, OrganisationKind, User

TEMPLATE = (Path(__file__).parent / "paper.liquid").read_text()
WORDS = (
    "The suppliers of the phase met the people who will use what comes of it, tried their first "
    "drawings on them, and wrote down what held and what did not. "
)


def make_tables() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def an_organisation() -> Organisation:
    return Organisation.objects.create(name="Mätstads kommun", kind=OrganisationKind.MUNICIPALITY)


def a_source(number: int, *, phases: int) -> Source:
    """Four phases make nine pages; the number makes each source another."""
    suppliers = [
        {"name": f"Supplier {n} AB", "place": n, "went_on": n < 6, "why": WORDS[: 40 + 5 * n]}
        for n in range(1, 13)
    ]
    data: dict[str, Any] = {
        "organisation": {"name": "Mätstads kommun"},
        "case": {"title": "A case to measure", "reference": f"M {number}"},
        "phases": [
            {
                "title": f"Phase number {n}",
                "about": WORDS * 2,
                "paragraphs": [WORDS * 3, WORDS * 4, WORDS * 2],
                "suppliers": suppliers,
            }
            for n in range(1, phases + 1)
        ],
    }
    return Source(
        language="en",
        template_text=TEMPLATE,
        data=data,
        edition_title="A handbook to measure",
        edition_version="1.0",
        licence="CC BY 4.0",
        frame={"title": "A case to measure", "kind": "Report", "reference": f"M {number}"},
    )


def a_document(organisation: Organisation) -> Document:
    return Document.objects.open(
        organisation=organisation, key="measured", purpose="other", title="Report", language="en"
    )


@transaction.atomic(durable=True)
def order(document: Document, source: Source, *, by: User) -> Revision:
    return document.order(source, by=by, at=timezone.now())


def promise_of(revision: Revision) -> Message:
    return Message.objects.get(kind="document.render", subject=str(revision.pk))
