from handbook.models.draft import Draft
from handbook.models.edition import Edition, Handbook, HandbookRole
from handbook.models.part import Part
from handbook.models.phase import ChecklistItem, Criterion, Note, Phase, Step
from handbook.models.printed import PrintedEdition
from handbook.models.suggestion import Suggestion
from handbook.models.template import DocumentTemplate
from handbook.models.words import TextSet

__all__ = [
    "ChecklistItem",
    "Criterion",
    "DocumentTemplate",
    "Draft",
    "Edition",
    "Handbook",
    "HandbookRole",
    "Note",
    "Part",
    "Phase",
    "PrintedEdition",
    "Step",
    "Suggestion",
    "TextSet",
]
