"""What the law says for a time: rows with a first day and the day when they no longer hold."""

from datetime import date


class Dated:
    """A row that holds from a day, and to the day before another, or for the time being."""

    since: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)
