"""Writing the next edition of a handbook, from a draft to its publication."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from handbook import versions
from handbook.draftchecks import findings
from handbook.exporting import manuscript_of
from handbook.loading import publish_manuscript
from handbook.manuscript import Manuscript
from handbook.models import Draft, Edition, Handbook, Suggestion
from handbook.refusals import EditionRefused, StaleDraft
from handbook.sections import (
    Kind,
    Section,
    SectionMissing,
    Whole,
    add,
    find,
    keys,
    moved,
    place_of,
    place_phase,
    place_step,
    put,
    put_aside,
    revision_of,
    take_back,
    with_its_paper,
    within,
)
from handbook.states import EditionState, SuggestionState
from journal.record import record

if TYPE_CHECKING:
    from teams.models import User


@transaction.atomic(durable=True)
def begin_draft(*, edition: Edition, version: str, by: User, at: datetime) -> Draft:
    """Begin the next edition from a published one, with the suggestions that were accepted for
    it. A handbook has one open draft at a time."""
    handbook = Handbook.objects.select_for_update().get(pk=edition.handbook_id)
    if handbook.drafts.open().exists():
        raise EditionRefused(_("This handbook already has a draft that is being written."))
    edition = Edition.objects.get(pk=edition.pk)
    if edition.state != EditionState.PUBLISHED:
        raise EditionRefused(_("Begin from the published edition; this one has been replaced."))
    known = handbook.editions.values_list("version", flat=True)
    _later(version, known)
    base = manuscript_of(edition, corrected=True).data
    whole = base | {"book": versions.renumbered(base["book"], version)}
    draft = Draft.objects.create(
        handbook=handbook,
        based_on=edition,
        version=version,
        whole=whole,
        base=base,
        begun_by=by,
        begun_at=at,
        saved_by=by,
        saved_at=at,
    )
    facts = {"version": version, "from": edition.version, "build": edition.build}
    record(handbook, "draft.begun", by=by, at=at, about=draft, facts=facts)
    accepted = Suggestion.objects.about(handbook).filter(state=SuggestionState.ACCEPTED)
    accepted.filter(taken_into=None).update(taken_into=draft)
    return draft


def _later(version: str, known: Any) -> None:
    latest = max(known, key=versions.order)
    if versions.order(version) <= versions.order(latest):
        raise EditionRefused(
            _("The version must be later than %(latest)s.") % {"latest": latest}, code="version"
        )


@transaction.atomic(durable=True)
def save_section(
    *,
    draft: Draft,
    section: Section,
    data: dict[str, Any],
    started_from: str,
    by: User,
    at: datetime,
) -> Draft:
    """Put what was written in the section's place. Nothing changed is not saved again.

    `started_from` is the revision that the writer had before them; when the section has another
    now, the save is refused as stale.
    """
    draft = opened(draft)
    part_of(draft, section)
    new = put(draft.whole, section, data)
    if new == draft.whole:
        return draft
    before = revision_of(draft.whole, section)
    if started_from != before:
        raise StaleDraft(
            _(
                "Somebody else has saved this part while you were writing. Both texts are shown"
                " below and yours is kept; saving again replaces what is saved."
            )
        )
    facts = {"section": section.path, "was": before, "revision": revision_of(new, section)}
    _keep(draft, new, "draft.saved", facts, by=by, at=at)
    return draft


@transaction.atomic(durable=True)
def add_part(
    *, draft: Draft, kind: Kind, title: str, phase: str = "", by: User, at: datetime
) -> Section:
    """A new phase (after the one named), step (last in the phase) or paper, with its title.

    The same again, before anything was written in it, gives it back.
    """
    draft = opened(draft)
    if phase:
        part_of(draft, Section(Kind.PHASE, phase))
    taken = set(keys(draft.base))
    for one in draft.aside:
        taken |= {Section.at(one["path"]).key, *keys(within(one))}
    new, section = add(
        draft.whole,
        kind,
        title=title,
        language=draft.source_language,
        taken=taken,
        phase=phase,
    )
    if new != draft.whole:
        _keep(draft, new, "draft.added", {"section": section.path}, by=by, at=at)
    return section


@transaction.atomic(durable=True)
def move_part(
    *,
    draft: Draft,
    section: Section,
    step: int = 0,
    stood: str = "",
    phase: str = "",
    index: int = 0,
    by: User,
    at: datetime,
) -> Draft:
    """One place up or down (`step`), or to a place: `index` among the phases or in a phase.

    What does not stand any more where the person saw it (`stood`) is not moved one place.
    """
    draft = opened(draft)
    part_of(draft, section)
    if step:
        is_there = place_of(draft.whole, section) == stood
        new = moved(draft.whole, section, step) if is_there else draft.whole
    elif section.kind == Kind.PHASE:
        new = place_phase(draft.whole, section.key, index)
    else:
        part_of(draft, Section(Kind.PHASE, phase))
        new = place_step(draft.whole, section.key, phase, index)
    if new != draft.whole:
        _keep(draft, new, "draft.moved", {"section": section.path}, by=by, at=at)
    return draft


@transaction.atomic(durable=True)
def put_part_aside(*, draft: Draft, section: Section, by: User, at: datetime) -> Draft:
    """Take a part out of the edition; it is kept and can be taken back. Once is enough."""
    draft = opened(draft)
    if any(one["path"] == section.path for one in draft.aside):
        return draft
    part_of(draft, section)
    new, taken = put_aside(draft.whole, section)
    aside = [*draft.aside, taken | {"at": at.isoformat()}]
    _keep(draft, new, "draft.put_aside", {"section": section.path}, aside=aside, by=by, at=at)
    return draft


@transaction.atomic(durable=True)
def take_part_back(*, draft: Draft, section: Section, by: User, at: datetime) -> Draft:
    """Put a part back where it stood, or as near as can be."""
    draft = opened(draft)
    back = next((one for one in draft.aside if one["path"] == section.path), None)
    if back is None:
        part_of(draft, section)
        return draft
    new = take_back(draft.whole, back)
    aside = [with_its_paper(one, back) for one in draft.aside if one["path"] != section.path]
    _keep(draft, new, "draft.taken_back", {"section": section.path}, aside=aside, by=by, at=at)
    return draft


@transaction.atomic(durable=True)
def throw_draft_away(*, draft: Draft, by: User, at: datetime) -> None:
    """Stop writing: the draft and everything in it is gone. The event stays."""
    Handbook.objects.select_for_update().get(pk=draft.handbook_id)
    draft = opened(draft)
    facts = {"version": draft.version, "from": draft.based_on.version}
    record(draft.handbook, "draft.thrown_away", by=by, at=at, about=draft, facts=facts)
    # What was accepted is accepted still, into whatever comes next.
    draft.accepted_suggestions.update(taken_into=None)
    draft.delete()


@transaction.atomic(durable=True)
def publish_draft(
    *,
    draft: Draft,
    changelog: dict[str, str],
    started_from: str,
    looked_at: Edition | None = None,
    by: User,
    at: datetime,
) -> Edition:
    """Check everything and freeze it as an edition, which new cases begin on from now on.

    `started_from` is the revision of the whole draft that was looked over; when it has another
    now, publishing is refused as stale: what nobody has looked over is not published. So it is
    when another edition than the draft was begun from is the published one, unless it was
    `looked_at`: what it changed is in the draft only where somebody wrote it there.
    """
    handbook = Handbook.objects.select_for_update().get(pk=draft.handbook_id)
    draft = opened(draft)
    if started_from != draft.revision:
        raise StaleDraft(
            _(
                "The draft has changed since you opened this page. Nothing is published yet, and"
                " what you wrote is kept: look at what the draft changes now, and publish again."
            )
        )
    newer = draft.based_on.newer()
    if newer and newer != looked_at:
        raise StaleDraft(
            _(
                "Edition %(version)s, build %(build)s, has come since the draft was begun. Nothing"
                " is published yet, and what you wrote is kept: look at what it changed, and"
                " publish again."
            )
            % {"version": newer.version, "build": newer.build}
        )
    known = handbook.editions.values_list("version", flat=True)
    _later(draft.version, known)
    if findings(draft.whole, draft.base):
        raise EditionRefused(_("Something in the draft must be put right first; see the list."))
    manuscript = Manuscript(**draft.whole)
    edition = publish_manuscript(handbook, manuscript, changelog=changelog, by=by, at=at)
    draft.edition = edition
    draft.save(update_fields=["edition"])
    return edition


def opened(draft: Draft) -> Draft:
    """The draft as it is now, locked; refused when it has been published or thrown away."""
    found = (
        Draft.objects.select_for_update(of=("self",))
        .select_related("handbook", "based_on")
        .filter(pk=draft.pk)
        .first()
    )
    if found is None:
        raise EditionRefused(_("The draft has been thrown away."))
    if found.edition_id:
        raise EditionRefused(
            _("Edition %(version)s has already been published.") % {"version": found.version}
        )
    return found


def part_of(draft: Draft, section: Section) -> dict[str, Any]:
    """What the section holds; refused when it is no longer there."""
    try:
        return find(draft.whole, section)
    except SectionMissing:
        raise EditionRefused(_("This part is no longer in the draft.")) from None


def _keep(
    draft: Draft,
    whole: Whole,
    verb: str,
    facts: dict[str, Any],
    *,
    aside: list[dict[str, Any]] | None = None,
    by: User,
    at: datetime,
) -> None:
    # At one stroke: PostgreSQL locks all that a row points at when it is written twice, and whoever
    # has locked the handbook may be waiting for us.
    others = {} if aside is None else {"aside": aside}
    draft.keep(whole, saved_by=by, saved_at=at, **others)
    record(draft.handbook, verb, by=by, at=at, about=draft, facts=facts)
