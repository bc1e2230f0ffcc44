"""Handbooks for tests: the shipped ones, read and checked once per process."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from handbook.loading import load_edition
from handbook.manuscript import Manuscript, read_manuscript
from handbook.models import Edition
from handbook.shipped import CONTENT
from outbox.models import Message
from teams.models import User

METHOD = "demand-acceleration"
OTHER_METHOD = "pcp-three-phase"
LOADED_AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


@cache
def shipped(key: str = METHOD) -> Manuscript:
    return read_manuscript(CONTENT / key)


@cache
def short() -> Manuscript:
    """The other method cut down to two phases of two steps with their papers.

    It passes the checks as the whole one does, for tests that read all of it again and again.
    """
    whole = shipped(OTHER_METHOD)
    phases = [phase | {"steps": phase["steps"][:2]} for phase in whole.phases[:2]]
    kept = [phase["key"] for phase in phases]
    templates = [
        template | {"phases": [key for key in template["phases"] if key in kept]}
        for template in whole.templates
        if set(template["phases"]) & set(kept)
    ]
    return replace(
        whole,
        phases=phases,
        templates=templates,
        bodies={template["key"]: whole.bodies[template["key"]] for template in templates},
        criteria=whole.criteria
        | {"phases": [one for one in whole.criteria["phases"] if one["phase"] in kept]},
    )


def loaded(manuscript: Manuscript | None = None) -> Edition:
    """The edition of a manuscript, published by the system; the shipped method if none is given.

    Its PDFs are not made: that takes many seconds, and few tests are about them.
    """
    edition = load_edition(
        manuscript=manuscript or shipped(), by=User.objects.system(), at=LOADED_AT
    )
    Message.objects.waiting().filter(kind="handbook.print").update(done_at=LOADED_AT)
    return edition
