"""The handbook and its open draft, as every page of those who write it begins."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from handbook.differences import (
    LANGUAGE_NAMES,
    Change,
    Difference,
    differences,
    differs_beside,
    rows,
    title_alone,
    unheard,
)
from handbook.exporting import manuscript_of
from handbook.models import Draft, Edition, Handbook, Suggestion
from handbook.sections import (
    Section,
    sections,
)
from handbook.tree import progress, tree_of
from teams.models import User
from teams.views.base import SignedInMixin


class HandbookMixin(SignedInMixin):
    """The handbook that the address names, for those who write it: others see nothing here."""

    permission = "handbook.edit_handbook"
    handbook: Handbook

    def load(self, user: User, **kwargs: Any) -> Handbook:
        self.handbook = get_object_or_404(Handbook.objects.edited_by(user), key=kwargs["key"])
        return self.handbook

    @cached_property
    def current(self) -> Edition:
        edition = Edition.objects.current().filter(handbook=self.handbook).first()
        if edition is None:
            raise Http404
        return edition


class DraftMixin(HandbookMixin):
    """The open draft of the handbook."""

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        drafts = Draft.objects.open().select_related("handbook", "based_on", "saved_by")
        self.draft = get_object_or_404(drafts, handbook=handbook)
        return handbook

    @property
    def source(self) -> str:
        return self.draft.source_language


class DraftPage(DraftMixin):
    """A whole page about the draft: its head, and the tree of its parts."""

    here: Section | None = None

    @cached_property
    def found(self) -> list[Difference]:
        return differences(self.draft.base, self.draft.whole)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        draft = self.draft
        gone = sum(one.change == Change.GONE for one in self.found)
        others = [one for one in draft.based_on.languages if one != self.source]
        return {
            "draft": draft,
            "book_title": draft.whole["book"]["title"][self.source],
            "tree": tree_of(draft.whole, self.found, self.source, draft.address_of, self.here),
            "counts": {"changed": len(self.found) - gone, "gone": gone},
            "suggested": Suggestion.objects.about(self.handbook).waiting().count(),
            "translations": [
                (LANGUAGE_NAMES[one], progress(draft.whole, draft.base, self.source, one).per_cent)
                for one in others
            ],
        } | context

    @cached_property
    def newer(self) -> Edition | None:
        """The edition that has taken the place of the one that the draft was begun from."""
        return self.draft.based_on.newer()

    def told_of_newer(self) -> dict[str, Any]:
        """What of a newer edition is not in the draft, and would be lost when it is published."""
        if self.newer is None:
            return {}
        base, whole = self.draft.base, self.draft.whole
        now = manuscript_of(self.newer, corrected=True).data
        known = set(sections(whole))
        return {
            "newer": self.newer,
            "differs_beside": differs_beside(base, now),
            "newer_parts": [
                {
                    "kind": one.section.kind.label,
                    "change": one.change,
                    "title": self.whole_title(
                        base if one.change == Change.GONE else now, one.section
                    ),
                    "address": self.draft.address_of(one.section) if one.section in known else "",
                    "rows": [] if one.change == Change.GONE else rows(base, now, one.section),
                }
                for one in unheard(base, now, whole)
            ],
        }

    def section_row(self, one: Difference) -> dict[str, Any]:
        whole = self.draft.base if one.change == Change.GONE else self.draft.whole
        return {
            "section": one.section,
            "kind": one.section.kind.label,
            "change": one.change,
            "title": self.whole_title(whole, one.section),
            "address": "" if one.change == Change.GONE else self.draft.address_of(one.section),
        }

    def whole_title(self, whole: dict[str, Any], section: Section) -> str:
        return title_alone(whole, section, self.source)
