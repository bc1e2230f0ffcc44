from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from procurements.reminding import STEPS

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from outbox.models import Message
    from procurements.models.deadline import Deadline
    from procurements.models.phase import CasePhase
    from procurements.models.task import Task

# The kind of its letter in the outbox.
LETTER = "mail.reminder"
MOVED = "moved"
KINDS = (*STEPS, MOVED)
# Exactly one of them says what a reminder is about.
SUBJECTS = ("task", "deadline", "gate")


class Reminder(models.Model):
    """One letter to one person about one day: that it comes, that it has passed, or that it was
    moved. Made when its turn comes, or earlier when somebody holds it. Retention: case."""

    task = models.ForeignKey(
        "procurements.Task", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    deadline = models.ForeignKey(
        "procurements.Deadline", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    gate = models.ForeignKey(
        "procurements.CasePhase", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    case = models.ForeignKey(
        "procurements.Case", on_delete=models.CASCADE, related_name="reminders"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reminders"
    )
    # A step of the rhythm, or that the day was moved.
    kind = models.CharField(max_length=8)
    due_on = models.DateField()
    was_on = models.DateField(null=True, blank=True)
    # The day when its turn came or comes.
    turn_on = models.DateField()
    made_at = models.DateTimeField()
    # How many times it was promised to the outbox: once more each time it is released.
    promises = models.PositiveSmallIntegerField(default=0)
    # Sent at once, whatever the hour, because somebody asked for it.
    is_hurried = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    # Why it was not sent when its turn came: a code of states.PassedOver.
    passed_over = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["turn_on", "pk"]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=[subject, "person", "kind", "due_on"],
                    condition=Q(**{f"{subject}__isnull": False}),
                    name=f"one_reminder_of_a_{subject}",
                )
                for subject in SUBJECTS
            ),
            models.CheckConstraint(
                condition=Q(task__isnull=False, deadline=None, gate=None)
                | Q(task=None, deadline__isnull=False, gate=None)
                | Q(task=None, deadline=None, gate__isnull=False),
                name="reminder_is_about_one_day",
            ),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="reminder_kind_is_known"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(passed_over=""), name="reminder_has_one_end"
            ),
            models.CheckConstraint(
                condition=Q(kind=MOVED, was_on__isnull=False) | ~Q(kind=MOVED) & Q(was_on=None),
                name="only_a_move_has_an_earlier_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["case"],
                condition=Q(sent_at=None, passed_over=""),
                name="reminder_that_waits",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_on}"

    @property
    def is_over(self) -> bool:
        """Sent, or passed over for good."""
        return self.sent_at is not None or bool(self.passed_over)

    @property
    def subject(self) -> tuple[str, int]:
        """What it is about: the name of the field and the id of the row."""
        for name in SUBJECTS:
            if (row_id := getattr(self, f"{name}_id")) is not None:
                return name, row_id
        raise ValueError("A reminder is about one day.")

    @property
    def row(self) -> Task | Deadline | CasePhase:
        """What it is about."""
        row: Task | Deadline | CasePhase = getattr(self, self.subject[0])
        return row

    @property
    def run(self) -> CasePhase:
        """The phase that it belongs to."""
        return self.gate or self.row.case_phase  # type: ignore[union-attr]

    @property
    def letter_name(self) -> tuple[str, str]:
        """Subject and occasion of its latest letter in the outbox."""
        return f"reminder:{self.pk}", str(self.promises)

    @property
    def promised(self) -> tuple[str, str, str]:
        """Subject, recipient and occasion of a letter that is promised now."""
        subject, occasion = self.letter_name
        return subject, self.person.address_for_reminders, occasion

    @property
    def letters(self) -> QuerySet[Message]:
        """Its latest letter in the outbox, or none when it is not promised yet."""
        from outbox.models import Message

        subject, occasion = self.letter_name
        return Message.objects.filter(kind=LETTER, subject=subject, occasion=occasion)

    def promise(self, *, due_at: datetime | None = None, is_nudged: bool = True) -> None:
        """Promise the letter to the outbox, now or for a moment to come. Call within an operation,
        with the row locked."""
        from outbox.models import Lane, Message

        self.promises += 1
        self.save()
        subject, recipient, occasion = self.promised
        Message.objects.post(
            LETTER,
            subject=subject,
            recipient=recipient,
            occasion=occasion,
            lane=Lane.MAIL,
            due_at=due_at,
            is_nudged=is_nudged,
        )
