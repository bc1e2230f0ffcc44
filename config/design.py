"""The component page: every part in every state, to look at while building. Only in debug.

Its words are written in the template in English and are not translated: nobody but the people who
build Upptakt ever opens it.
"""

from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from procurements import track

STATES = [
    ("klar", "Done"),
    ("pagar", "Going on"),
    ("kommande", "Coming"),
    ("vantar", "Waiting"),
    ("snart", "Soon"),
    ("sen", "Late"),
    ("last", "Locked"),
    ("utkast", "Draft"),
    ("beslut", "Decision"),
    ("misslyckades", "Failed"),
    ("pausad", "Paused"),
    ("avslutad", "Stopped"),
]
ROLES = [
    ("ink", "Text, lines, decided gate"),
    ("act", "Action, current phase"),
    ("time-line", "Time: today, soon"),
    ("bad", "Late, zero, error"),
    ("ok", "Done, paid"),
    ("new", "New in the handbook"),
    ("band", "Band behind track and forms"),
    ("act-fill", "Chosen row, seal"),
]


class Example(forms.Form):
    """One of each kind of field."""

    title = forms.CharField(help_text="As it will stand on papers.")
    email = forms.EmailField(required=False)
    start = forms.DateField(label="Planned start", required=False)
    weeks = forms.IntegerField()
    kind = forms.ChoiceField(choices=[("product", "Product"), ("service", "Service")])
    track = forms.ChoiceField(
        label="Legal track",
        choices=[("undecided", "Undecided"), ("innovation", "Innovation partnership")],
        widget=forms.RadioSelect,
        help_text="Can wait until a phase opens a call.",
    )
    context = forms.MultipleChoiceField(
        choices=[("a", "Staff"), ("b", "Residents"), ("c", "Suppliers")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    need = forms.CharField(widget=forms.Textarea, help_text="Who, when, and what happens today.")
    file = forms.FileField(required=False)
    agreed = forms.BooleanField(label="Nobody has reported a conflict of interest")


def sample_track(count: int, current: int, suppliers: int) -> track.Track:
    """A made-up track: so many phases, the current one by index, that many suppliers at first."""
    today = timezone.localdate()
    begin = today - timedelta(days=42 * current + 20)
    names = ["Klarsyn", "Tankegång", "Vårdvinkel", "Rumslig Omsorg", "Perspektivverket"]
    taking_part = [
        track.Supplier(number, names[number % len(names)]) for number in range(1, suppliers + 1)
    ]
    phases = []
    for index in range(count):
        state: track.State = "done" if index < current else "now" if index == current else "later"
        starts_on = begin + timedelta(days=42 * index)
        stays = taking_part[: max(1, len(taking_part) * 3 // 7)] if index >= 2 else taking_part
        leaves = taking_part if state == "done" else stays
        phases.append(
            track.TrackPhase(
                number=index + 1,
                title=["Need", "Dialogue", "Qualification", "Concept", "Prototype/MVP"][index % 5],
                state=state,
                url=f"#phase-{index + 1}",
                starts_on=starts_on,
                ends_on=starts_on + timedelta(days=34),
                gate_on=starts_on + timedelta(days=39),
                has_gate=index + 1 < count,
                admits=index == 1,
                suppliers=tuple(taking_part) if index and state != "later" else (),
                leaving=frozenset(each.key for each in set(leaves) - set(stays))
                if index
                else frozenset(),
                expected=len(stays) if index else None,
                fee=Decimal(50000) if index > 2 else None,
            )
        )
        if index >= 2 and state == "done":
            taking_part = stays
    return track.draw(phases, today=today)


def components(request: HttpRequest) -> HttpResponse:
    """?phases=14&suppliers=40 draws another track, ?toast shows what was saved."""
    today = timezone.localdate()
    count = min(max(int(request.GET.get("phases", 8)), 3), 14)
    drawn = sample_track(count, count // 2, int(request.GET.get("suppliers", 7)))
    if "toast" in request.GET:
        messages.success(request, "The checklist is saved.", extra_tags="saved")
    return render(
        request,
        "design/components.html",
        {
            "states": STATES,
            "roles": ROLES,
            "form": Example(),
            "wrong": Example(
                prefix="wrong",
                data={"wrong-title": "", "wrong-weeks": "many", "wrong-start": "31 november"},
            ),
            "days": [today + timedelta(days=days) for days in (-4, -1, 0, 1, 2, 20)],
            "today": today,
            "long_ago": date(2025, 12, 30),
            "now": timezone.now(),
            "crumbs": [("/", "My cases"), ("/", "Karlstads kommun")],
            "tabs": [
                {"url": "#overview", "label": "Overview", "current": True},
                {"url": "#phases", "label": "Phases", "count": "5 of 8"},
                {"url": "#suppliers", "label": "Suppliers", "count": 3},
                {"url": "#documents", "label": "Documents", "count": 14},
                {"url": "#diary", "label": "Diary", "count": 31},
            ],
            "page": Paginator(range(100), 10).page(3),
            "track": drawn,
            "mini": track.mini([each.phase for each in drawn.segments]),
        },
    )


def broken(request: HttpRequest) -> HttpResponse:
    """To see the page for a fault of ours."""
    raise RuntimeError("This page breaks on purpose.")


urlpatterns = [
    path("design/", components, name="design"),
    path("design/broken/", broken, name="design_broken"),
]
