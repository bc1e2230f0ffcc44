from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from journal.models import Event
from procurements.events import say_phases_in, say_steps_in
from procurements.views.base import CaseMixin
from procurements.views.numbered import page_of

# Kinds of events a reader filters by: the first word of their verbs.
KINDS = {
    "case": (_("The case"), ("case", "legal")),
    "people": (_("People and roles"), ("role", "person", "invitation")),
    "phases": (_("Phases and gates"), ("phase", "round", "gate")),
    "work": (_("Steps and notes"), ("task", "note", "evidence")),
    "days": (_("Deadlines and reminders"), ("deadline", "reminder", "reminders", "calendar")),
    "need": (_("Need and diary"), ("need", "insight")),
    "suppliers": (_("Suppliers"), ("supplier",)),
    "papers": (_("Papers"), ("document", "paper")),
}


class KindForm(forms.Form):
    """Which events to show."""

    kind = forms.ChoiceField(
        label=_("Kind of event"),
        required=False,
        choices=[("", _("All events")), *((key, words) for key, (words, _v) in KINDS.items())],
    )


class History(CaseMixin, TemplateView):
    """Every event of the case that the person may read, newest first, in words."""

    permission = "procurements.view_history"
    template_name = "procurements/history/list.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind = self.request.GET.get("kind", "")
        events = Event.objects.of(self.case).open_to(self.sight.closed_circles).readable()
        if kind in KINDS:
            wanted = Q()
            for start in KINDS[kind][1]:
                wanted |= Q(verb__startswith=f"{start}.")
            events = events.filter(wanted)
        page = page_of(events, self.request.GET)
        shown = list(page)
        say_steps_in(self.case.edition.words(), shown, self.case)
        say_phases_in(shown, self.case)
        return super().get_context_data(**kwargs) | {
            "page": page,
            "events": shown,
            "form": KindForm(initial={"kind": kind}),
            "clear": self.request.path if kind in KINDS else "",
            "may_order": self.sight.has_undertaken,
        }
