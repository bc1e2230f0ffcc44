"""The periods of the law in words: the day, how it was counted, and where that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from procurements import saying
from procurements.days import holiday_name
from procurements.periods import BACKWARD, FIRST_DAY_AFTER, Counted, Period, periods_for

# What each period and the event that it is counted from are called.
NAMES = {
    "tenders_open": gettext_lazy("Tenders, open procedure"),
    "tenders_open_electronic": gettext_lazy("Tenders, open procedure, received electronically"),
    "tenders_open_after_prior_notice": gettext_lazy(
        "Tenders, open procedure, after a prior information notice"
    ),
    "tenders_open_urgent": gettext_lazy("Tenders, open procedure, urgent"),
    "tenders_open_documents_apart": gettext_lazy(
        "Tenders, open procedure, documents not freely available electronically"
    ),
    "tenders_open_electronic_documents_apart": gettext_lazy(
        "Tenders, open procedure, received electronically but documents not freely available"
    ),
    "tenders_open_after_prior_notice_documents_apart": gettext_lazy(
        "Tenders, open procedure, after a prior notice but documents not freely available"
    ),
    "applications": gettext_lazy("Requests to participate"),
    "applications_urgent": gettext_lazy(
        "Requests to participate, restricted or negotiated, urgent"
    ),
    "tenders_selected": gettext_lazy("Tenders from those selected, restricted or negotiated"),
    "tenders_selected_electronic": gettext_lazy(
        "Tenders from those selected, received electronically"
    ),
    "tenders_selected_documents_apart": gettext_lazy(
        "Tenders from those selected, documents not freely available electronically"
    ),
    "tenders_selected_electronic_documents_apart": gettext_lazy(
        "Tenders from those selected, received electronically, documents not freely available"
    ),
    "tenders_selected_after_prior_notice": gettext_lazy(
        "Tenders from those selected, after a prior information notice"
    ),
    "tenders_selected_after_prior_notice_documents_apart": gettext_lazy(
        "Tenders from those selected, after a prior notice, documents not freely available"
    ),
    "tenders_selected_urgent": gettext_lazy("Tenders from those selected, urgent"),
    "tenders_selected_not_agreed": gettext_lazy(
        "Tenders from those selected, when not agreed with all of them"
    ),
    "tenders_dialogue": gettext_lazy("Tenders, competitive dialogue or innovation partnership"),
    "applications_system": gettext_lazy("Requests to join a dynamic purchasing system"),
    "application_assessed": gettext_lazy(
        "A request to join a dynamic purchasing system is assessed"
    ),
    "application_assessed_reasoned": gettext_lazy(
        "A request to join a dynamic purchasing system is assessed, longer time for special reasons"
    ),
    "tenders_system": gettext_lazy("Tenders in a dynamic purchasing system"),
    "declaration_renewed": gettext_lazy("A renewed declaration in a dynamic purchasing system"),
    "auction_begins": gettext_lazy("An electronic auction begins"),
    "tenders_below": gettext_lazy("Tenders below the threshold"),
    "more_information": gettext_lazy("Further information to suppliers"),
    "more_information_urgent": gettext_lazy("Further information to suppliers, urgent"),
    "more_information_below": gettext_lazy("Further information to suppliers"),
    "standstill_electronic": gettext_lazy("Standstill, notice sent electronically to all"),
    "standstill_other": gettext_lazy("Standstill, notice sent otherwise to any of them"),
    "standstill_prior_notice": gettext_lazy("Standstill after a voluntary ex ante notice"),
    "standstill_voluntary": gettext_lazy("Voluntary standstill"),
    "standstill_after_court": gettext_lazy("Time after the court's decision"),
    "review_of_cancellation": gettext_lazy(
        "Application for review of the decision to cancel, sent electronically"
    ),
    "review_of_cancellation_other": gettext_lazy(
        "Application for review of the decision to cancel, sent otherwise to any of them"
    ),
    "review_new_grounds": gettext_lazy("New grounds in the case"),
    "review_of_contract": gettext_lazy("Application for review of the contract's validity"),
    "review_of_contract_after_notice": gettext_lazy(
        "Application for review of the contract's validity, after a contract award notice"
    ),
    "review_of_contract_after_letter": gettext_lazy(
        "Application for review of the contract's validity, after a written notice of the contract"
    ),
    "damages": gettext_lazy("Claim for damages"),
    "reasons_on_request": gettext_lazy("Information on the reasons"),
    "reasons_on_request_below": gettext_lazy("Information on the reasons"),
    "result_notice": gettext_lazy("Contract award notice"),
    "result_notice_below": gettext_lazy("Contract award notice"),
    "result_notice_direct": gettext_lazy("Contract award notice, value of SEK 700,000 or more"),
    "result_notice_of_quarter": gettext_lazy(
        "Quarterly contract award notice, dynamic purchasing system or annex 2"
    ),
    "result_notice_of_quarter_below": gettext_lazy(
        "Quarterly contract award notice, dynamic purchasing system or annex 2"
    ),
    "result_notice_of_quarter_direct": gettext_lazy("Quarterly contract award notice, annex 2"),
    "documentation": gettext_lazy("The documentation is complete"),
    "documentation_below": gettext_lazy("The documentation is complete"),
    "documentation_direct": gettext_lazy("The documentation is complete, value above SEK 100,000"),
    "documentation_cancelled": gettext_lazy("The documentation is complete after a cancellation"),
    "documentation_cancelled_below": gettext_lazy(
        "The documentation is complete after a cancellation"
    ),
    "documentation_cancelled_direct": gettext_lazy(
        "The documentation is complete after a cancellation, value above SEK 100,000"
    ),
    "report": gettext_lazy("Individual report"),
    "report_annex_2": gettext_lazy("Individual report, service in annex 2"),
    "appeal_of_decision": gettext_lazy(
        "Review of the decision's lawfulness by a member of the municipality"
    ),
}
EVENTS = {
    "call_sent": gettext_lazy("the notice was sent for publication"),
    "invitation_sent": gettext_lazy("the invitation to tender was sent"),
    "last_tender_day": gettext_lazy("the time for tenders ends"),
    "award_notice_sent": gettext_lazy("the notice of award was sent"),
    "prior_notice_published": gettext_lazy("the voluntary ex ante notice was published"),
    "court_decided": gettext_lazy("the court decided the case"),
    "review_applied": gettext_lazy("the application for review was made"),
    "contract_signed": gettext_lazy("the contract was concluded"),
    "contract_known": gettext_lazy("the supplier knew or should have known of the contract"),
    "result_published": gettext_lazy("the contract award notice was published"),
    "contract_told": gettext_lazy(
        "the written notice of the contract, with a summary of the reasons, was sent"
    ),
    "reasons_asked_for": gettext_lazy("the written request came in"),
    "quarter_ended": gettext_lazy("the quarter ended"),
    "application_received": gettext_lazy("the request to join came in"),
    "declaration_asked_for": gettext_lazy("the renewed declaration was asked for"),
    "auction_invited": gettext_lazy("the invitation to the auction was sent"),
    "cancellation_sent": gettext_lazy("the notice of the cancellation was sent"),
    "procurement_cancelled": gettext_lazy("the procurement was cancelled"),
    "minutes_announced": gettext_lazy("the approved minutes were announced"),
}


def name_of(key: str) -> str:
    """What a period is called."""
    return str(NAMES.get(key, key))


@dataclass(frozen=True)
class PeriodRow:
    """A period as it is read: its name, the day when it is known, how it is counted.

    It has begun when the day of its event is known.
    """

    name: str
    day: str
    how: str
    paragraph: str
    has_begun: bool


def period_rows(track: str, known: Mapping[str, date], *, today: date) -> list[PeriodRow]:
    """What the law gives on a track, with days for the events that are `known`."""
    rows = []
    for period in periods_for(track, today):
        start = known.get(period.event)
        counted = period.from_day(start) if start and period.holds_on(start) else None
        day = day_of(counted) if counted else ""
        how = how_counted(period, counted)
        name = name_of(period.key)
        rows.append(PeriodRow(name, day, how, period.paragraph, has_begun=start is not None))
    return rows


def day_of(counted: Counted) -> str:
    """The day that a period gives, with what it means; nothing where the act gives no number."""
    if counted.on is None:
        return ""
    words = {"day": saying.day(counted.on)}
    if counted.period.gives == FIRST_DAY_AFTER:
        return _("contract at the earliest on %(day)s") % words
    match counted.period.kind:
        case "at_least":
            return _("at the earliest %(day)s") % words
        case "theirs":
            return _("others may act until %(day)s") % words
        case _:
            return _("at the latest %(day)s") % words


def how_counted(period: Period, counted: Counted | None = None) -> str:
    """Why it is that day: the length, the event with its day, and what moved the last day."""
    if period.count is None:
        return _("The act gives no number of days; write why the time you give is reasonable.")
    words = {"length": _length(period), "event": EVENTS[period.event]}
    if period.way == BACKWARD:
        how = _("%(length)s before the day when %(event)s") % words
    else:
        how = _("%(length)s after the day when %(event)s") % words
    if counted is None or counted.raw is None:
        return f"{how}."
    told = [f"{how}, {saying.day(counted.start)}.", _moved(counted)]
    if period.runs_to_midnight:
        told.append(
            _("That is the shortest time: its last day runs to midnight, so noon is too early.")
        )
    return " ".join(filter(None, told))


def _length(period: Period) -> str:
    count = period.count or 0
    words = {
        "days": ngettext("%(n)s day", "%(n)s days", count),
        "working_days": ngettext("%(n)s working day", "%(n)s working days", count),
        "weeks": ngettext("%(n)s week", "%(n)s weeks", count),
        "months": ngettext("%(n)s month", "%(n)s months", count),
        "years": ngettext("%(n)s year", "%(n)s years", count),
    }
    return words[period.unit] % {"n": count}


def _moved(counted: Counted) -> str:
    """Why the last day is another than the one counted to, or what is wiser than it."""
    assert counted.raw is not None
    why = {"day": saying.day(counted.raw), "name": _name(counted.raw)}
    if counted.is_moved:
        return _("%(day)s is not a working day (%(name)s), so the last day is moved.") % why
    if counted.advised_on != counted.on:
        wiser = {"advised": saying.day(counted.advised_on)}
        return _("That is not a working day (%(name)s). %(advised)s is wiser.") % (why | wiser)
    return ""


def _name(day: date) -> str:
    return str(holiday_name(day) or date_format(day, "l"))
