"""For each noun its states, and the moves that exist. A move not drawn here does not exist."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CaseState(models.TextChoices):
    """Where a case stands as a whole."""

    DRAFT = "draft", pgettext_lazy("case", "Draft")
    ACTIVE = "active", pgettext_lazy("case", "In progress")
    PAUSED = "paused", pgettext_lazy("case", "Paused")
    STOPPED = "stopped", pgettext_lazy("case", "Stopped")
    COMPLETED = "completed", pgettext_lazy("case", "Completed")


ENDED = (CaseState.STOPPED, CaseState.COMPLETED)

CASE_MOVES: dict[str, set[str]] = {
    CaseState.DRAFT: {CaseState.ACTIVE, CaseState.STOPPED},
    CaseState.ACTIVE: {CaseState.PAUSED, CaseState.STOPPED, CaseState.COMPLETED},
    CaseState.PAUSED: {CaseState.ACTIVE, CaseState.STOPPED},
    CaseState.STOPPED: set(),
    CaseState.COMPLETED: set(),
}


class PhaseState(models.TextChoices):
    """Where one round of a phase stands in a case."""

    PLANNED = "planned", pgettext_lazy("phase", "Planned")
    ACTIVE = "active", pgettext_lazy("phase", "In progress")
    DECIDED = "decided", pgettext_lazy("phase", "Decided, to be signed")
    CLOSED = "closed", pgettext_lazy("phase", "Closed")


# A phase whose decision waits for signatures is still worked in, and looks so to everybody.
WORKED_IN = (PhaseState.ACTIVE, PhaseState.DECIDED)


PHASE_MOVES: dict[str, set[str]] = {
    PhaseState.PLANNED: {PhaseState.ACTIVE},
    PhaseState.ACTIVE: {PhaseState.DECIDED, PhaseState.CLOSED},
    PhaseState.DECIDED: {PhaseState.CLOSED},
    PhaseState.CLOSED: set(),
}


class TaskState(models.TextChoices):
    """Whether a task is still to be done."""

    OPEN = "open", pgettext_lazy("task", "To do")
    DONE = "done", pgettext_lazy("task", "Done")
    DROPPED = "dropped", pgettext_lazy("task", "Dropped")


TASK_MOVES: dict[str, set[str]] = {
    TaskState.OPEN: {TaskState.DONE, TaskState.DROPPED},
    TaskState.DONE: {TaskState.OPEN},
    TaskState.DROPPED: {TaskState.OPEN},
}


class DeadlineState(models.TextChoices):
    """Whether a day is still to be kept."""

    OPEN = "open", pgettext_lazy("deadline", "To be kept")
    DONE = "done", pgettext_lazy("deadline", "Kept")
    WITHDRAWN = "withdrawn", pgettext_lazy("deadline", "Withdrawn")


DEADLINE_MOVES: dict[str, set[str]] = {
    DeadlineState.OPEN: {DeadlineState.DONE, DeadlineState.WITHDRAWN},
    DeadlineState.DONE: {DeadlineState.OPEN},
    DeadlineState.WITHDRAWN: set(),
}


class PassedOver(models.TextChoices):
    """Why a reminder was not sent when its turn came."""

    DONE = "done", _("It was done already.")
    MOVED = "moved", _("The day was moved.")
    RESTS = "rests", _("The case was paused or over.")
    NOT_THEIRS = "not_theirs", _("It was no longer that person’s.")
    UNWANTED = "unwanted", _("The person wanted no such reminder.")


class ParticipantState(models.TextChoices):
    """Whether a supplier takes part in the case."""

    IN = "in", pgettext_lazy("supplier", "Takes part")
    DISCARDED = "discarded", pgettext_lazy("supplier", "Does not go on")
    WITHDRAWN = "withdrawn", pgettext_lazy("supplier", "Withdrawn")
    # Told of nowhere but in the history (decision 31).
    MISTAKEN = "mistaken", pgettext_lazy("supplier", "Entered by mistake")


PARTICIPANT_MOVES: dict[str, set[str]] = {
    ParticipantState.IN: {
        ParticipantState.DISCARDED,
        ParticipantState.WITHDRAWN,
        ParticipantState.MISTAKEN,
    },
    # Only a correcting gate decision brings a discarded supplier back.
    ParticipantState.DISCARDED: {ParticipantState.IN},
    # Recorded by mistake, until the gate of the phase is decided; so was the supplier, maybe.
    ParticipantState.WITHDRAWN: {ParticipantState.IN, ParticipantState.MISTAKEN},
    # If it is to take part after all, it is entered anew.
    ParticipantState.MISTAKEN: set(),
}


class GateOutcomeChoice(models.TextChoices):
    """What a gate decision says of the case."""

    PROCEED = "proceed", _("Proceed")
    REPEAT = "repeat", _("Repeat the phase")
    STOP = "stop", _("Stop the case")


class LegalTrack(models.TextChoices):
    """Which rules the procurement follows (LOU 1:4-5, 19 and 19 a)."""

    UNDECIDED = "undecided", _("Not decided yet")
    PCP_OUTSIDE_LOU = "pcp_outside_lou", _("Outside the Procurement Act (research and development)")
    DIRECT_AWARD_19A = "direct_award_19a", _("Direct award, chapter 19 a of the Procurement Act")
    ADVERTISED_19 = "advertised_19", _("Advertised, chapter 19 of the Procurement Act")
    LOU_ABOVE = "lou_above", _("Above the threshold, the Procurement Act in full")


class Role(models.TextChoices):
    """What a person may do in a case. Access, not work: the handbook says who does the work."""

    OWNER = "owner", pgettext_lazy("role", "Case owner")
    NEED_OWNER = "need_owner", pgettext_lazy("role", "Need owner")
    MANAGEMENT = "management", pgettext_lazy("role", "Management")
    PROCURER = "procurer", pgettext_lazy("role", "Procurer")
    PROCESS_LEADER = "process_leader", pgettext_lazy("role", "Process leader")
    LAWYER = "lawyer", pgettext_lazy("role", "Lawyer")
    COACH = "coach", pgettext_lazy("role", "Business coach")
    ASSESSOR = "assessor", pgettext_lazy("role", "Assessor")
    OBSERVER = "observer", pgettext_lazy("role", "Observer")


RUN_THE_CASE = (Role.OWNER, Role.PROCURER, Role.PROCESS_LEADER)

ROLE_SENTENCES = {
    Role.OWNER: _("Answers for the case: gives roles, may pause and stop it."),
    Role.NEED_OWNER: _("Describes the need, writes in the diary and works with the steps."),
    Role.MANAGEMENT: _("Follows the case and signs gate decisions."),
    Role.PROCURER: _("Runs the procurement: suppliers, legal track, papers and gate decisions."),
    Role.PROCESS_LEADER: _("Holds the case together: plan, steps, papers and gate decisions."),
    Role.LAWYER: _("Checks the legal track and the papers, also during secrecy."),
    Role.COACH: _("Supports the suppliers; sees nothing that is secret."),
    Role.ASSESSOR: _("Assesses deliveries, also during secrecy."),
    Role.OBSERVER: _("Reads the case; sees nothing that is secret."),
}


class InsightSource(models.TextChoices):
    """Where an insight came from."""

    INTERVIEW = "interview", _("Interview")
    WORKSHOP = "workshop", _("Workshop")
    TEST = "test", _("Test")
    OBSERVATION = "observation", _("Observation")
    QUESTION = "question", _("Question")


class Audience(models.TextChoices):
    """Who an insight is written for."""

    TEAM = "team", _("The case team")
    SUPPLIERS = "suppliers", _("All suppliers")
