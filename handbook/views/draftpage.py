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
    title_alone,
)
from handbook.models import Draft, Edition, Handbook, Suggestion
from handbook.sections import (
    Section,
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
