from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from handbook.models.draft import Draft
from handbook.models.edition import Edition, Handbook
from handbook.refusals import SuggestionRefused
from handbook.states import SUGGESTION_MOVES, SuggestionState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from teams.models import User

TEXT_MOST = 5_000
REASON_MOST = 2_000


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """One's own, and those about handbooks that one is an editor of."""
        if not user.is_authenticated:
            return self.none()
        edited = Handbook.objects.edited_by(user)
        return self.filter(Q(by=user) | Q(edition__handbook__in=edited))

    def about(self, handbook: Handbook, part: str | None = None) -> Self:
        """Those about any edition of the handbook, or about one part of it: by its key a step is
        the same in every edition."""
        found = self.filter(edition__handbook=handbook)
        return found if part is None else found.filter(part=part)

    def waiting(self) -> Self:
        return self.filter(state=SuggestionState.WAITING)


class Suggestion(models.Model):
    """What somebody wants to be better in an edition, and what the editors answered.

    It is about a part (`step:key`), or about the whole when `part` is empty, in the words of one
    language. It knows no case, also where it was thought of in one: the editors work elsewhere.
    An accepted one may name the draft that it was taken into. Retention: handbook.
    """

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="suggestions")
    part = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=10)
    text = models.TextField(max_length=TEXT_MOST)
    reason = models.TextField(max_length=REASON_MOST)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="suggestions")
    at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=SuggestionState.choices, default=SuggestionState.WAITING
    )
    answer = models.TextField(max_length=TEXT_MOST, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    taken_into = models.ForeignKey(
        Draft, models.PROTECT, related_name="accepted_suggestions", null=True, blank=True
    )

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SuggestionState.values), name="suggestion_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", answered_at=None, answered_by=None)
                | (~Q(state="waiting") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="suggestion_is_answered_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(answer=""),
                name="suggestion_is_declined_with_reasons",
            ),
            models.CheckConstraint(
                condition=Q(taken_into=None) | Q(state="accepted"),
                name="suggestion_is_taken_into_when_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(reason=""), name="suggestion_has_words"
            ),
        ]
        indexes = [models.Index(fields=["state", "-at"], name="suggestion_by_state")]

    def __str__(self) -> str:
        return self.text[:60]

    def get_absolute_url(self) -> str:
        return reverse("suggestion", args=[self.pk])

    @property
    def is_waiting(self) -> bool:
        return self.state == SuggestionState.WAITING

    @property
    def part_key(self) -> str:
        return self.part.partition(":")[2]

    def can_move_to(self, state: SuggestionState) -> bool:
        return state in SUGGESTION_MOVES[SuggestionState(self.state)]

    def move_to(self, state: SuggestionState, *, by: User, at: datetime, **fields: Any) -> None:
        """Answer it. Call within an operation, which keeps the event."""
        if not self.can_move_to(state):
            raise SuggestionRefused(_("The suggestion has been answered already."), "answered")
        self.state, self.answered_by, self.answered_at = state, by, at
        for name, value in fields.items():
            setattr(self, name, value)
        self.save()
