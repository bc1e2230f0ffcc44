from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.written import written
from handbook.purposes import Context
from journal.record import record
from procurements.refusals import TransitionRefused
from procurements.reminding import USUAL
from procurements.states import (
    CASE_MOVES,
    ENDED,
    RUN_THE_CASE,
    CaseState,
    GateOutcomeChoice,
    LegalTrack,
    Role,
)
from teams.models import Invite, Organisation, Team
from teams.models.holding import Holding, HoldingQuerySet
from teams.models.invitation import InviteQuerySet, administrators

if TYPE_CHECKING:
    from procurements.models.phase import CasePhase
    from teams.models import User

FIRST_NUMBER = 1001


class Numbering(models.Model):
    """The last number given in a series. A number is never given twice, also when its case is
    thrown away. Retention: log."""

    series = models.CharField(max_length=20, unique=True)
    last = models.PositiveIntegerField(default=FIRST_NUMBER - 1)

    def __str__(self) -> str:
        return f"{self.series} {self.last}"

    @classmethod
    def next(cls, series: str) -> int:
        """The next number of the series. Call within an operation."""
        cls.objects.get_or_create(series=series)
        numbering = cls.objects.select_for_update().get(series=series)
        numbering.last += 1
        numbering.save(update_fields=["last"])
        return numbering.last


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User, *, on: date | None = None) -> CaseQuerySet:
        """Cases the person may know of: by a role of their own, or as administrator of the
        authority (or of what it is part of) once the case is no longer a draft."""
        on = on or timezone.localdate()
        own = CaseRole.objects.on(on).filter(user=user).values("case")
        administered = Organisation.objects.administered_by(user, on=on).values("pk")
        return self.filter(
            Q(pk__in=own) | (~Q(state=CaseState.DRAFT) & Q(authority__in=administered))
        )

    def held_by(self, user: User, *, on: date) -> CaseQuerySet:
        """Cases in which the person has a role of their own."""
        return self.filter(pk__in=CaseRole.objects.on(on).filter(user=user).values("case"))


class Case(models.Model):
    """The whole, from a need to its diffusion: one run of one edition. Retention: case."""

    number = models.PositiveIntegerField(_("number"), unique=True, editable=False)
    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(_("summary"), max_length=400, blank=True)
    question = models.CharField(_("the challenge as a question"), max_length=300, blank=True)
    diary_number = models.CharField(_("diary number"), max_length=40, blank=True)
    authority = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="cases", verbose_name=_("authority")
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="cases"
    )
    edition = models.ForeignKey("handbook.Edition", on_delete=models.PROTECT, related_name="cases")
    context = models.CharField(max_length=10, choices=Context.choices)
    legal_track = models.CharField(
        max_length=20, choices=LegalTrack.choices, default=LegalTrack.UNDECIDED
    )
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.DRAFT)
    state_reason = models.TextField(blank=True)
    planned_start_on = models.DateField(_("planned start"))
    # The steps at which people are reminded of the days of the case; empty: never.
    rhythm = models.CharField(_("reminders"), max_length=40, blank=True, default=USUAL)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    # Of the form it was started with, so that a second press gives the same case.
    start_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CaseState.values), name="case_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(context__in=Context.values), name="case_context_is_known"
            ),
            models.CheckConstraint(
                condition=Q(legal_track__in=LegalTrack.values), name="case_legal_track_is_known"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="case_has_a_title"),
            models.CheckConstraint(
                condition=Q(started_on__isnull=True)
                | Q(ended_on__isnull=True)
                | Q(ended_on__gte=F("started_on")),
                name="case_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.DRAFT) | Q(started_on=None),
                name="draft_has_not_begun",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ENDED) | Q(ended_on__isnull=False),
                name="case_that_is_over_has_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.PAUSED) | ~Q(state_reason=""),
                name="paused_case_says_why",
            ),
            models.UniqueConstraint(
                fields=["authority", "diary_number"],
                condition=~Q(diary_number=""),
                name="diary_number_is_unique_in_its_authority",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("case", args=[self.number])

    @property
    def reference(self) -> str:
        """What papers call the case: the authority's own number, else ours."""
        return self.diary_number or f"U-{self.number}"

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    def was_shown_to_others(self) -> bool:
        """Whether anybody but its maker has had a role in it, or been invited."""
        others = self.roles.exclude(user=self.created_by_id).order_by().values("pk")
        invited = self.invitations.order_by().values("pk")
        return others.union(invited, all=True).exists()

    def roles_on(self, day: date) -> list[CaseRole]:
        """Every role held in the case on a day, with its person; asked once per instance."""
        known: dict[date, list[CaseRole]] = self.__dict__.setdefault("_roles", {})
        if day not in known:
            known[day] = _roles(case_id=self.pk, on=day)
            for held in known[day]:
                held.case = self
        return known[day]

    def roles_of(self, user: User, *, on: date | None = None) -> frozenset[str]:
        """The person's roles in the case on a day (today)."""
        held = self.roles_on(on or timezone.localdate())
        return frozenset(role.role for role in held if role.user_id == user.pk)

    def has_role(self, user: User, *roles: str) -> bool:
        return not self.roles_of(user).isdisjoint(roles)

    @cached_property
    def phases_in_order(self) -> list[CasePhase]:
        """Every run of every phase, first to last, with its handbook phase and secrecy window."""
        runs = _phases(case_id=self.pk)
        for run in runs:
            run.case = self
        return runs

    def run_after(self, run: CasePhase) -> CasePhase | None:
        """The run after one: another attempt at its phase, or the next phase."""
        later = (
            one
            for one in self.phases_in_order
            if (one.number, one.attempt) > (run.number, run.attempt)
        )
        return next(later, None)

    @property
    def current_phase(self) -> CasePhase | None:
        """The phase being worked in (or waited for, once its start day is set)."""
        going = [run for run in self.phases_in_order if run.is_going]
        return going[-1] if going else None

    @property
    def has_own_reason(self) -> bool:
        """Whether somebody wrote why the case rests or was stopped; what was decided at a gate has
        the reasons of its decision."""
        if self.state != CaseState.STOPPED:
            return self.state == CaseState.PAUSED
        stopped_at_gate = self.phases.filter(
            decisions__outcome=GateOutcomeChoice.STOP, decisions__took_effect_at__isnull=False
        )
        return not stopped_at_gate.exists()

    def can_move_to(self, state: str) -> bool:
        return state in CASE_MOVES[self.state]

    def move_to(self, state: str, *, by: User, at: datetime, reason: str = "") -> None:
        """Change state along the map and record the event. Call within an operation."""
        if not self.can_move_to(state):
            raise TransitionRefused(
                _(
                    "That cannot be done as the case stands now, and nothing is changed. "
                    "Load the page anew to see how it stands."
                )
            )
        texts = {"reason": reason} if reason else {}
        record(
            self, "case.moved", by=by, at=at, facts={"was": self.state, "now": state}, texts=texts
        )
        self.state = state
        self.state_reason = reason
        self.save(update_fields=["state", "state_reason"])


class LegalAssessment(models.Model):
    """The questions behind the choice of legal track, answered by someone at one moment, with
    reasons (law.md section 1, LOU 1:5). A new answer is a new row. Retention: case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="legal_assessments")
    track = models.CharField(max_length=20, choices=LegalTrack.choices)
    proposed_track = models.CharField(max_length=20, choices=LegalTrack.choices)
    # [{"question": "rd_cpv", "answer": "yes|no|unsure", "reason": "…"}], also the CPV code
    # ("cpv"), the parts of the value and the day of the call, without a reason.
    answers = models.JSONField(default=list)
    estimated_value = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    reasons = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(track__in=LegalTrack.values) & Q(proposed_track__in=LegalTrack.values),
                name="assessed_legal_track_is_known",
            ),
            models.CheckConstraint(
                condition=Q(estimated_value__isnull=True) | Q(estimated_value__gte=0),
                name="estimated_value_is_not_negative",
            ),
            models.CheckConstraint(condition=~Q(reasons=""), name="assessment_says_why"),
        ]

    def __str__(self) -> str:
        return self.get_track_display()

    def answer_to(self, question: str) -> str:
        """The answer as it is kept, empty when the question was not answered."""
        found = (row["answer"] for row in self.answers if row["question"] == question)
        return next(found, "")


@written
def _roles(*, case_id: int, on: date) -> models.QuerySet[CaseRole]:
    return CaseRole.objects.on(on).filter(case=case_id).select_related("user")


@written
def _phases(*, case_id: int) -> models.QuerySet[CasePhase]:
    runs = Case(pk=case_id).phases.all()
    return runs.select_related("phase", "round").order_by("number", "attempt")


# Of roles, those that let their holder see suppliers (`sight.trusted_of` says it of rows).
TRUSTED = Q(is_engagement=False) | Q(undertaking_on__isnull=False) & ~Q(interests="")


class CaseRoleQuerySet(HoldingQuerySet["CaseRole"]):
    def trusted(self) -> CaseRoleQuerySet:
        """Those whose holder may see suppliers."""
        return self.filter(TRUSTED)

    def irreplaceable(self, day: date) -> CaseRoleQuerySet:
        """Roles of owners whose case would have no owner from the day without them."""
        others = CaseRole.objects.filter(
            case=OuterRef("case"),
            role=Role.OWNER,
            until_on=None,
            from_on__lte=day,
            user__is_active=True,
        ).exclude(user=OuterRef("user"))
        return self.filter(~Exists(others), role=Role.OWNER)


class CaseRole(Holding):
    """A person's role in a case, from a day and maybe to a day. For someone outside the authority
    it is an *engagement*: with an undertaking of secrecy and declared interests.

    Retention: case.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="case_roles"
    )
    role = models.CharField(max_length=20, choices=Role.choices)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    is_engagement = models.BooleanField(default=False)
    undertaking_on = models.DateField(null=True, blank=True)
    interests = models.TextField(blank=True)

    objects = CaseRoleQuerySet.as_manager()

    class Meta:
        ordering = ["from_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="case_role_is_known"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="case_role_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["case", "user", "role"],
                condition=Q(until_on__isnull=True),
                name="one_open_case_role_of_a_kind",
            ),
        ]
        # Whether whom a row names is in its case is asked of every row: of somebody who is in
        # hundreds of cases not all of these are to be looked through each time.
        indexes = [models.Index(fields=["case", "user"], name="case_role_by_case_and_user")]

    def __str__(self) -> str:
        return self.get_role_display()


class CaseInvitation(Invite):
    """An invitation by e-mail to take a role in a case; single use, expires. Retention: case."""

    letter_kind = "mail.case_invitation"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20, choices=Role.choices)
    is_engagement = models.BooleanField(default=False)

    objects = InviteQuerySet.as_manager()

    class Meta:
        ordering = ["-invited_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="invited_case_role_is_known"
            ),
            models.UniqueConstraint(
                fields=["case", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="case_invitation_waits_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="case_invitation_has_one_end",
            ),
        ]

    @property
    def place(self) -> Case:
        return self.case

    @classmethod
    def sender_answers(cls, on: date) -> Q:
        """Whether who sent it runs the case, or looks after the authority that it is of."""
        runs = CaseRole.objects.on(on).filter(
            case=OuterRef("case"),
            user=OuterRef("invited_by"),
            user__is_active=True,
            role__in=RUN_THE_CASE,
        )
        return Q(Exists(runs)) | Q(Exists(administrators("case__authority", on=on)))
