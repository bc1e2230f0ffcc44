"""How a case would show a phase of a handbook's draft."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.views.generic import TemplateView

from handbook.differences import LANGUAGE_NAMES
from handbook.drafted import words_of_whole
from handbook.models import Handbook
from handbook.sections import Kind, Section
from handbook.views.draftpage import DraftPage
from handbook.words import Words
from procurements.models import Task
from procurements.pairs import Item, Law, Pair
from teams.models import User


class DraftAsCase(DraftPage, TemplateView):
    """The steps beside their guidance and the gate, as a new case would have them."""

    template_name = "procurements/phase/preview.html"

    def load(self, user: User, **kwargs: Any) -> Handbook:
        handbook = super().load(user, **kwargs)
        found = [one for one in self.draft.whole["phases"] if one["key"] == kwargs["phase"]]
        if not found:
            raise Http404
        self.phase = found[0]
        self.here = Section(Kind.PHASE, self.phase["key"])
        return handbook

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("language", "")
        language = asked if asked in self.draft.based_on.languages else self.source
        words = words_of_whole(self.draft.whole, language)
        path = f"phase:{self.phase['key']}"
        gate = self.phase["gate"]
        return super().get_context_data(**kwargs) | {
            "words": words,
            "languages": [(one, LANGUAGE_NAMES[one]) for one in self.draft.based_on.languages],
            "phase": self.phase,
            "title": words(path, "title"),
            "purpose": words(path, "purpose"),
            "pairs": [self._pair(step, number, words) for number, step in self._steps()],
            "question": words(path, "gate.question"),
            "on_the_table": words.lines(path, "gate.on_the_table"),
            "options": [
                (
                    words(path, f"gate.options.{option['key']}.label"),
                    words(path, f"gate.options.{option['key']}.meaning"),
                )
                for option in gate["options"]
            ],
            "deciding": self._roles(gate["deciding_roles"], words),
        }

    def _steps(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (f"{self.phase['number']}.{number}", step)
            for number, step in enumerate(self.phase["steps"], 1)
        ]

    def _pair(self, step: dict[str, Any], number: str, words: Words) -> Pair:
        path, key = f"step:{step['key']}", step["key"]
        references = self.draft.whole["law"]["references"]
        citations = {row["key"]: row["citation"] for row in references}
        return Pair(
            task=Task(is_required=step["required"]),
            number=number,
            title=words(path, "title") or key,
            html=words.html(path, "guidance"),
            who=self._roles(step["who"], words),
            laws=[Law(citations.get(one, one), words(f"law:{one}", "gist")) for one in step["law"]],
            items=[
                Item(f"{key}.{n}", words(f"item:{key}.{n}", "text"), is_ticked=False)
                for n in range(1, len(step["checklist"]) + 1)
            ],
            tags=[
                (note["tag"], words(f"note:{key}.{n}", "text"))
                for n, note in enumerate(step["tag_notes"], 1)
            ],
            is_open=True,
        )

    def _roles(self, keys: list[str], words: Words) -> list[str]:
        return [words(f"role:{key}", "title") or key for key in keys]
