"""The suggestions of the demo and their answers, through the operations that people use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from handbook.models import Suggestion
from handbook.operations.owning import give_handbook
from handbook.operations.suggestion import accept, decline, suggest
from procurements.demo.dates import Dates, keyed
from procurements.demo.plan import FOLDER, STEPS_AT, Entry, playing_day, read
from procurements.demo.play import Play

FILE = "suggestions.yaml"


class Suggestions:
    """What is suggested and answered, among the people of a case that has been played."""

    def __init__(self, play: Play, folder: Path = FOLDER) -> None:
        own_keys = {own: key for key, own in play.keys.items()}
        self.edition, self.places, self.at = play.edition, play.places, play.plan.at
        self.phases = {own_keys.get(key, key): phase for key, phase in play.phases.items()}
        self.written = read(FILE, folder)
        self.dates = Dates(FILE, keyed(self.written), playing_day(self.at))
        self.made: dict[str, Suggestion] = {}

    def play(self) -> None:
        """Everything that has happened by the moment of loading, in its order."""
        places, handbook = self.places, self.edition.handbook
        owner = places.organisations[self.written["owner"]]
        give_handbook(handbook=handbook, owner=owner, by=places.admin, at=places.at)
        for when, happens in sorted(self._everything(), key=lambda one: one[0]):
            if when <= self.at:
                happens()

    def _everything(self) -> Iterator[tuple[datetime, partial[None]]]:
        for entry in self.written["suggestions"]:
            when = self._moment(entry, entry["key"])
            yield when, partial(self._suggest, entry, when)
            if "answer" in entry:
                when = self._moment(entry["answer"], entry["key"])
                yield when, partial(self._answer, entry, when)

    def _moment(self, entry: Entry, of: str) -> datetime:
        return self.dates.read(entry["when"], of=of).at(STEPS_AT)

    def _suggest(self, entry: Entry, when: datetime) -> None:
        part = ""
        if "phase" in entry:
            part = self.phases[entry["phase"]].steps.get(number=entry["number"]).path
        self.made[entry["key"]] = suggest(
            edition=self.edition,
            part=part,
            language=entry.get("language", self.edition.source_language),
            text=entry["text"],
            reason=entry["reason"],
            by=self.places.people[entry["by"]],
            at=when,
        )

    def _answer(self, entry: Entry, when: datetime) -> None:
        told, suggestion = entry["answer"], self.made[entry["key"]]
        by = self.places.people[told["by"]]
        if told["state"] == "accepted":
            accept(suggestion=suggestion, draft=None, answer=told["text"], by=by, at=when)
        else:
            decline(suggestion=suggestion, answer=told["text"], by=by, at=when)
