"""What a case can say in a paper of its legal track, and of the days that it must keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from procurements.days import ONE_DAY
from procurements.legalquestions import CONDITIONS, QUESTIONS, VALUES, answered
from procurements.models import Case, CasePhase, Deadline, LegalAssessment
from procurements.periods import periods_for
from procurements.periodwords import NAMES
from procurements.saying import day, day_of, money
from procurements.states import DeadlineState, LegalTrack

if TYPE_CHECKING:
    from procurements.periods import Period


# What is sent or published before a contract, and makes it wait (LOU 20:1, 20:3).
BEGINS_STANDSTILL = ("award_notice_sent", "prior_notice_published")


class LegalFacts:
    """The groups of the field catalogue that tell of the legal track, of the law's periods and of
    the days that others have been told of."""

    case: Case
    run: CasePhase
    language: str
    on: date

    @property
    def known_until(self) -> datetime | None:
        """The moment whose knowledge the paper tells, where that is not now."""
        return None

    @cached_property
    def _assessed(self) -> LegalAssessment | None:
        """The latest assessment of the legal track, as far as the paper knows."""
        made = self.case.legal_assessments.select_related("by")
        if self.known_until:
            made = made.filter(at__lte=self.known_until)
        return made.first()

    @property
    def _track(self) -> str:
        """The legal track as far as the paper knows."""
        if self.known_until and self._assessed:
            return self._assessed.track
        return self.case.legal_track

    def _legal(self) -> dict[str, Any]:
        assessed = self._assessed
        if assessed is None:
            return {}
        sent_on = assessed.answer_to("sent_on")
        return {
            "legal.track_name": assessed.get_track_display(),
            "legal.proposed_track_name": assessed.get_proposed_track_display(),
            "legal.reasons": assessed.reasons,
            "legal.cpv": assessed.answer_to("cpv"),
            "legal.sent_on": day(date.fromisoformat(sent_on)) if sent_on else "",
            "legal.by": assessed.by.name,
            "legal.on": day_of(assessed.at),
        }

    def _legal_answers(self) -> dict[str, Any]:
        assessed = self._assessed
        return {"legal_answers": answered(assessed, QUESTIONS) if assessed else []}

    def _legal_conditions(self) -> dict[str, Any]:
        assessed = self._assessed
        return {"legal_conditions": answered(assessed, CONDITIONS) if assessed else []}

    def _legal_values(self) -> dict[str, Any]:
        assessed = self._assessed
        return {
            "legal_values": [
                {
                    "part": str(VALUES[row["question"]]),
                    "amount": money(Decimal(row["answer"]), self.language),
                }
                for row in (assessed.answers if assessed else [])
                if row["question"] in VALUES
            ]
        }

    @cached_property
    def _days_to_keep(self) -> list[Deadline]:
        """The deadlines of the phase, also those kept already."""
        return list(self.run.deadlines.exclude(state=DeadlineState.WITHDRAWN))

    def _deadlines(self) -> dict[str, Any]:
        """The days that others have been told of: no other day of the team's is told on paper."""
        return {
            "deadlines": [
                {
                    "title": str(NAMES[one.period]) if one.period else one.title,
                    "date": day(one.due_on),
                    "rule": (one.rule.paragraph if one.rule else "") or _("set by the team"),
                    "legal": bool(one.rule and one.rule.paragraph),
                }
                for one in self._days_to_keep
                if one.is_announced
            ]
        }

    def _call(self) -> dict[str, Any]:
        """What the deadlines of the phase tell of the call on the legal track that the case has:
        when it was sent and when tenders are in. The last day for applications is none of these."""
        facts = {}
        for one, rule in self._of_the_law():
            if rule.event == "call_sent":
                facts["call.opened_at"] = day(one.event_on)
            if rule.is_for_tenders:
                facts["call.closes_at"] = day(one.due_on)
            if rule.event == "last_tender_day":
                facts["call.answers_until"] = day(one.due_on)
        return facts

    def _of_the_law(self) -> Iterator[tuple[Deadline, Period]]:
        """The days of the law in the phase that hold on the legal track the case has now."""
        for one in self._days_to_keep:
            if (rule := one.rule) and self.case.legal_track in rule.tracks:
                yield one, rule

    def _standstill(self) -> dict[str, Any]:
        """By the deadline that is set for it on the legal track, the latest where there are
        several: one notice more, or one sent by letter, makes all wait for it. Else what the track
        makes of the phase."""
        notices = [each for each in self._of_the_law() if each[1].event in BEGINS_STANDSTILL]
        if notices:
            one, rule = max(notices, key=lambda each: (each[0].is_open, each[0].due_on))
            last = one.due_on - ONE_DAY
            assert one.event_on is not None
            # A later day than the law's own makes the wait longer than the law's.
            is_counted = rule.count and one.due_on == one.counted_on
            return {
                "standstill.kind": "statutory" if rule.paragraph else "voluntary",
                "standstill.days": rule.count if is_counted else (last - one.event_on).days,
                "standstill.last_day": day(last),
                "standstill.contract_from": day(one.due_on),
            }
        if self.case.legal_track == LegalTrack.UNDECIDED:
            return {}
        if not self.run.phase.leads_to_contracts:
            return {"standstill.kind": "none"}
        rules = periods_for(self.case.legal_track, self.on)
        counts = [one.count for one in rules if one.event == "award_notice_sent" and one.count]
        if not counts:
            return {"standstill.kind": "none"}
        return {"standstill.kind": "statutory", "standstill.days": min(counts)}
