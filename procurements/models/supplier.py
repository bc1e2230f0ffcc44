from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from procurements import countries
from procurements.refusals import Refused, TransitionRefused
from procurements.states import PARTICIPANT_MOVES, ParticipantState
from teams import identity

if TYPE_CHECKING:
    from procurements.models.phase import CasePhase

# Nobody else in a case may have the name or number of one in these states.
HAVE_THEIR_NAMES = (ParticipantState.IN, ParticipantState.DISCARDED)


class ParticipantManager(models.Manager["Participant"]):
    """Without those that were entered by mistake: no list, count or paper tells of them
    (decision 31)."""

    def get_queryset(self) -> models.QuerySet[Participant]:
        return super().get_queryset().exclude(state=ParticipantState.MISTAKEN)

    def still_there(self, participant: Participant) -> Participant:
        """The row as it is now, under the lock of its case. Raises Refused when it was taken away
        meanwhile."""
        rows = self.select_related("admitted_in", "left_in")
        found = rows.filter(pk=participant.pk).first()
        if found is None:
            raise Refused(
                _("%(name)s was entered by mistake and has been taken away meanwhile.")
                % {"name": participant.name}
            )
        return found


class Participant(models.Model):
    """A supplier in a case: in, discarded at a gate, or withdrawn, with reasons. One that withdrew
    and comes in anew in a later run is another row. Of one that was entered by mistake the row is
    kept, and only `everyone` finds it.

    Retention: case.
    """

    case = models.ForeignKey(
        "procurements.Case", on_delete=models.CASCADE, related_name="participants"
    )
    name = models.CharField(_("name"), max_length=120)
    # ISO 3166-1 alpha-2
    country = models.CharField(_("country"), max_length=2, default="SE")
    number = models.CharField(_("organisation number"), max_length=20, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=120, blank=True)
    contact_email = models.EmailField(_("e-mail of the contact person"), blank=True)
    state = models.CharField(
        max_length=10, choices=ParticipantState.choices, default=ParticipantState.IN
    )
    admitted_in = models.ForeignKey(
        "procurements.CasePhase", on_delete=models.PROTECT, related_name="admitted"
    )
    left_in = models.ForeignKey(
        "procurements.CasePhase",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="left",
    )
    left_on = models.DateField(null=True, blank=True)
    left_reason = models.TextField(blank=True)
    is_demo = models.BooleanField(default=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField()

    # The first is the one that cases reach their suppliers by.
    objects: ClassVar[ParticipantManager] = ParticipantManager()
    everyone: ClassVar[models.Manager[Participant]] = models.Manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "case",
                Lower("name"),
                condition=Q(state__in=HAVE_THEIR_NAMES),
                name="supplier_is_once_in_a_case",
            ),
            models.UniqueConstraint(
                fields=["case", "number"],
                condition=~Q(number="") & Q(state__in=HAVE_THEIR_NAMES),
                name="supplier_number_is_once_in_a_case",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ParticipantState.values), name="participant_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state=ParticipantState.IN)
                | (Q(left_in__isnull=False) & ~Q(left_reason="")),
                name="supplier_that_left_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state=ParticipantState.IN, left_in=None, left_on=None, left_reason="")
                | ~Q(state=ParticipantState.IN) & Q(left_on__isnull=False),
                name="supplier_that_left_has_a_day",
            ),
            models.CheckConstraint(
                condition=~Q(state=ParticipantState.MISTAKEN) | Q(left_in=F("admitted_in")),
                name="mistaken_supplier_leaves_where_it_came_in",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="supplier_has_a_name"),
            models.CheckConstraint(condition=~Q(country=""), name="supplier_has_a_country"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def country_name(self) -> str:
        return countries.name_of(self.country)

    @property
    def shown_number(self) -> str:
        """The organisation number as anyone may see it: a sole trader's is masked."""
        return identity.masked(self.number) if self.number else ""

    def withdrew_in(self, run: int | None) -> bool:
        """Whether it left of its own free will in that run (its row's number)."""
        return self.state == ParticipantState.WITHDRAWN and self.left_in_id == run

    @property
    def left_ahead(self) -> bool:
        """Whether it left while the phase it left in waited for its first day, also where that
        never came: asked of that phase, which must be fetched with it."""
        left, on = self.left_in, self.left_on
        return left is not None and (
            left.started_on is None or (on is not None and on < left.started_on)
        )

    def left_before(self, run: CasePhase) -> bool:
        """Whether it had left when a run began: asked of the phase it left in, which must be
        fetched with it."""
        left, at = self.left_in, (run.number, run.attempt)
        if left is None:
            return False
        left_at = (left.number, left.attempt)
        return left_at < at or (left_at == at and self.left_ahead)

    def withdrew_before(self, run: CasePhase) -> bool:
        """Whether it had left of its own free will when a run began, as `left_before`."""
        return self.state == ParticipantState.WITHDRAWN and self.left_before(run)

    def left_after(self, run: CasePhase) -> bool:
        """Whether it left in a run that comes after one: asked of the phase it left in, which must
        be fetched with it."""
        left = self.left_in
        return left is not None and (left.number, left.attempt) > (run.number, run.attempt)

    def takes_part_in(self, run: CasePhase) -> bool:
        """Whether it was admitted by then and had not left before the run began: asked of the
        phases it came in and left in, which must be fetched with it."""
        entered = self.admitted_in
        is_in = (entered.number, entered.attempt) <= (run.number, run.attempt)
        return is_in and not self.left_before(run)

    def can_move_to(self, state: str) -> bool:
        return state in PARTICIPANT_MOVES[self.state]

    def move_to(self, state: str, *, phase: CasePhase, reason: str, on: date) -> None:
        """Leave (or come back) in a phase on a day, with the reason. The caller records the event,
        since what may be told depends on the round. Call within an operation."""
        if not self.can_move_to(state):
            raise TransitionRefused(_("The supplier has already left the case."))
        self.state = state
        if state == ParticipantState.IN:
            self.left_in, self.left_on, self.left_reason = None, None, ""
        else:
            self.left_in, self.left_on, self.left_reason = phase, on, reason
        self.save(update_fields=["state", "left_in", "left_on", "left_reason"])
