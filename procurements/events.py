"""How the events of a case read, in words. Fields come from the event's facts and texts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from config.page import kr
from documents.models import Revision
from handbook.words import Words
from journal.models import Event
from procurements import countries, periodwords
from procurements.models import Case, GateSignature, Task
from procurements.reminderwords import STEP_WORDS
from procurements.reminding import steps_of
from procurements.states import (
    CaseState,
    DeadlineState,
    GateOutcomeChoice,
    InsightSource,
    LegalTrack,
    PhaseState,
    Role,
    TaskState,
)
from teams import identity

Fields = Mapping[str, Any]


def _by_label(words: Promise, **labels: Any) -> Callable[[Fields], str]:
    """A sentence in which codes are said by their labels: field → the choices it is one of."""

    def sentence(fields: Fields) -> str:
        said = {
            name: choices(fields[name]).label if fields[name] in choices.values else fields[name]
            for name, choices in labels.items()
        }
        if "role" in said:
            said["role"] = said["role"].lower()
        return str(words) % {**_everything(fields), **said}

    return sentence


def _with_day(name: str, label: Promise, said: Callable[[Fields], str]) -> Callable[[Fields], str]:
    """A sentence and the day that it is about, which may be long before the one it was recorded;
    events of before that was kept have none."""

    def sentence(fields: Fields) -> str:
        words = said(fields)
        return f"{words}. {label}: {fields[name]}" if name in fields else words

    return sentence


def _gate_corrected(fields: Fields) -> str:
    """What is corrected, and the decision that stands instead as far as that was kept."""
    words = str(_("Recorded a correction of the decision at gate %(number)s: %(correction)s"))
    said = words % _everything(fields)
    if "decided_by" not in fields:
        return said
    now = _by_label(
        _("The decision says: %(outcome)s. Decided by %(decided_by)s"), outcome=GateOutcomeChoice
    )
    return f"{said}. {now(fields)}"


def _everything(fields: Fields) -> dict[str, Any]:
    return {name: fields[name] for name in fields}


def _planned(fields: Fields) -> str:
    who, day = fields.get("assignee"), fields.get("due_on")
    if who and day:
        words = _("Gave “%(title)s” to %(person)s, to be done by %(due_on)s")
    elif who:
        words = _("Gave “%(title)s” to %(person)s")
    elif day:
        words = _("Planned “%(title)s” for %(due_on)s, without a person")
    else:
        words = _("Removed person and day from “%(title)s”")
    return str(words) % _everything(fields)


def _case_moved(fields: Fields) -> str:
    words = _("The case went from “%(was)s” to “%(now)s”")
    said = {name: CaseState(fields[name]).label for name in ("was", "now")}
    if reason := fields.get("reason"):
        words, said["reason"] = _("The case went from “%(was)s” to “%(now)s”: %(reason)s"), reason
    return str(words) % said


PHASE_FIELDS = {
    "planned_ends_on": _("Last day"),
    "planned_gate_on": _("Day of the gate"),
    "planned_suppliers": _("Suppliers"),
    "fee": _("Fee for each supplier"),
}


def _phase_shaped(fields: Fields) -> str:
    told = [str(_("Changed the plan of phase %(number)s.")) % _everything(fields)]
    words = _("%(field)s, before: %(before)s, now: %(now)s.")
    for name, label in PHASE_FIELDS.items():
        if name in fields:
            was, now = fields[f"was_{name}"], fields[name]
            if name == "fee":
                # What is said of nothing is no amount.
                was, now = (kr(fields.get(key)) or "–" for key in (f"was_{name}", name))
            told.append(str(words) % {"field": label, "before": was, "now": now})
    return " ".join(told)


def _insight_corrected(fields: Fields) -> str:
    words = _("Corrected insight %(number)s in the diary. Before: %(before)s")
    said = _everything(fields)
    if "was" in fields:
        words = _(
            "Corrected insight %(number)s in the diary, whose source went from “%(was)s” to"
            " “%(now)s”. Before: %(before)s"
        )
        said |= {name: InsightSource(fields[name]).label for name in ("was", "now")}
    return str(words) % said


CASE_FIELDS = {
    "title": _("Title"),
    "summary": _("The case in one sentence"),
    "question": _("The challenge as a question"),
    "diary_number": _("Registration number"),
    "team": _("Team"),
    "state_reason": _("Why the case is paused or was stopped"),
}
SUPPLIER_FIELDS = {
    "name": _("Name"),
    "country": _("Country"),
    "number": _("Organisation number"),
    "contact_name": _("Contact person"),
    "contact_email": _("E-mail of the contact person"),
}


def _case_changed(fields: Fields) -> str:
    return " ".join([str(_("Changed the facts of the case.")), *_differences(fields, CASE_FIELDS)])


def _supplier_corrected(fields: Fields) -> str:
    words = str(_("Corrected the supplier %(name)s.")) % _everything(fields)
    return " ".join([words, *_differences(fields, SUPPLIER_FIELDS)])


def _differences(fields: Fields, labels: Mapping[str, Promise]) -> Iterator[str]:
    """A sentence for each changed field, called what the pages call it: what stood there before
    and what stands there now, which events of long ago do not tell."""
    changed = set(fields.get("fields", []))
    for name in [*(n for n in labels if n in changed), *sorted(changed - set(labels))]:
        words = _("%(field)s, before: %(before)s, now: %(now)s.")
        if f"now_{name}" not in fields:
            words = _("%(field)s, before: %(before)s.")
        yield str(words) % {
            "field": labels.get(name, name),
            "before": _held(name, fields.get(f"before_{name}")),
            "now": _held(name, fields.get(f"now_{name}")),
        }


def _held(name: str, kept: Any) -> str:
    """What a field held, as it may be told: a sole trader's number is masked."""
    text = str(kept or "")
    if not text:
        return pgettext("what a field held", "nothing")
    if name == "country":
        return countries.name_of(text)
    if name == "number":
        return identity.masked(text)
    return str(_("“%(text)s”")) % {"text": text}


def _deadline(fields: Fields) -> dict[str, Any]:
    """The fields with the deadline called by its name: the team's own, or what the law is about."""
    name = fields.get("title") or periodwords.NAMES.get(fields["period"], fields["period"])
    return _everything(fields) | {"title": str(name)}


def _deadline_set(fields: Fields) -> str:
    words = _("Set the deadline “%(title)s” to %(due_on)s")
    if fields.get("event_on"):
        words = _("Set the deadline “%(title)s” to %(due_on)s, counted from %(event_on)s")
    return str(words) % _deadline(fields)


def _deadline_changed(fields: Fields) -> str:
    said = _deadline(fields)
    told = []
    is_moved = fields.get("was_due_on") != fields.get("due_on")
    gives_reason = bool(fields.get("reason")) and not is_moved
    if is_moved:
        words = _("Moved the deadline “%(title)s” from %(was_due_on)s to %(due_on)s")
        if fields.get("reason"):
            words = _(
                "Moved the deadline “%(title)s” from %(was_due_on)s to %(due_on)s: %(reason)s"
            )
        told.append(words)
    if fields.get("before", "") != fields.get("title", ""):
        told.append(_("Called the deadline “%(before)s” “%(title)s” instead"))
    if fields.get("was_responsible") != fields.get("responsible"):
        words = _("Removed the person from the deadline “%(title)s”")
        if fields.get("person"):
            words = _("Gave the deadline “%(title)s” to %(person)s")
        told.append(words)
    is_recounted = fields.get("was_event_on") != fields.get("event_on")
    if not told and (is_recounted or not gives_reason):
        told.append(_("Counted the deadline “%(title)s” from %(event_on)s"))
    if gives_reason:
        told.append(_("Wrote why the deadline “%(title)s” is that day: %(reason)s"))
    return ". ".join(str(words) % said for words in told)


def _deadline_moved(fields: Fields) -> str:
    words = {
        DeadlineState.DONE: _("Kept the deadline “%(title)s”"),
        DeadlineState.OPEN: _("The deadline “%(title)s” is to be kept again"),
        DeadlineState.WITHDRAWN: _("Withdrew the deadline “%(title)s”: %(reason)s"),
    }[DeadlineState(fields["now"])]
    return str(words) % _deadline(fields)


def _reminders_changed(fields: Fields) -> str:
    words = _("Changed when people are reminded, before: %(was)s, now: %(now)s")
    said = {
        name: ", ".join(str(STEP_WORDS[step]) for step in steps_of(fields[name]))
        or pgettext("reminders", "never")
        for name in ("was", "now")
    }
    return str(words) % said


def _gate_signed(fields: Fields) -> str:
    """Who signed in did it; who filed a copy says whose name stands on it."""
    words = _("Signed the decision at gate %(number)s as %(role_title)s")
    if fields.get("method") == GateSignature.Method.COPY:
        words = _("%(name)s signed the decision at gate %(number)s as %(role_title)s")
        if fields.get("signed_on"):
            words = _(
                "%(name)s signed the decision at gate %(number)s as %(role_title)s on %(signed_on)s"
            )
    return str(words) % _everything(fields)


SENTENCES: dict[str, Promise | Callable[[Fields], str]] = {
    "case.started": _("Started the case “%(title)s”"),
    "case.begun": _("Began the work in phase %(number)s"),
    "case.changed": _case_changed,
    "case.moved": _case_moved,
    "case.discarded": _("Threw away the draft “%(title)s”"),
    "phase.shaped": _phase_shaped,
    "case.planned": _("Moved the plan: phase %(number)s starts on %(starts_on)s"),
    "phase.start_corrected": _(
        "Corrected the first day of phase %(number)s from %(was_on)s to %(starts_on)s: %(reason)s"
    ),
    "legal.assessed": _by_label(
        _("Answered the questions on the legal track and chose: %(track)s"), track=LegalTrack
    ),
    "role.given": _with_day(
        "until_on",
        _("First day without the role"),
        _by_label(_("Gave %(person)s the role %(role)s from %(from_on)s"), role=Role),
    ),
    "role.taken": _with_day(
        "until_on",
        _("First day without the role"),
        _by_label(_("Took on the role %(role)s from %(from_on)s"), role=Role),
    ),
    "role.left": _by_label(
        _("Ended the role %(role)s for %(person)s, from %(until_on)s"), role=Role
    ),
    "person.invited": _by_label(_("Invited %(email)s as %(role)s"), role=Role),
    "role.from_outside": _by_label(
        _(
            "%(person)s no longer belongs to the authority: as %(role)s they come from outside, "
            "and see no suppliers before they have promised secrecy"
        ),
        role=Role,
    ),
    "role.inside_again": _by_label(
        _("%(person)s belongs to the authority again: as %(role)s they come no more from outside"),
        role=Role,
    ),
    "person.promised": _("Promised secrecy and declared interests"),
    "person.interests_corrected": _("Corrected the declared interests"),
    "person.accepted": _by_label(_("Accepted the invitation as %(role)s"), role=Role),
    "phase.moved": _with_day(
        "starts_on",
        _("First day"),
        _by_label(
            _("Phase %(number)s went from “%(was)s” to “%(now)s”"), was=PhaseState, now=PhaseState
        ),
    ),
    "round.planned": _("The secrecy window of phase %(number)s is to open on %(opens_on)s"),
    "round.moved": _(
        "The secrecy window of phase %(number)s is to open on %(opens_on)s instead of %(was_on)s"
    ),
    "round.cancelled": _(
        "The secrecy window of phase %(number)s does not open, since the case ended before"
    ),
    "round.opened": _("The secrecy window of phase %(number)s opened"),
    "round.roles_chosen": lambda f: (
        _("Chose who sees into the secrecy window of phase %(number)s: %(now)s")
        % {
            "number": f["number"],
            "now": ", ".join(str(Role(role).label) for role in f.get("now", [])),
        }
    ),
    "round.ended": _("The secrecy window of phase %(number)s ended"),
    "task.added": _("Added the task “%(title)s”"),
    "task.planned": _planned,
    "task.renamed": _("Called the task “%(before)s” “%(title)s” instead"),
    "task.moved": _with_day(
        "done_on",
        _("Done on"),
        _by_label(_("“%(title)s” went from “%(was)s” to “%(now)s”"), was=TaskState, now=TaskState),
    ),
    "task.ticked": _("Ticked in “%(title)s”: %(text)s"),
    "task.unticked": _("Removed the tick in “%(title)s”: %(text)s"),
    "deadline.set": _deadline_set,
    "deadline.changed": _deadline_changed,
    "deadline.announced": lambda fields: (
        str(_("Noted that %(due_on)s has been announced for “%(title)s”")) % _deadline(fields)
    ),
    "deadline.moved": _deadline_moved,
    "reminder.held": _("Held the reminder of %(due_on)s to %(person)s"),
    "reminder.released": _("Let the reminder of %(due_on)s to %(person)s go"),
    "reminder.hurried": _("Sent the reminder of %(due_on)s to %(person)s at once"),
    "reminders.changed": _reminders_changed,
    "calendar.opened": _("Made a calendar address"),
    "calendar.closed": _("Ended the address of a calendar"),
    "note.written": _("Wrote a note on “%(title)s”: %(text)s"),
    "note.corrected": _("Corrected a note on “%(title)s”. Before: “%(before)s”. Now: “%(text)s”."),
    "evidence.attached": _("Attached the file %(name)s to “%(title)s”"),
    "evidence.removed": _("Removed the file %(name)s from “%(title)s”"),
    "need.saved": _("Saved version %(number)s of the need: %(title)s"),
    "need.reason_corrected": _(
        "Corrected why version %(number)s of the need was written. Before: “%(before)s”."
        " Now: “%(reason)s”."
    ),
    "insight.written": _("Wrote insight %(number)s in the diary: %(title)s"),
    "insight.corrected": _insight_corrected,
    "insight.shared": _("Shared insight %(number)s with all suppliers"),
    "supplier.admitted": _("Entered the supplier %(name)s"),
    "supplier.corrected": _supplier_corrected,
    "supplier.withdrawn": _with_day(
        "left_on",
        _("Day of the withdrawal"),
        _by_label(_("The supplier %(name)s withdrew: %(reason)s")),
    ),
    "supplier.withdrawal_corrected": _(
        "Corrected why the supplier %(name)s withdrew. Before: “%(before)s”. Now: “%(reason)s”."
    ),
    "supplier.withdrawal_taken_back": _(
        "Took back that the supplier %(name)s withdrew (“%(before)s”): %(reason)s"
    ),
    "supplier.taken_away": _("Took away the supplier %(name)s, entered by mistake: %(reason)s"),
    "supplier.discarded": _("The supplier %(name)s does not go on: %(reason)s"),
    "supplier.restored": _("The supplier %(name)s takes part again after a correction"),
    "gate.decided": _with_day(
        "decided_on",
        _("Decided on"),
        _by_label(
            _("Recorded the decision at gate %(number)s: %(outcome)s. Decided by %(decided_by)s"),
            outcome=GateOutcomeChoice,
        ),
    ),
    "gate.corrected": _with_day("decided_on", _("Decided on"), _gate_corrected),
    "gate.signed": _gate_signed,
    "gate.took_effect": _("The decision at gate %(number)s took effect"),
    "gate.correction_took_effect": _(
        "The correction of the decision at gate %(number)s took effect"
    ),
}
# Verbs about steps and the team's own tasks: their first words.
OF_TASKS = ("task", "note", "evidence")


def say_steps_in(words: Words, events: Iterable[Event], case: Case) -> None:
    """Let the events call the handbook's steps and the points of their checklists what `words`
    call them. They are recorded in the language that the edition was written in; what the team
    calls a task of its own is nobody's to translate."""
    source = case.edition.words(case.edition.source_language)
    if words.language == source.language:
        return
    steps = source.in_other_words(words, "step", "title")
    points = source.in_other_words(words, "item", "text")
    of_the_team = Task.objects.filter(case_phase__case=case, step=None)
    own = set(of_the_team.values_list("title", flat=True))
    for event in events:
        if event.verb.partition(".")[0] in OF_TASKS:
            fields = event.fields()
            title = fields.get("title", "")
            if title in steps and title not in own:
                said = {"title": steps[title]}
                if event.verb in ("task.ticked", "task.unticked"):
                    said["text"] = points.get(fields["text"], fields["text"])
                event.said = said


def say_phases_in(events: Iterable[Event], case: Case) -> None:
    """Let the events of papers say in which phase each stands: every gate has its decision, and a
    supplier its contract of every stage, called the same."""
    told = [event for event in events if event.verb.startswith("document.")]
    if not told:
        return
    placed = case.papers.filter(case_phase__isnull=False)
    at = placed.values_list("document__revisions", "case_phase__number", "case_phase__attempt")
    names = {f"{Revision._meta.label_lower}:{pk}": place_in_words(*place) for pk, *place in at}
    for event in told:
        if place := names.get(event.object):
            event.said = {"title": f"{event.fields().get('title', '')} ({place})"}


def place_in_words(number: int, attempt: int) -> str:
    """Which phase, and which round of one that was done again."""
    place = gettext("phase %(number)s") % {"number": number}
    return place if attempt == 1 else f"{place}, {gettext('round %(n)s') % {'n': attempt}}"
