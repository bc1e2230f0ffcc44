"""The first page of the day: what needs me, what waits for others, and my cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Window
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.generic import TemplateView

from documents.models import Revision
from documents.states import UNDER_WAY, RevisionState
from handbook.models import Edition, Phase
from handbook.states import EditionState
from handbook.words import words_of_many
from procurements import agenda, signing, track
from procurements.models import (
    Case,
    CasePhase,
    CaseRole,
    GateDecision,
    Participant,
)
from procurements.sight import Sight
from procurements.signedin import NumberOf
from procurements.states import ENDED, CaseState, PhaseState, Role
from procurements.tracking import taking_part, track_phases
from procurements.undelivered import in_words, undelivered_letters
from procurements.views.base import LOOKS, OwnMixin
from procurements.views.paper import may_see
from procurements.views.week import DECIDE, MyWeek, suggested_in_words, suggested_to
from teams.views.account import demo_people

if TYPE_CHECKING:
    from handbook.words import Words
    from teams.models import User

PAGE = 50
RENDERED = 10


@dataclass(frozen=True)
class Row:
    """A case in the list of one's own: its small track, its gate and where it stands."""

    case: Case
    mini: track.Mini
    run: CasePhase | None
    phase: str
    before: int | None
    now: int | None
    after: int | None
    is_secret: bool
    kind: str
    word: str


@dataclass(frozen=True)
class Page:
    """One page of rows as the pagination template reads it."""

    number: int
    num_pages: int

    @property
    def paginator(self) -> Page:
        return self

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.num_pages

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1


class MyCases(OwnMixin, TemplateView):
    """The cases in which I have a role, and my week."""

    @cached_property
    def week(self) -> MyWeek:
        return MyWeek(self)

    @property
    def shows_ended(self) -> bool:
        return self.request.GET.get("show") == "ended"

    @cached_property
    def held(self) -> QuerySet[Case]:
        return Case.objects.held_by(self.person, on=self.today)

    def get_template_names(self) -> list[str]:
        is_empty = not self.cases and not self.shows_ended and not self.ended
        return ["procurements/mine/empty.html" if is_empty else "procurements/mine/list.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_start = self.request.user.has_perm("procurements.start_case")
        context = super().get_context_data(**kwargs) | {
            "today": self.today,
            "week_number": self.today.isocalendar().week,
            "may_start": may_start,
            "shows_ended": self.shows_ended,
        }
        if not self.cases and not self.shows_ended and not self.ended:
            suggested = suggested_to(self.person, on=self.today)
            letters = undelivered_letters(self.person, on=self.today)
            beside = list(suggested.union(*letters, all=True))
            return context | {
                "suggested": suggested_in_words(beside),
                "undelivered": in_words(beside),
                "first_phase": Phase.objects.filter(edition__in=Edition.objects.current())
                .select_related("edition__handbook")
                .order_by("edition__handbook__key", "-edition__published_at", "number")
                .first(),
                "example": self.example if settings.IS_DEMO else None,
                **self.other_roles,
            }
        local = timezone.localtime(self.at, timezone.get_default_timezone())
        first_name = self.person.get_short_name()
        return context | {
            "greeting": agenda.greeting(local.hour, first_name),
            "week": agenda.week_of(self.week.things(), self.today),
            "suggested": suggested_in_words(self.week.beside),
            "undelivered": in_words(self.week.beside),
            "waiting": self.waiting(),
            "rendered": self.papers(failed=False),
            "not_made": self.papers(failed=True),
            "rows": [self.row(case) for case in self.cases],
            "is_superseded": any(
                case.edition.state == EditionState.SUPERSEDED and not case.is_over
                for case in self.cases
            ),
            "total": self.total,
            "ended": self.ended,
            "page_obj": Page(self.number, max(-(-self.total // PAGE), 1)),
        }

    @property
    def other_roles(self) -> dict[str, date | None]:
        """The first day of a role to come, and the last day's end of those that have been."""
        mine = CaseRole.objects.filter(user=self.person)
        to_come = mine.not_ended(self.today).filter(from_on__gt=self.today)
        been = mine.filter(until_on__lte=self.today, until_on__gt=F("from_on"))
        return mine.aggregate(
            begins_on=Min("from_on", filter=Q(pk__in=to_come.values("pk"))),
            ended_on=Max("until_on", filter=Q(pk__in=been.values("pk"))),
        )

    @property
    def example(self) -> User | None:
        """Somebody of the demo who has a case to look around in."""
        held = CaseRole.objects.on(self.today).filter(user__in=demo_people())
        first = held.select_related("user").order_by("case", "pk").first()
        return first.user if first else None

    # Cases

    @cached_property
    def cases(self) -> list[Any]:
        """One page of them, with the totals in every row: no count of its own."""
        ended = Q(state__in=ENDED)
        rows = (
            self.held.filter(ended if self.shows_ended else ~ended)
            .select_related("authority", "edition")
            .annotate(
                total=Window(Count("pk")),
                ended_count=NumberOf(self.held.filter(ended).values("pk")),
            )
            .order_by("-number")
        )
        start = (self.number - 1) * PAGE
        found = list(rows[start : start + PAGE])
        if self.number > 1 and not found:
            raise Http404
        return found

    @property
    def total(self) -> int:
        return int(self.cases[0].total) if self.cases else 0

    @cached_property
    def ended(self) -> int:
        if self.cases:
            return int(self.cases[0].ended_count)
        return self.held.filter(state__in=ENDED).count()

    # What the rows and the week are made of

    @cached_property
    def runs(self) -> dict[int, list[CasePhase]]:
        """Every run of the cases shown and of those with papers to tell of, and those of my other
        cases whose gate or deadline is near or whose decision is being corrected."""
        near = Q(case__in=self.held.filter(state=CaseState.ACTIVE)) & (
            Q(state=PhaseState.DECIDED)
            | Q(
                state=PhaseState.ACTIVE,
                planned_gate_on__lte=agenda.last_day_of_week(self.today),
            )
        )
        shown = {case.pk for case in self.cases} | set(self.cases_with_papers)
        shown |= {task.case_phase.case_id for task in self.week.tasks}
        # What is told of a run depends on the windows of them all.
        due = self.week.deadlines.values("case_phase__case")
        corrected = CasePhase.objects.filter(signing.is_being_corrected(), case__in=self.held)
        of_cases = Q(case__in=shown) | Q(case__in=due) | Q(case__in=corrected.values("case"))
        found = CasePhase.objects.filter(near | of_cases)
        rows = found.select_related("phase", "round", "case__edition")
        runs: dict[int, list[CasePhase]] = {}
        for run in rows.order_by("case", "number", "attempt"):
            runs.setdefault(run.case_id, []).append(run)
        return runs

    @cached_property
    def recorded(self) -> list[GateDecision]:
        """Every decision at the gates of those runs."""
        shown = [run.pk for runs in self.runs.values() for run in runs]
        return list(GateDecision.objects.filter(case_phase__in=shown))

    @cached_property
    def decisions(self) -> dict[int, GateDecision]:
        """The decision that stands at the gate of each run."""
        return GateDecision.standing(self.recorded)

    @cached_property
    def sights(self) -> dict[int, Sight]:
        """What I may see in each case, from my roles and the runs that have been read."""
        me = self.request.user.pk
        return {
            pk: Sight.from_rows(
                [role for role in held if role.user_id == me], self.runs.get(pk, []), at=self.at
            )
            for pk, held in self.roles.items()
        }

    @cached_property
    def roles(self) -> dict[int, list[CaseRole]]:
        """My roles in each case, and those of all who decide in it or own it."""
        cases = {run.case_id for runs in self.runs.values() for run in runs}
        cases |= {case.pk for case in self.cases} | set(self.cases_with_papers)
        mine_or_theirs = Q(user=self.request.user) | Q(role__in=[*DECIDE, Role.OWNER])
        rows = CaseRole.objects.on(self.today).filter(mine_or_theirs, case__in=cases)
        found: dict[int, list[CaseRole]] = {pk: [] for pk in cases}
        for role in rows.select_related("user"):
            found[role.case_id].append(role)
        return found

    @cached_property
    def participants(self) -> dict[int, list[Participant]]:
        seen = [case.pk for case in self.cases if self.sights[case.pk].sees_suppliers]
        found: dict[int, list[Participant]] = {pk: [] for pk in seen}
        for one in Participant.objects.filter(case__in=seen).select_related(
            "admitted_in", "left_in"
        ):
            found[one.case_id].append(one)
        return found

    @cached_property
    def words(self) -> dict[int, Words]:
        editions = {case.edition_id: case.edition for case in self.cases}
        editions |= {
            run.case.edition_id: run.case.edition for runs in self.runs.values() for run in runs
        }
        return words_of_many(editions.values())

    # What waits for others, and papers

    def waiting(self) -> list[dict[str, Any]]:
        """What my cases wait for that others do: a decision, or the signatures on one."""
        rows = []
        until = agenda.last_day_of_week(self.today)
        for run in self.week.unsigned:
            # That a decision is recorded is not told to those the round leaves out.
            is_told = signing.sees_unsigned(run, self.sights[run.case_id])
            if is_told and run not in self.week.to_sign:
                decision = self.week.waiting[run.pk]
                what = _("Signatures on gate %(number)s, %(case)s")
                what %= {"number": run.number, "case": run.case.title}
                url = reverse("gate", args=[run.case.number, decision.pk])
                who = ", ".join(self.week.left_to_sign(run))
                rows.append({"what": what, "url": url, "since": decision.recorded_at, "who": who})
        for run in self.week.going:
            sight = self.sights[run.case_id]
            facts = {"number": run.number, "case": run.case.title}
            url = reverse("case_phase", args=[run.case.number, run.phase.key])
            # Whom its window leaves out is not told that it is decided.
            is_told = run.state == PhaseState.DECIDED and sight.sees_work(run)
            is_near = run.planned_gate_on <= until
            if is_near and not is_told and not self.week.can_decide(run):
                what = _("Decision at gate %(number)s, %(case)s") % facts
                rows.append({"what": what, "url": url, "due": run.planned_gate_on})
        return rows

    @cached_property
    def ordered(self) -> list[Revision]:
        """Papers of my cases that are ordered or being made, others' secret ones left out; and
        those I ordered that could not be made, until they are ordered again or the case ends."""
        mine = Q(ordered_by=self.person)
        open_to_all = Q(document__place__is_secret=False, document__place__participant=None)
        newer = Revision.objects.filter(
            document=OuterRef("document"), number__gt=OuterRef("number")
        )
        failed = Q(state=RevisionState.FAILED) & ~Q(document__place__case__state__in=ENDED)
        rows = Revision.objects.filter(
            Q(state__in=UNDER_WAY) & (mine | open_to_all) | mine & failed & ~Q(Exists(newer)),
            document__place__case__in=self.held,
        )
        return list(
            rows.select_related(
                "document__place__case",
                "document__place__case_phase",
                "document__place__template",
            )
            .defer("data", "frame", "template_text")
            .order_by("-ordered_at", "-pk")[: 2 * RENDERED]
        )

    @property
    def cases_with_papers(self) -> dict[int, Case]:
        places = [row.document.place for row in self.ordered]  # type: ignore[attr-defined]
        return {place.case_id: place.case for place in places}

    def papers(self, *, failed: bool) -> list[dict[str, Any]]:
        """Those being made, or those that could not be, that I may know of now."""
        found = []
        for row in self.ordered:
            place = row.document.place  # type: ignore[attr-defined]
            if row.has_failed == failed and may_see(place, self.sights[place.case_id]):
                url = reverse("paper", args=[place.case.number, place.pk])
                told = {"title": row.document.title, "case": place.case, "url": url, "place": place}
                found.append(told | {"state": row.state, "error": row.error})
        return found[:RENDERED]

    # The rows

    def row(self, case: Any) -> Row:
        sight, words = self.sights[case.pk], self.words[case.edition_id]
        runs = self.runs.get(case.pk, [])
        everyone = self.participants.get(case.pk)
        phases = track_phases(
            case, words, runs=runs, participants=everyone, decisions=self.decisions, sight=sight
        )
        going = next((run for run in runs if run.is_going), None)
        kind, word = self._state(case, going, sight)
        return Row(
            case=case,
            mini=track.mini(phases),
            run=going,
            phase=words(going.phase, "title") if going else "",
            **self._funnel(going, runs, everyone),
            is_secret=not sight.sees_suppliers,
            kind=kind,
            word=word,
        )

    def _funnel(
        self, going: CasePhase | None, runs: Sequence[CasePhase], everyone: list[Participant] | None
    ) -> dict[str, int | None]:
        """How many took part before, take part now, and are planned for after."""
        if going is None or not everyone:
            return {"before": None, "now": None, "after": None}
        earlier = [run for run in runs if run.number < going.number]
        later = [run for run in runs if run.number > going.number]
        before = len(taking_part(earlier[-1], everyone)) if earlier else 0
        now = len(taking_part(going, everyone))
        planned = later[0].planned_suppliers if later else None
        # Nobody comes in after the phase that admits suppliers.
        after = planned if planned is None or going.phase.admits_suppliers else min(planned, now)
        return {"before": before or None, "now": now, "after": after}

    def _state(self, case: Any, going: CasePhase | None, sight: Sight) -> tuple[str, str]:
        if case.state in LOOKS:
            return LOOKS[case.state], str(case.get_state_display())
        if going and going.is_waiting(on=self.today):
            return "vantar", pgettext("case", "Waiting to start")
        late = self.week.late.get(case.pk, 0)
        if going and going.planned_gate_on < self.today:
            # That it is decided is not told to those whom its window leaves out.
            is_decided = going.state == PhaseState.DECIDED and signing.sees_unsigned(going, sight)
            late += not is_decided
        if late:
            return "sen", ngettext("%(n)s late", "%(n)s late", late) % {"n": late}
        return "pagar", pgettext("case", "On time")
