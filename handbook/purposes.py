"""The two closed lists that code knows of a handbook: what a phase may do, what a paper is for."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Assessment(models.TextChoices):
    """How suppliers are judged in a phase."""

    NONE = "none", _("No assessment")
    REVERSED = "reversed", _("Reversed assessment")
    WEIGHTED = "weighted", _("Weighted assessment")
    JURY = "jury", _("Jury")


class Purpose(models.TextChoices):
    """What a document template serves. Code asks for a purpose, never for a template by its key."""

    MANDATE = "mandate", _("Mandate")
    NEED_DESCRIPTION = "need_description", _("Need description")
    RFI = "rfi", _("Request for information")
    RFI_SYNTHESIS = "rfi_synthesis", _("Synthesis of the answers")
    LEGAL_TRACK = "legal_track", _("Choice of legal track")
    CHALLENGE_BRIEF = "challenge_brief", _("Challenge brief")
    CALL_TERMS = "call_terms", _("Terms of the call")
    QUESTION_LOG = "question_log", _("Questions and answers")
    OPENING_RECORD = "opening_record", _("Opening record")
    CONFLICT_DECLARATION = "conflict_declaration", _("Declaration of interests")
    ASSESSMENT_RECORD = "assessment_record", _("Assessment record")
    PHASE_DECISION = "phase_decision", _("Decision at the gate")
    AWARD_NOTICE = "award_notice", _("Award notice")
    ORDER = "order", _("Order of a phase")
    FEEDBACK_LETTER = "feedback_letter", _("Feedback letter")
    END_OF_PHASE_REPORT = "end_of_phase_report", _("End-of-phase report")
    PAYMENT_REQUEST = "payment_request", _("Payment request")
    EFFECT_REPORT = "effect_report", _("Effect report")
    OTHER = "other", _("Other paper")


class Audience(models.TextChoices):
    """Who a paper is written for."""

    INTERNAL = "internal", _("Internal")
    SUPPLIER = "supplier", _("One supplier")
    ALL_SUPPLIERS = "all-suppliers", _("All suppliers, the same text at the same moment")
    PUBLIC = "public", _("Public")


class Secrecy(models.TextChoices):
    """Whether a paper is kept secret until the phase is decided."""

    NONE = "none", _("Not secret")
    UNTIL_DECISION = "until-decision", _("Secret until the decision of the phase")


class Tag(models.TextChoices):
    """How earlier teams marked what they learnt in a step."""

    OBVIOUS = "obvious", _("Obvious")
    NEW = "new", _("New")
    IMPORTANT = "important", _("Important")


class Context(models.TextChoices):
    """What kind of thing the case is about."""

    PRODUCT = "product", _("Product")
    SERVICE = "service", _("Service")
    SYSTEM = "system", _("System solution")


# The access roles of a case that a handbook's role may name; procurements gives them their meaning.
ACCESS_ROLES = (
    "owner",
    "need_owner",
    "management",
    "procurer",
    "process_leader",
    "lawyer",
    "coach",
    "assessor",
    "observer",
)
