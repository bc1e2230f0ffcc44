from .case import Case, CaseInvitation, CaseRole, LegalAssessment, Numbering
from .deadline import Deadline
from .feed import CalendarFeed
from .gate import GateDecision, GateOutcome, GateSignature
from .insight import Insight
from .need import NeedVersion
from .paper import PhaseDocument
from .phase import CasePhase, Round
from .reminder import Reminder
from .supplier import Participant
from .task import Evidence, Task, TaskItem, TaskNote

__all__ = [
    "CalendarFeed",
    "Case",
    "CaseInvitation",
    "CasePhase",
    "CaseRole",
    "Deadline",
    "Evidence",
    "GateDecision",
    "GateOutcome",
    "GateSignature",
    "Insight",
    "LegalAssessment",
    "NeedVersion",
    "Numbering",
    "Participant",
    "PhaseDocument",
    "Reminder",
    "Round",
    "Task",
    "TaskItem",
    "TaskNote",
]
