"""The reminders of a case: what was sent and when, what waits, and holding or sending one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from outbox.models import Message
from procurements.duties import Duty, duties_of, duty_of
from procurements.forms.reminder import ComingForm, RhythmForm
from procurements.models import Case, Reminder
from procurements.models.reminder import LETTER
from procurements.operations.reminder import (
    coming,
    hold_reminder,
    make_coming,
    release_reminder,
    send_reminder_now,
    set_rhythm,
    still_to_tell,
)
from procurements.reminderwords import STEP_WORDS
from procurements.reminding import Rung, steps_of
from procurements.states import CaseState, PassedOver
from procurements.views.deadline import DaysMixin
from procurements.views.phase import PageOperation
from teams.models import User

# So far ahead the page tells what waits, and so many it tells that were sent.
AHEAD = timedelta(days=14)
SENT = 50


@dataclass(frozen=True)
class Row:
    """A reminder as the page shows it: one that is made, or one that is to come."""

    on: date
    kind: str
    what: str
    person: User
    due_on: date
    reminder: Reminder | None = None
    # What names one that is not made yet.
    key: str = ""
    why: str = ""
    letter: Message | None = None
    # Whether a row above says what to do about letters to the person.
    is_told: bool = False

    @property
    def is_undelivered(self) -> bool:
        """Given up after the last try: somebody has to do something."""
        return bool(self.letter and self.letter.has_given_up)

    @property
    def is_put_off(self) -> bool:
        """The mail server has not taken it, and is asked again by itself."""
        return bool(self.letter and self.letter.is_put_off)


class RemindersMixin(DaysMixin):
    """Those who work in the case see its reminders; what a secrecy window hides is left out."""

    permission = "procurements.work"

    def may_read(self, duty: Duty) -> bool:
        """Steps are the handbook's and open. What the team wrote, and that a gate is decided, are
        told inside the window alone."""
        is_step = bool(getattr(duty.row, "step_id", None))
        is_mine = self.request.user in duty.people
        return is_step or is_mine or self.sight.sees_work(duty.run)

    @cached_property
    def duties(self) -> list[Duty]:
        found = duties_of(
            Case.objects.filter(pk=self.case.pk), until=self.today + 2 * AHEAD, at=self.at
        )
        return [duty for duty in found if self.may_read(duty)]

    def to_come(self) -> list[tuple[Duty, User, Rung]]:
        """Reminders whose turn comes within the time that the page tells of."""
        found = []
        for duty in self.duties:
            for person in duty.people:
                rung = coming(duty, person, at=self.at)
                if rung and rung.on <= self.today + AHEAD:
                    found.append((duty, person, rung))
        return found

    @cached_property
    def reminders(self) -> list[Reminder]:
        rows = self.case.reminders.select_related(
            "person", "held_by", "task__step", "task__case_phase", "deadline__case_phase", "gate"
        )
        # Those that wait first: what needs somebody never falls outside.
        waits = ExpressionWrapper(Q(sent_at=None, passed_over=""), output_field=BooleanField())
        return list(rows.order_by(waits.desc(), "-turn_on", "-pk")[: SENT * 4])

    @cached_property
    def letters(self) -> dict[tuple[str, str], Message]:
        """The letters of those that are on their way, as the outbox has them."""
        names = [one.letter_name[0] for one in self.reminders if not one.is_over]
        rows = Message.objects.filter(kind=LETTER, subject__in=names)
        return {(row.subject, row.occasion): row for row in rows}

    @cached_property
    def held_roles(self) -> list[Any]:
        return list(self.case.roles_on(self.today))

    def duty_for(self, reminder: Reminder) -> Duty | None:
        """The duty that a reminder is about, also when it is kept; nothing when its day was taken
        away, or the person may not read it."""
        if getattr(reminder.row, "due_on", self.today) is None:
            return None
        self.place(reminder)
        duty = duty_of(reminder.row, self.held_roles, at=self.at)
        is_own = reminder.person_id == self.request.user.pk
        return duty if is_own or self.may_read(duty) else None

    def is_void(self, reminder: Reminder) -> bool:
        """Whether it would not be sent when its turn comes: its day was moved or is kept, say."""
        self.place(reminder)
        told = still_to_tell(reminder, self.held_roles, at=self.at)
        return isinstance(told, PassedOver)

    def place(self, reminder: Reminder) -> None:
        """Put it in the run as the case has read it, with its phase and window."""
        run = next(one for one in self.case.phases_in_order if one.pk == reminder.run.pk)
        run.case = reminder.case = self.case
        if reminder.gate:
            reminder.gate = run
        else:
            reminder.row.case_phase = run  # type: ignore[union-attr]


def key_of(duty: Duty, person: User, rung: Rung) -> str:
    return f"{duty.subject}-{duty.row.pk}-{person.pk}-{rung.step}"


class Reminders(RemindersMixin, TemplateView):
    """What waits and what was sent; when people are reminded in the case."""

    template_name = "procurements/reminder/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting, over = self.rows()
        may_change = self.request.user.has_perm("procurements.change_case", self.case)
        if may_change:
            initial = {"steps": steps_of(self.case.rhythm), "was": self.case.rhythm or "none"}
            plain = RhythmForm(case=self.case, initial=initial, auto_id="rhythm_%s")
            kwargs.setdefault("rhythm_form", plain)
        return super().get_context_data(**kwargs) | {
            "now": self.at,
            "waiting": waiting,
            "undelivered": sum(row.is_undelivered for row in waiting),
            "put_off": sum(row.is_put_off for row in waiting),
            "over": over,
            "can_work": self.case.state != CaseState.DRAFT,
            "rests": self.case.state == CaseState.PAUSED,
            "rhythm": [STEP_WORDS[step] for step in steps_of(self.case.rhythm)],
        }

    def rows(self) -> tuple[list[Row], list[Row]]:
        words = self.case.edition.words()
        known: dict[tuple[str, int], Duty] = {
            (duty.subject, duty.row.pk): duty for duty in self.duties
        }
        made: list[Row] = []
        over: list[Row] = []
        taken = set()
        for one in self.reminders:
            taken.add((*one.subject, one.person_id, one.kind, one.due_on))
            duty = known.get(one.subject) or self.duty_for(one)
            if duty is None:
                continue
            why = str(PassedOver(one.passed_over).label) if one.passed_over else ""
            row = Row(
                on=one.turn_on,
                kind=str(STEP_WORDS[one.kind]),
                what=duty.title(words),
                person=one.person,
                due_on=one.due_on,
                reminder=one,
                why=why,
                letter=None if one.held_at else self.letters.get(one.letter_name),
            )
            if one.is_over:
                over.append(row)
            elif row.is_undelivered or not self.is_void(one):
                made.append(row)
        for duty, person, rung in self.to_come():
            if (duty.subject, duty.row.pk, person.pk, rung.step, duty.due_on) not in taken:
                made.append(
                    Row(
                        on=rung.on,
                        kind=str(STEP_WORDS[rung.step]),
                        what=duty.title(words),
                        person=person,
                        due_on=duty.due_on,
                        key=key_of(duty, person, rung),
                    )
                )
        made.sort(key=lambda row: (row.on, row.due_on, row.what, row.person.name))
        return told_once(made), over[:SENT]


def told_once(rows: list[Row]) -> list[Row]:
    """The same rows; what is to be done about letters given up is told once to each person."""
    found: list[Row] = []
    said = set()
    for row in rows:
        found.append(replace(row, is_told=row.person.pk in said))
        if row.is_undelivered:
            said.add(row.person.pk)
    return found


class ReminderOperation(RemindersMixin, PageOperation):
    """One thing done with the reminders; refused, their page says so."""

    page_class = Reminders

    def get_success_url(self) -> str:
        return reverse("case_reminders", args=[self.case.number])


class ChangeRhythm(ReminderOperation):
    form_name = "rhythm"
    permission = "procurements.change_case"
    form_class = RhythmForm
    perform = staticmethod(set_rhythm)
    said = _("Saved")

    def arguments(self, form: Any) -> dict[str, Any]:
        was = form.cleaned_data["was"]
        return {"steps": form.cleaned_data["steps"], "began": steps_of(was) if was else None}


class OneReminder(ReminderOperation):
    """Something done with a reminder that is made."""

    def load(self) -> None:
        rows = self.case.reminders.select_related(
            "task__case_phase", "deadline__case_phase", "gate"
        )
        self.reminder = get_object_or_404(rows, pk=self.kwargs["reminder"])
        if self.duty_for(self.reminder) is None:
            raise Http404

    def arguments(self, form: Any) -> dict[str, Any]:
        return {"reminder": self.reminder}


class HoldReminder(OneReminder):
    perform = staticmethod(hold_reminder)
    said = _("The reminder is held")


class ReleaseReminder(OneReminder):
    perform = staticmethod(release_reminder)
    said = _("The reminder is sent as planned")


def said_of_sending(reminder: Reminder) -> Any:
    if reminder.sent_at:
        return _("The reminder has been sent already.")
    return _("The reminder is on its way")


class SendReminder(OneReminder):
    perform = staticmethod(send_reminder_now)

    @property
    def said(self) -> Any:  # type: ignore[override]
        return said_of_sending(self.done)


class Coming(ReminderOperation):
    """Hold a reminder whose turn is still to come, or send it at once."""

    form_class = ComingForm
    perform = staticmethod(make_coming)

    @property
    def is_now(self) -> bool:
        return "now" in self.request.POST

    @property
    def said(self) -> Any:  # type: ignore[override]
        return said_of_sending(self.done) if self.is_now else _("The reminder is held")

    def arguments(self, form: ComingForm) -> dict[str, Any]:
        for duty, person, rung in self.to_come():
            if key_of(duty, person, rung) == form.cleaned_data["key"]:
                return {"duty": duty, "person": person, "rung": rung, "is_now": self.is_now}
        raise Http404
