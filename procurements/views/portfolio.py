"""Several cases at once: along the calendar and as a list, and what they wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Case as SqlCase
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.generic import TemplateView

from handbook.purposes import Assessment
from handbook.words import words_of_many
from procurements import agenda, portfolio, signing, timeline, track
from procurements.duties import deadlines_told, tasks_told
from procurements.forms.portfolio import ASSESSES, CAPABILITIES, EARLY, PortfolioForm
from procurements.models import (
    Case,
    CasePhase,
    CaseRole,
    Deadline,
    GateDecision,
    Participant,
    Task,
)
from procurements.periodwords import name_of
from procurements.sight import ManySights, Sight
from procurements.signedin import NumberOf
from procurements.states import ENDED, RUN_THE_CASE, WORKED_IN, CaseState, PhaseState
from procurements.tracking import taking_part, track_phases
from procurements.views.base import LOOKS, OwnMixin
from procurements.views.mine import PAGE, Page
from procurements.views.needing import Needs
from teams.namesakes import told_apart
from teams.text import anywhere, searched_words

if TYPE_CHECKING:
    from handbook.words import Words
    from procurements.forms.portfolio import Choices

# So near a gate is worth a word in the row, and the sentence at the top.
NEAR = timedelta(days=10)
SOON = timedelta(days=14)


@dataclass(frozen=True)
class Row:
    """A case of the portfolio: its way through time, where it stands, and what it has to keep."""

    case: Case
    mini: track.Mini
    line: timeline.Row
    phases: Sequence[track.TrackPhase]
    days: Sequence[timeline.Marked]
    run: CasePhase | None
    phase: str
    suppliers: int
    is_secret: bool
    kind: str
    word: str


class Portfolio(OwnMixin, TemplateView):
    """The cases that I may know of, as the address chooses them."""

    template_name = "procurements/portfolio/list.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = [(name, value) for name, values in request.GET.lists() for value in values]
        # An address that one keeps or hands on names what was chosen, and nothing else.
        chosen = [(name, value) for name, value in asked if value]
        if chosen == asked and self.number > 1 and not self.cases:
            # Fewer cases than when the address was kept.
            chosen = [(name, value) for name, value in asked if name != "page"]
        if chosen != asked:
            return redirect("?".join(filter(None, [request.path, urlencode(chosen)])))
        return super().get(request, *args, **kwargs)

    @cached_property
    def needs(self) -> Needs:
        return Needs(self)

    @property
    def shows_all(self) -> bool:
        return self.request.GET.get("all") == "1"

    @cached_property
    def window(self) -> timeline.Window:
        return timeline.Window.asked(self.request.GET.get("from", ""), self.today)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        needs = self.needs
        mine, others = needs.needs_me, needs.waits_for_others
        chosen = self.form.chosen
        return super().get_context_data(**kwargs) | {
            "today": self.today,
            "week_number": agenda.last_day_of_week(self.today).isocalendar().week,
            "is_next_week": agenda.is_next_week(self.today),
            "nothing_needed": agenda.nothing_needed(agenda.is_next_week(self.today)),
            "may_start": self.person.has_perm("procurements.start_case"),
            "knows_cases": bool(self.frame.places),
            "lead": self.lead,
            "needs": mine[: needs.most],
            "waits": others[: needs.most],
            "has_more": len(mine) > needs.most or len(others) > needs.most,
            "shows_all": self.shows_all,
            "form": self.form,
            "is_narrowed": bool(chosen.keys() - {"sort"}) or bool(self.form.unknown),
            "clear": self.request.path if chosen or self.form.unknown else "",
            "window": self.window,
            "today_at": timeline.percent(self.window.at(self.today) + self.window.half_a_day)
            if self.window.holds(self.today)
            else "",
            "rows": [self.row(case) for case in self.cases],
            "total": self.total,
            "page_obj": Page(self.number, max(-(-self.total // PAGE), 1)),
        }

    @property
    def lead(self) -> str:
        """Five cases at four authorities. Two gates are to be decided within two weeks."""
        if not self.cases:
            return ""
        first = self.cases[0]
        told = {"many": agenda.spelled(self.total), "places": agenda.spelled(first.places).lower()}
        sentences = [
            _("%(many)s cases at %(places)s authorities.") % told
            if first.places > 1
            else ngettext("%(many)s case.", "%(many)s cases.", self.total) % told
        ]
        if first.gates:
            words = ngettext(
                "%(many)s gate is to be decided within two weeks.",
                "%(many)s gates are to be decided within two weeks.",
                first.gates,
            )
            sentences.append(words % {"many": agenda.spelled(first.gates)})
        return " ".join(sentences)

    # What is chosen

    @cached_property
    def visible(self) -> QuerySet[Case]:
        return Case.objects.visible_to(self.person, on=self.today)

    @cached_property
    def frame(self) -> portfolio.Frame:
        return portfolio.read(self.person, at=self.at, today=self.today)

    @cached_property
    def sights(self) -> ManySights:
        return self.frame.sights

    @cached_property
    def words(self) -> dict[int, Words]:
        return words_of_many(self.frame.editions.values())

    @cached_property
    def form(self) -> PortfolioForm:
        return PortfolioForm(self.request.GET, choices=self.choices)

    @property
    def choices(self) -> dict[str, Choices]:
        """What there is to choose between: nothing of cases that are not the person's to know."""
        frame = self.frame
        parents = {place.parent: place.parent_name for place in frame.places if place.parent}
        places = {place.pk: place.words for place in frame.places} | {
            pk: name
            for pk, name in parents.items()
            if sum(place.parent == pk for place in frame.places) > 1
        }
        return {
            "authority": _by_words(places),
            "team": _by_words(frame.teams),
            "handbook": _by_words(self.handbooks),
            "phase": [(str(_("What happens in it")), _capabilities()), *self._phases()],
            "who": _by_words(told_apart(frame.people.values())),
        }

    @cached_property
    def handbooks(self) -> dict[str, str]:
        """By key the title of the newest edition that cases are run by."""
        editions = sorted(self.frame.editions.values(), key=lambda edition: edition.pk)
        return {one.handbook.key: self.words[one.pk]("edition", "title") for one in editions}

    def _phases(self) -> list[tuple[str, list[tuple[str, str]]]]:
        by_handbook: dict[str, dict[str, str]] = {}
        for phase in self.frame.phases:
            key = self.frame.editions[phase.edition].handbook.key
            title = self.words[phase.edition](f"phase:{phase.key}", "title")
            by_handbook.setdefault(key, {})[f"{key}/{phase.key}"] = f"{phase.number} {title}"
        return [(self.handbooks[key], list(of.items())) for key, of in sorted(by_handbook.items())]

    @cached_property
    def chosen(self) -> QuerySet[Case]:
        """The cases that the address asks for; what it says that is no choice asks for nothing."""
        chosen, rows = self.form.chosen, self.visible
        for text in searched_words(chosen.get("q", "")):
            number = text.upper().removeprefix("U-")
            is_number = number.isascii() and number.isdigit() and len(number) < 10
            rows = rows.filter(
                Q(title__iregex=anywhere(text))
                | Q(summary__iregex=anywhere(text))
                | Q(diary_number__iregex=anywhere(text))
                | Q(authority__name__iregex=anywhere(text))
                | Q(authority__parent__name__iregex=anywhere(text))
                | (Q(number=int(number)) if is_number else Q(pk__in=[]))
            )
        if authority := chosen.get("authority"):
            rows = rows.filter(Q(authority=authority) | Q(authority__parent=authority))
        if team := chosen.get("team"):
            rows = rows.filter(team=team)
        if handbook := chosen.get("handbook"):
            rows = rows.filter(
                edition__in=[
                    one.pk for one in self.frame.editions.values() if one.handbook.key == handbook
                ]
            )
        if who := chosen.get("who"):
            held = CaseRole.objects.on(self.today).filter(user=who, role__in=RUN_THE_CASE)
            rows = rows.filter(pk__in=held.values("case"))
        if phase := chosen.get("phase"):
            rows = rows.filter(self._is_in(phase))
        return rows.filter(self._stands(chosen.get("state", "")))

    def _is_in(self, phase: str) -> Exists:
        """Whether the case is in a phase of the handbook, or in one that does such things."""
        going = CasePhase.objects.filter(case=OuterRef("pk"), state__in=WORKED_IN)
        handbook, slash, key = phase.partition("/")
        if slash:
            return Exists(going.filter(phase__key=key, phase__edition__handbook__key=handbook))
        if phase == EARLY[0]:
            return Exists(going.exclude(phase__in=self.frame.phases_with_suppliers))
        if phase == ASSESSES[0]:
            return Exists(going.exclude(phase__assessment=Assessment.NONE))
        return Exists(going.filter(**{f"phase__{CAPABILITIES[phase][1]}": True}))

    def _stands(self, state: str) -> Q:
        going = CasePhase.objects.filter(case=OuterRef("pk"), state__in=WORKED_IN)
        waits = Q(Exists(going.filter(started_on__gt=self.today)))
        works = Q(state=CaseState.ACTIVE) & ~waits
        late = (
            Q(Exists(self._tasks(due_on__lt=self.today)))
            | Q(Exists(self._late_deadlines))
            | Q(Exists(going.filter(self.is_undecided(), planned_gate_on__lt=self.today)))
        )
        if state == "late":
            return works & late
        if state == "ready":
            left = Q(Exists(self._tasks(is_required=True)))
            return works & Q(Exists(going.filter(self.is_undecided()))) & ~left & ~late
        if state == "waiting":
            return Q(state=CaseState.ACTIVE) & waits
        if state == "ended":
            return Q(state__in=ENDED)
        if state == "all":
            return Q()
        return Q(state=state) if state else ~Q(state__in=ENDED)

    def is_undecided(self) -> Q:
        """Runs whose gate is to be decided, as far as the person may know: that it is decided is
        not told outside its window before the decision takes effect."""
        return Q(state=PhaseState.ACTIVE) | (
            Q(state=PhaseState.DECIDED) & ~self.sights.work_seen("")
        )

    def _tasks(self, **which: Any) -> QuerySet[Task]:
        """Open tasks of the phase a case is in, as far as the person is told of them."""
        seen = self.sights.work_seen("case_phase")
        return tasks_told(self.person, seen=seen).filter(case_phase__case=OuterRef("pk"), **which)

    @property
    def _late_deadlines(self) -> QuerySet[Deadline]:
        told = deadlines_told(self.person, seen=self.sights.work_seen("case_phase"), on=self.today)
        return told.filter(case_phase__case=OuterRef("pk"), due_on__lt=self.today)

    # The page of cases

    @cached_property
    def cases(self) -> list[Any]:
        """One page of them, with the totals in every row: no count of its own."""
        going = CasePhase.objects.filter(case=OuterRef("pk"), state__in=WORKED_IN)
        soon = CasePhase.objects.filter(
            self.is_undecided(),
            case__in=self.chosen.filter(state=CaseState.ACTIVE).values("pk"),
            planned_gate_on__range=(self.today, self.today + SOON),
        )
        rows = (
            self.chosen.select_related("authority__parent")
            .annotate(
                total=Window(Count("pk")),
                places=NumberOf(self.chosen.order_by().values("authority").distinct()),
                gates=NumberOf(soon.values("pk")),
                next_gate=Subquery(going.values("planned_gate_on")[:1]),
            )
            .order_by(*self._order())
        )
        start = (self.number - 1) * PAGE
        return list(rows[start : start + PAGE])

    def _order(self) -> list[Any]:
        """Always the same order: the number of the case comes last."""
        gate = F("next_gate").asc(nulls_last=True)
        late_tasks = NumberOf(self._tasks(due_on__lt=self.today).values("pk"))
        orders: dict[str, list[Any]] = {
            "late": [(late_tasks + NumberOf(self._late_deadlines.values("pk"))).desc(), gate],
            "title": ["title"],
            "new": [],
        }
        # What is over comes after all that goes on.
        over = SqlCase(When(state__in=ENDED, then=Value(1)), default=Value(0))
        sort = self.form.chosen.get("sort", "")
        return [*([] if sort in ("title", "new") else [over]), *orders.get(sort, [gate]), "-number"]

    @property
    def total(self) -> int:
        return int(self.cases[0].total) if self.cases else 0

    # What the rows are made of

    @cached_property
    def runs(self) -> dict[int, list[CasePhase]]:
        by_case = {case.pk: case for case in self.cases}
        rows = CasePhase.objects.filter(case__in=by_case).select_related("phase", "round")
        runs: dict[int, list[CasePhase]] = {}
        for run in rows.defer("phase__details").order_by("case", "number", "attempt"):
            run.case = by_case[run.case_id]
            runs.setdefault(run.case_id, []).append(run)
        return runs

    @cached_property
    def recorded(self) -> list[Any]:
        """The decisions of each run shown, and all that wait for signatures."""
        shown = [run.pk for runs in self.runs.values() for run in runs]
        waiting = Q(
            case_phase__state=PhaseState.DECIDED,
            case_phase__case__in=self.visible.filter(state=CaseState.ACTIVE).values("pk"),
        )
        corrected = CasePhase.objects.filter(
            signing.is_being_corrected(), case__in=self.visible.values("pk")
        )
        of_runs = Q(case_phase__in=shown) | Q(case_phase__in=corrected.values("pk"))
        rows = GateDecision.objects.filter(of_runs | waiting).annotate(
            f_state=F("case_phase__state"),
            f_number=F("case_phase__number"),
            f_phase=F("case_phase__phase__key"),
            f_phase_id=F("case_phase__phase"),
            f_edition=F("case_phase__case__edition"),
            f_case=F("case_phase__case"),
            f_case_state=F("case_phase__case__state"),
            f_case_number=F("case_phase__case__number"),
            f_case_title=F("case_phase__case__title"),
        )
        return list(rows.defer("reasons", "conditions", "correction", "hindrances", "despite"))

    @cached_property
    def decisions(self) -> dict[int, Any]:
        """The decision that stands at the gate of each run shown."""
        return GateDecision.standing(self.recorded)

    @cached_property
    def participants(self) -> dict[int, list[Participant]]:
        """Of the cases shown in which suppliers may be known now."""
        runs = {run.pk: run for runs in self.runs.values() for run in runs}
        seen = [case.pk for case in self.cases if self.sight_of(case).sees_suppliers]
        found: dict[int, list[Participant]] = {pk: [] for pk in seen}
        rows = Participant.objects.filter(case__in=seen)
        for one in rows.only("case", "name", "admitted_in", "left_in", "left_on"):
            one.admitted_in = runs[one.admitted_in_id]
            if one.left_in_id:
                one.left_in = runs[one.left_in_id]
            found[one.case_id].append(one)
        return found

    def sight_of(self, case: Case) -> Sight:
        if case.pk not in self._sights:
            held, runs = self.frame.held.get(case.pk, []), self.runs.get(case.pk, [])
            self._sights[case.pk] = Sight.from_rows(held, runs, at=self.at)
        return self._sights[case.pk]

    @cached_property
    def _sights(self) -> dict[int, Sight]:
        return {}

    @cached_property
    def days(self) -> dict[int, list[timeline.Marked]]:
        """The deadlines to be kept in the cases shown that the person may know."""
        runs = {run.pk: run for runs in self.runs.values() for run in runs}
        found: dict[int, list[timeline.Marked]] = {}
        for pk, title, period, person, day in self.needs.beside.get("day", []):
            # A phase that was begun anew between the page's two questions waits for the next look.
            if (run := runs.get(pk)) is None:
                continue
            on = date.fromisoformat(day)
            if self.sights.sees_work(pk, run.case_id) or person == self.person.pk:
                marked = timeline.Marked(
                    on, title or name_of(period), run.number, is_late=on < self.today
                )
                found.setdefault(run.case_id, []).append(marked)
        return {case: sorted(days) for case, days in found.items()}

    # The rows

    def row(self, case: Any) -> Row:
        sight, words = self.sight_of(case), self.words[case.edition_id]
        runs, everyone = self.runs.get(case.pk, []), self.participants.get(case.pk)
        phases = track_phases(
            case, words, runs=runs, participants=everyone, decisions=self.decisions, sight=sight
        )
        going = next((run for run in runs if run.is_going), None)
        days = self.days.get(case.pk, [])
        kind, word = self._state(case, going, late_days=sum(day.is_late for day in days))
        return Row(
            case=case,
            mini=track.mini(phases),
            line=timeline.row(phases, days, self.window),
            phases=phases,
            days=days,
            run=going,
            phase=words(going.phase, "title") if going else "",
            suppliers=len(taking_part(going, everyone)) if going and everyone else 0,
            is_secret=not sight.sees_suppliers,
            kind=kind,
            word=word,
        )

    def _state(self, case: Any, going: CasePhase | None, *, late_days: int) -> tuple[str, str]:
        if case.state in LOOKS:
            return LOOKS[case.state], str(case.get_state_display())
        if going is None or going.is_waiting(on=self.today):
            return "vantar", pgettext("case", "Waiting to start")
        is_decided = going.pk in self.needs.known_decisions
        late_tasks, left = self.needs.tasks.get(case.pk, (0, 0))
        late = late_tasks + late_days + (not is_decided and going.planned_gate_on < self.today)
        if late:
            return "sen", ngettext("%(n)s late", "%(n)s late", late) % {"n": late}
        if is_decided:
            return "beslut", pgettext("gate", "To be signed")
        if not left:
            return "klar", pgettext("case", "Ready for the gate")
        days = (going.planned_gate_on - self.today).days
        if days <= NEAR.days:
            words = ngettext("Gate in %(n)s day", "Gate in %(n)s days", days) % {"n": days}
            return "snart", words if days else _("Gate today")
        return "pagar", pgettext("case", "On time")


def _by_words(choices: Mapping[Any, str]) -> list[tuple[str, str]]:
    return sorted(((str(key), words) for key, words in choices.items()), key=lambda c: c[1].lower())


def _capabilities() -> list[tuple[str, str]]:
    named = {key: words for key, (words, _field) in CAPABILITIES.items()}
    return [(key, str(words)) for key, words in (EARLY, *named.items(), ASSESSES)]
