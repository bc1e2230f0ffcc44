from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procurements import days
from procurements.forms.case import ChangeCaseForm
from procurements.models import Case, CasePhase, GateDecision, Insight, Participant, Task
from procurements.operations.case import give_role, pause_case, resume_case, stop_case
from procurements.operations.deadline import count_deadline, keep_deadline, set_deadline
from procurements.operations.gate import Verdict, decide_gate
from procurements.operations.signing import sign_gate
from procurements.operations.task import complete_task
from procurements.states import CaseState, Role
from teams.models import Team, User
from tests.builders import a_case_today, an_edition
from tests.forms import also, fields_of
from tests.people import signed_in
from tests.test_leaks import TOKENS

# A case begins on a working day, and its first phase with it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
NAMES = ["Klarsyn AB", "Tankegång Studio", "Vårdvinkel"]


def typed_in(page, url):
    return fields_of(page.content.decode(), url)


def decide(case, people, outcome="proceed"):
    run = case.current_phase
    today = timezone.localdate()
    for task in run.tasks.filter(is_required=True):
        complete_task(case=case, task=task, by=people.per, at=timezone.now())
    decide_gate(
        case=case,
        case_phase=run,
        outcome=outcome,
        reasons="Behovet är tydligt",
        verdicts={one.pk: Verdict(True) for one in case.participants.all()},
        decided_by="Nämnden",
        reference="§ 1",
        decided_on=max(today, run.started_on),
        by=people.per,
        at=timezone.now(),
    )
    return Case.objects.get(pk=case.pk)


def in_the_phase_that_admits(people, **facts):
    """The second phase of the edition has begun today, with three suppliers in it."""
    case = a_case_today(people, roles={Role.OBSERVER: people.nora}, **facts)
    case = decide(case, people)
    run = case.current_phase
    run.started_on = run.planned_starts_on = timezone.localdate()
    run.save()
    run.round.opens_at = timezone.now() - timedelta(hours=1)
    run.round.save()
    for name in NAMES:
        Participant.objects.create(
            case=case,
            name=name,
            admitted_in=run,
            added_by=people.per,
            added_at=timezone.now(),
        )
    return Case.objects.get(pk=case.pk)


def end_the_window(case):
    window = case.current_phase.round
    window.ends_at = timezone.now()
    window.save()


def test_overview_says_where_the_case_is_and_what_to_do_now(people):
    case = a_case_today(people)

    html = signed_in(people.per).get(case.get_absolute_url()).content.decode()

    assert "Nu · steg 0.1" in html
    assert "Fortsätt med steg 0.1" in html
    assert "Fråga 0?" in html
    assert "Punkt 1 i 0.1" in html
    assert "Notering 0.1" in html
    assert "Steg 0.3" not in html


def test_overview_says_whose_signatures_a_decision_waits_for(people):
    edition = an_edition(signatures=["chief", "buyer"])
    roles = {Role.MANAGEMENT: people.nora, Role.OBSERVER: people.lena}
    case = decide(a_case_today(people, edition=edition, roles=roles), people)
    decision = GateDecision.objects.get()
    url = reverse("gate", args=[case.number, decision.pk])

    def overview(who):
        return signed_in(who).get(case.get_absolute_url())

    page = overview(people.lena)
    assert page.context["signers"] == ["Chief", "Buyer"]
    assert f'href="{url}"' in page.content.decode()
    # It is not to be decided any more, and what is left of the steps comes next.
    assert [line.step.number for line in page.context["ahead"]] == ["0.2"]
    assert f'href="{url}#signatures"' in overview(people.nora).content.decode()

    sign_gate(case=case, decision=decision, role="chief", by=people.nora, at=timezone.now())

    page = overview(people.nora)
    assert page.context["signers"] == ["Buyer"]
    assert f'href="{url}"' in page.content.decode()


def test_overview_with_a_decision_that_waits_takes_at_most_twelve_queries(people):
    edition = an_edition(signatures=["chief", "buyer"], signed_phases=[1])
    case = in_the_phase_that_admits(people, edition=edition)
    decide(case, people)

    now = timezone.now()
    give_role(
        case=case,
        user=people.lena,
        role="management",
        from_on=timezone.localdate(now),
        by=people.per,
        at=now,
    )

    for who in (people.per, people.nora, people.lena):
        captured = queries_of(signed_in(who), case.get_absolute_url())
        assert len(captured) <= 12, [query["sql"][:90] for query in captured]


def test_overview_tells_nothing_of_a_decision_to_whom_its_window_leaves_out(people):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    case = in_the_phase_that_admits(people, edition=edition)
    case.current_phase.tasks.update(is_required=False)

    def overview():
        page = signed_in(people.nora).get(case.get_absolute_url())
        return TOKENS.sub("", page.content.decode())

    before = overview()
    decide(case, people)

    assert Case.objects.get().current_phase.state == "decided"
    assert overview() == before


def test_what_comes_next_stands_by_its_day_and_says_what_is_late(people):
    case = a_case_today(people)
    run, today = case.current_phase, timezone.localdate()
    run.tasks.filter(step__number=1).update(position=0)
    run.tasks.filter(step__number=2).update(due_on=today - timedelta(days=3))
    Task.objects.create(
        case_phase=run, title="Ring", position=9, due_on=run.planned_gate_on + timedelta(days=1)
    )
    late = run.tasks.get(step__number=2)

    page = signed_in(people.per).get(case.get_absolute_url())

    shown = [line.step.title if line.step else "gate" for line in page.context["ahead"]]
    assert shown == ["Steg 0.2", "gate", "Ring"]
    html = page.content.decode()
    html = html[html.index('class="nextlist"') : html.index('id="steps-h"')]
    assert reverse("task", args=[case.number, late.pk]) in html
    assert f"{run.get_absolute_url()}#gate" in html
    assert html.count("due--late") == 1


def test_overview_of_a_draft_asks_to_begin(people):
    case = a_case_today(people, begun=False)

    html = signed_in(people.per).get(case.get_absolute_url()).content.decode()

    assert "Ingen annan ser ärendet än" in html
    assert reverse("case_begin", args=[case.number]) in html
    assert reverse("case_discard", args=[case.number]) in html


def test_who_cannot_begin_a_draft_is_not_asked_to(people):
    case = a_case_today(people, begun=False, roles={Role.NEED_OWNER: people.nora})

    per, nora = (
        signed_in(one).get(case.get_absolute_url(), {"lang": "en"}).content.decode()
        for one in (people.per, people.nora)
    )

    assert "begin when you are ready" in per
    assert "begin when you are ready" not in nora
    assert "Whoever leads the case begins it" in nora


@pytest.mark.parametrize("working_days", [-5, 0, 5])
def test_beginning_after_the_planned_day_is_said(people, working_days):
    case = a_case_today(people, begun=False)
    planned = days.add_working_days(timezone.localdate(), working_days)
    Case.objects.filter(pk=case.pk).update(planned_start_on=planned)

    page = signed_in(people.per).get(reverse("case_begin", args=[case.number]), {"lang": "en"})

    assert ("It was planned to start on" in page.content.decode()) == (working_days < 0)


def test_the_checklist_of_the_overview_saves_what_is_ticked_and_unticked(people):
    case = a_case_today(people)
    client = signed_in(people.per)
    task = case.current_phase.tasks.get(step__number=1)
    action = reverse("task_checklist", args=[case.number, task.pk])

    def shown():
        return fields_of(client.get(case.get_absolute_url()).content.decode(), action)

    key = task.step.items.order_by("position").first().key
    answer = client.post(action, also(shown(), item=key))
    ticked = list(task.ticks.values_list("item__key", flat=True))
    client.post(action, {name: sent for name, sent in shown().items() if name != "item"})

    assert answer.headers["Location"] == f"{case.get_absolute_url()}#step-{task.pk}"
    assert ticked == [key]
    assert not task.ticks.exists()


def test_an_observer_reads_the_checklist_of_the_overview_without_a_form(people):
    case = a_case_today(people, roles={Role.OBSERVER: people.nora})

    html = signed_in(people.nora).get(case.get_absolute_url()).content.decode()

    assert "Punkt 1 i 0.1" in html
    assert "checklist/" not in html


def test_a_draft_whose_first_phase_was_moved_begins_on_that_day(people):
    case = a_case_today(people, begun=False)
    client = signed_in(people.per)
    first = case.phases.order_by("number").first()
    later = days.add_working_days(first.planned_starts_on, 30)

    client.post(reverse("case_phase_move", args=[case.number, first.pk]), {"starts_on": later})
    begin = client.get(reverse("case_begin", args=[case.number])).context["form"]

    assert begin["on"].value() == later
    assert Case.objects.get(pk=case.pk).planned_start_on == later
    client.post(reverse("case_begin", args=[case.number]), {"on": begin["on"].value()})
    assert Case.objects.get(pk=case.pk).current_phase.started_on == later


def test_a_draft_that_others_have_seen_is_stopped_and_not_thrown_away(people):
    case = a_case_today(people, begun=False, roles={Role.OBSERVER: people.nora})
    client = signed_in(people.per)
    discard = reverse("case_discard", args=[case.number])
    stop = reverse("case_stop", args=[case.number])

    html = client.get(case.get_absolute_url()).content.decode()
    refused = client.post(discard, {"confirmed": "on"})
    client.post(stop, {"reason": "Det blev inget", "confirmed": "on"})
    after = client.get(case.get_absolute_url()).content.decode()

    assert discard not in html
    assert stop in html
    assert "Bara de som har bjudits in ser ärendet än" in html
    assert refused.status_code == 422
    # What is no longer true is not said beside the refusal.
    assert "Ingen annan har sett utkastet" not in refused.content.decode()
    assert stop in refused.content.decode()
    assert Case.objects.get(pk=case.pk).state == CaseState.STOPPED
    assert "Ärendet slutade innan det hade börjat" in after


@pytest.mark.parametrize(
    "part",
    ["", "edit/", "begin/", "pause/", "resume/", "stop/", "plan/", "legal/", "people/"],
)
def test_case_is_not_there_for_somebody_outside(people, part):
    case = a_case_today(people)

    assert signed_in(people.olle).get(f"{case.get_absolute_url()}{part}").status_code == 404


@pytest.mark.parametrize(
    "part", ["edit/", "begin/", "pause/", "resume/", "stop/", "discard/", "people/give/"]
)
def test_observer_reads_and_changes_nothing(people, part):
    case = a_case_today(people, roles={Role.OBSERVER: people.nora})
    client = signed_in(people.nora)

    assert client.get(case.get_absolute_url()).status_code == 200
    assert client.get(f"{case.get_absolute_url()}{part}").status_code == 403
    assert client.post(f"{case.get_absolute_url()}{part}").status_code == 403


def test_visitor_is_asked_to_sign_in(people):
    case = a_case_today(people)

    assert Client().get(case.get_absolute_url()).status_code == 302


def test_suppliers_are_named_for_the_procurer_in_the_window(people):
    case = in_the_phase_that_admits(people)

    html = signed_in(people.per).get(case.get_absolute_url()).content.decode()

    assert all(name in html for name in NAMES)
    assert 'Leverantörer <span class="tabs__n num">3</span>' in html


def test_observer_in_the_window_sees_no_name_number_or_count(people):
    case = in_the_phase_that_admits(people)

    html = signed_in(people.nora).get(case.get_absolute_url()).content.decode()

    assert not any(name in html for name in NAMES)
    assert 'Leverantörer <span class="tabs__n num">' not in html
    assert 'Dokument <span class="tabs__n num">' not in html
    assert "3 leverantörer" not in html
    assert "Vilka som deltar, och hur många, är hemligt" in html


def test_observer_sees_the_suppliers_after_the_window(people):
    case = in_the_phase_that_admits(people)
    end_the_window(case)

    html = signed_in(people.nora).get(case.get_absolute_url()).content.decode()

    assert all(name in html for name in NAMES)


def test_administrator_without_a_role_sees_the_case_and_no_supplier(people):
    case = in_the_phase_that_admits(people)
    end_the_window(case)

    html = signed_in(people.anna).get(case.get_absolute_url()).content.decode()

    assert not any(name in html for name in NAMES)


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return captured


def test_overview_takes_at_most_twelve_queries_however_much_there_is(people):
    case = in_the_phase_that_admits(people)
    url = case.get_absolute_url()
    client = signed_in(people.per)
    few = queries_of(client, url)
    run = case.current_phase
    for number in range(1, 4):
        Insight.objects.create(
            case=case,
            case_phase=run,
            number=number,
            title=f"Insikt {number}",
            text="Text",
            source="test",
            audience="team",
            by=people.nora,
            at=timezone.now(),
        )
        Task.objects.create(
            case_phase=run, title=f"Egen {number}", position=90 + number, assignee=people.nora
        )
        Participant.objects.create(
            case=case,
            name=f"Bolag {number}",
            admitted_in=run,
            added_by=people.per,
            added_at=timezone.now(),
        )

    many = queries_of(client, url)
    assert len(many) == len(few)
    assert len(many) <= 12, [query["sql"][:90] for query in many]


@pytest.mark.parametrize("who", ["anna", "nora"])
def test_overview_is_as_cheap_for_others(people, who):
    case = in_the_phase_that_admits(people)

    captured = queries_of(signed_in(getattr(people, who)), case.get_absolute_url())

    assert len(captured) <= 12, [query["sql"][:90] for query in captured]


def test_what_is_done_with_the_case_is_named_afterwards(people):
    case = a_case_today(people, begun=False)
    User.objects.filter(pk=people.per.pk).update(language="en")
    client = signed_in(people.per)

    def said(name, **typed):
        page = client.post(reverse(name, args=[case.number]), typed, follow=True)
        return [str(one) for one in page.context["messages"]]

    assert said("case_begin") == ["The case has begun"]
    assert said("case_pause", reason="Budgeten dröjer") == ["The case is paused"]
    assert said("case_resume") == ["The case goes on"]
    assert said("case_stop", reason="Slut", confirmed="yes") == ["The case is stopped"]


def test_case_begins_on_the_day_chosen(people):
    case = a_case_today(people, begun=False)
    client = signed_in(people.per)
    start = days.add_working_days(timezone.localdate(), 3)

    page = client.post(reverse("case_begin", args=[case.number]), {"on": start.isoformat()})

    assert page.status_code == 302
    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.started_on) == (CaseState.ACTIVE, start)
    html = client.get(case.get_absolute_url()).content.decode()
    assert "Väntar · fas 0" in html
    assert "Flytta starten" in html


def test_second_press_on_begin_is_refused_in_words(people):
    case = a_case_today(people)

    page = signed_in(people.per).post(reverse("case_begin", args=[case.number]), {})

    assert page.status_code == 422
    assert "Det går inte så som ärendet står nu" in page.content.decode()


def test_pausing_needs_a_reason_and_shows_it(people):
    case = a_case_today(people)
    client = signed_in(people.per)

    assert client.post(reverse("case_pause", args=[case.number]), {}).status_code == 422
    client.post(reverse("case_pause", args=[case.number]), {"reason": "Budgeten dröjer"})
    html = client.get(case.get_absolute_url()).content.decode()

    assert "Ärendet är pausat." in html
    assert "Budgeten dröjer" in html
    client.post(reverse("case_resume", args=[case.number]), {})
    assert Case.objects.get(pk=case.pk).state == CaseState.ACTIVE


def test_stopping_needs_a_reason_and_a_tick(people):
    case = a_case_today(people)
    url = reverse("case_stop", args=[case.number])
    client = signed_in(people.per)

    assert client.post(url, {"reason": "Behovet försvann"}).status_code == 422
    client.post(url, {"reason": "Behovet försvann", "confirmed": "yes"})

    assert Case.objects.get(pk=case.pk).state == CaseState.STOPPED
    assert "Behovet försvann" in client.get(case.get_absolute_url()).content.decode()


def test_why_a_case_is_paused_is_corrected_where_its_facts_are(people):
    case = a_case_today(people)
    pause_case(case=case, reason="Bugdeten dröjer.", by=people.per, at=timezone.now())
    client, url = signed_in(people.per), reverse("case_edit", args=[case.number])

    assert f'href="{url}">Rätta skälet</a>' in client.get(case.get_absolute_url()).content.decode()
    typed = typed_in(client.get(url), url)
    assert client.post(url, typed | {"state_reason": ""}).status_code == 422
    client.post(url, typed | {"state_reason": "Budgeten dröjer."})

    assert "Budgeten dröjer." in client.get(case.get_absolute_url()).content.decode()


def test_a_reason_being_corrected_while_the_case_is_resumed_is_told_of_and_kept(people):
    case = a_case_today(people)
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    client, url = signed_in(people.per), reverse("case_edit", args=[case.number])
    typed = typed_in(client.get(url), url)
    resume_case(case=case, by=people.nora, at=timezone.now())

    first = client.post(url, typed | {"title": "Nytt namn", "state_reason": "Semester."})
    second = client.post(url, typed_in(first, url))
    third = client.post(url, typed_in(second, url) | {"state_reason": ""})

    assert (first.status_code, second.status_code, third.status_code) == (422, 422, 302)
    assert "Semester." in second.content.decode()
    assert "inte längre pausat" in second.content.decode()
    assert Case.objects.get(pk=case.pk).title == "Nytt namn"


def test_a_reason_left_alone_does_not_hold_up_the_rest_when_the_case_is_resumed(people):
    case = a_case_today(people)
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    client, url = signed_in(people.per), reverse("case_edit", args=[case.number])
    typed = typed_in(client.get(url), url)
    resume_case(case=case, by=people.nora, at=timezone.now())

    assert client.post(url, typed | {"title": "Nytt namn"}).status_code == 302
    assert Case.objects.get(pk=case.pk).title == "Nytt namn"


def test_draft_is_thrown_away_with_a_tick(people):
    case = a_case_today(people, begun=False)
    url = reverse("case_discard", args=[case.number])
    client = signed_in(people.per)

    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"confirmed": "yes"}).url == "/"
    assert not Case.objects.filter(pk=case.pk).exists()


def test_changed_facts_are_shown_and_what_was_typed_is_kept_on_error(people):
    case = a_case_today(people)
    a_case_today(people, diary_number="ON 7", edition=case.edition)
    url = reverse("case_edit", args=[case.number])
    client = signed_in(people.per)

    wrong = client.post(url, {"title": "Nytt <b>namn</b>", "diary_number": "ON 7"})
    assert wrong.status_code == 422
    assert "Nytt &lt;b&gt;namn&lt;/b&gt;" in wrong.content.decode()

    client.post(url, {"title": "Nytt namn\x00", "summary": ""})
    assert Case.objects.get(pk=case.pk).title == "Trygg första vecka hemma"
    client.post(url, {"title": "Nytt namn", "team": people.team.pk})
    assert Case.objects.get(pk=case.pk).title == "Nytt namn"


def test_plan_shows_every_phase_and_moves_one_after_a_look(people):
    case = a_case_today(people)
    client = signed_in(people.per)
    second = case.phases_in_order[1]
    later = days.add_working_days(second.planned_starts_on, 4)
    url = reverse("case_phase_move", args=[case.number, second.pk])

    html = client.get(reverse("case_plan", args=[case.number])).content.decode()
    assert all(f"Del {number}" in html for number in range(3))

    look = client.post(url, {"starts_on": later.isoformat(), "preview": "yes"})
    assert "Det här följer av flytten" in look.content.decode()
    second.refresh_from_db()
    assert second.planned_starts_on != later

    client.post(url, {"starts_on": later.isoformat()})
    second.refresh_from_db()
    assert second.planned_starts_on == later


def test_phase_moved_before_the_gate_is_refused_at_the_field(people):
    case = a_case_today(people)
    first, second, _third = case.phases_in_order
    url = reverse("case_phase_move", args=[case.number, second.pk])
    asked = {"starts_on": first.planned_gate_on.isoformat()}

    for more in ({}, {"preview": "yes"}):
        page = signed_in(people.per).post(url, asked | more)
        assert page.status_code == 422
        assert "dagen efter grinden" in page.content.decode()


def test_a_first_day_that_was_typed_wrong_is_corrected_with_a_reason_after_a_look(
    people, django_assert_max_num_queries
):
    case = a_case_today(people)
    client = signed_in(people.per)
    first, second, _third = case.phases_in_order
    url = reverse("case_phase_move", args=[case.number, first.pk])
    plan = reverse("case_plan", args=[case.number])
    assert f'href="{url}"' in client.get(plan).content.decode()
    right = days.add_working_days(first.started_on, -5)
    typed = typed_in(client.get(url), url) | {"starts_on": right.isoformat()}

    assert client.post(url, typed).context["form"].has_error("reason", "required")
    typed["reason"] = "Fel vecka."
    with django_assert_max_num_queries(12):
        look = client.post(url, typed | {"preview": "yes"})
    moved = {row["run"].number: row["now"].starts_on for row in look.context["moves"]}
    assert moved[0] == right
    assert moved[1] == days.add_working_days(second.planned_starts_on, -5)
    first.refresh_from_db()
    assert first.started_on != right

    assert client.post(url, typed).url == plan
    first.refresh_from_db()
    assert first.started_on == right
    history = client.get(reverse("case_history", args=[case.number])).content.decode()
    assert "Fel vecka." in history
    # Nothing began that long ago, nor may what was done today come before a first day to come.
    complete_task(case=case, task=first.tasks.first(), by=people.per, at=timezone.now())
    for wrong in (right - timedelta(days=1200), timezone.localdate() + timedelta(days=7)):
        again = typed_in(client.get(url), url)
        again |= {"starts_on": wrong.isoformat(), "reason": "Fel."}
        for more in ({}, {"preview": "yes"}):
            refused = client.post(url, again | more)
            assert (refused.status_code, refused.context["form"].has_error("starts_on")) == (
                422,
                True,
            )


def test_where_suppliers_go_by_it_a_first_day_is_not_offered_for_correction(people):
    case = in_the_phase_that_admits(people)
    url = reverse("case_phase_move", args=[case.number, case.current_phase.pk])
    client = signed_in(people.per)

    page = client.get(reverse("case_plan", args=[case.number])).content.decode()
    assert f'href="{url}"' not in page
    assert "reason" not in client.get(url).context["form"].fields
    asked = {"starts_on": timezone.localdate().isoformat(), "reason": "Fel."}
    assert client.post(url, asked).status_code == 422


@pytest.mark.parametrize("page", ["case_phase_move", "case_phase_shape"])
def test_phase_of_another_case_is_not_there(people, page):
    edition = an_edition()
    case = a_case_today(people, edition=edition)
    other = a_case_today(people, edition=edition)
    url = reverse(page, args=[case.number, other.phases_in_order[1].pk])

    assert signed_in(people.per).get(url).status_code == 404


@pytest.mark.parametrize("page", ["case_phase_move", "case_phase_shape"])
def test_the_title_of_a_page_about_one_phase_names_it(people, page):
    case = a_case_today(people)
    client = signed_in(people.per)
    for run in case.phases_in_order[1:3]:
        html = client.get(reverse(page, args=[case.number, run.pk])).content.decode()
        title = html.partition("<title>")[2].partition("</title>")[0]
        assert f"fas {run.number}" in title


def test_a_phase_is_shaped_after_a_look_at_what_follows(people):
    case = a_case_today(people)
    client = signed_in(people.per)
    paid = case.phases_in_order[2]
    url = reverse("case_phase_shape", args=[case.number, paid.pk])
    later = days.add_working_days(paid.planned_gate_on, 4)
    typed = {
        "planned_ends_on": paid.planned_ends_on.isoformat(),
        "planned_gate_on": later.isoformat(),
        "planned_suppliers": "5",
        "fee": "30 000",
    }

    assert url in client.get(reverse("case_plan", args=[case.number])).content.decode()
    look = client.post(url, typed | {"preview": "yes"})
    assert look.status_code == 200
    assert "Det här följer av flytten" in look.content.decode()
    assert CasePhase.objects.get(pk=paid.pk).planned == paid.planned

    client.post(url, typed)
    paid.refresh_from_db()
    assert (paid.planned_gate_on, paid.planned_suppliers, paid.fee) == (later, 5, Decimal(30000))
    plan = client.get(reverse("case_plan", args=[case.number])).content.decode()
    assert "30\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr" in plan


def test_a_look_at_a_new_last_day_shows_it_beside_the_old(people):
    case = a_case_today(people)
    paid = case.phases_in_order[2]
    sooner = days.add_working_days(paid.planned_ends_on, -1)
    typed = {
        "planned_ends_on": sooner.isoformat(),
        "planned_gate_on": paid.planned_gate_on.isoformat(),
        "planned_suppliers": "5",
    }

    url = reverse("case_phase_shape", args=[case.number, paid.pk])
    look = signed_in(people.per).post(url, typed | {"preview": "yes"}).content.decode()

    old, new = (f'<{tag}><time datetime="' for tag in ("del", "ins"))
    assert look.count("<del>") == 1
    assert f"{old}{paid.planned_ends_on.isoformat()}" in look
    assert f"{new}{sooner.isoformat()}" in look


def test_a_phase_of_one_day_is_shaped_in_the_singular(people):
    case = a_case_today(people)
    run = case.phases_in_order[2]
    run.planned_ends_on = run.planned_starts_on
    run.save()
    people.per.language = "en"
    people.per.save()

    page = signed_in(people.per).get(reverse("case_phase_shape", args=[case.number, run.pk]))

    assert "is planned to take one working day." in page.text


def test_a_shape_that_cannot_be_is_told_at_the_field_also_in_a_look(people):
    case = a_case_today(people)
    paid = case.phases_in_order[2]
    url = reverse("case_phase_shape", args=[case.number, paid.pk])
    typed = {
        "planned_ends_on": paid.planned_gate_on.isoformat(),
        "planned_gate_on": paid.planned_ends_on.isoformat(),
        "planned_suppliers": "5",
        "fee": "",
    }

    for more in ({}, {"preview": "yes"}):
        page = signed_in(people.per).post(url, typed | more)
        assert page.status_code == 422
        assert "på dess sista dag eller senare" in page.content.decode()


def test_only_a_phase_with_suppliers_and_a_fee_asks_for_them(people):
    case = a_case_today(people)
    urls = [reverse("case_phase_shape", args=[case.number, r.pk]) for r in case.phases_in_order]

    pages = [signed_in(people.per).get(url).content.decode() for url in urls]

    assert ["planned_suppliers" in page for page in pages] == [False, False, True]
    assert ['name="fee"' in page for page in pages] == [False, False, True]


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_a_case_that_rests_or_is_over_tells_the_days_of_the_law_that_run_on(people, end):
    case = a_case_today(people, legal_track="lou_above")
    days_set = [
        count_deadline(
            case=case,
            case_phase=case.current_phase,
            period=period,
            event_on=timezone.localdate(),
            by=people.per,
            at=timezone.now(),
        )
        for period in ("documentation_cancelled", "review_of_cancellation")
    ]
    client = signed_in(people.per)
    assert client.get(case.get_absolute_url()).context["law_days"] == []

    end(case=case, reason="Behovet är borta.", by=people.per, at=timezone.now())
    with CaptureQueriesContext(connection) as asked:
        page = client.get(case.get_absolute_url())
    assert len(asked) <= 12
    assert [one.url for one in page.context["law_days"]] == [
        one.get_absolute_url() for one in reversed(days_set)
    ]
    assert "Lagen gäller ändå" in page.text

    for one in days_set:
        keep_deadline(case=case, deadline=one, by=people.per, at=timezone.now())
    assert "Lagen gäller ändå" not in client.get(case.get_absolute_url()).text


def test_the_days_of_the_law_inside_a_window_are_not_told_outside_it(people):
    case = in_the_phase_that_admits(people, legal_track="lou_above")
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="documentation_cancelled",
        event_on=timezone.localdate(),
        by=people.per,
        at=timezone.now(),
    )
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())

    assert signed_in(people.per).get(case.get_absolute_url()).context["law_days"]
    assert signed_in(people.nora).get(case.get_absolute_url()).context["law_days"] == []


def test_a_stopped_case_shows_the_phase_that_it_came_to(people):
    case = decide(a_case_today(people), people, outcome="stop")
    first, *_never_begun = case.phases_in_order
    title = case.edition.words("sv")(first.phase, "title")

    page = signed_in(people.per).get(case.get_absolute_url())

    assert page.context["run"] == first
    assert f"Sista fasen var {first.number}, {title}" in page.content.decode()


def test_a_case_stopped_on_the_way_has_passed_no_gate_and_waits_for_nothing(people):
    case = decide(a_case_today(people), people)
    run = case.current_phase
    set_deadline(
        case=case,
        case_phase=run,
        title="Svara",
        due_on=timezone.localdate() + timedelta(days=9),
        by=people.per,
        at=timezone.now(),
    )
    with time_machine.travel(days.start_of(run.starts_on), tick=False):
        stop_case(case=case, reason="Behovet försvann.", by=people.per, at=timezone.now())
        client = signed_in(people.per)
        overview = client.get(case.get_absolute_url())
        phases = client.get(reverse("case_phases", args=[case.number]))
        page = client.get(phases.url).content.decode()
        kept = client.get(reverse("case_deadlines", args=[case.number]))

    first, second, *_third = overview.context["track"].segments
    assert [one.gate and one.gate.state for one in (first, second)] == ["passed", None]
    assert f"Sista fasen var {run.number}" in overview.content.decode()
    assert f"/{run.phase.key}/" in phases.url
    assert "Ärendet avslutades innan grinden hade beslutats." in page
    assert not kept.context["late"]
    assert not kept.context["coming"]
    assert "inte klar när ärendet avslutades" in kept.content.decode()


def test_a_phase_that_waited_when_its_case_was_stopped_is_not_the_last(people):
    case = decide(a_case_today(people), people)
    first, second, *_later = case.phases_in_order
    decision = first.decisions.get()

    stop_case(case=case, reason="Behovet försvann.", by=people.per, at=timezone.now())
    client = signed_in(people.per)

    assert client.get(case.get_absolute_url()).context["run"] == first
    gate = client.get(reverse("gate", args=[case.number, decision.pk]))
    assert gate.context["starts_on"] is None
    waited = client.get(reverse("case_phase", args=[case.number, second.phase.key]))
    assert "Ärendet avslutades innan fasen hade börjat." in waited.content.decode()


def test_every_page_further_in_says_which_case_it_belongs_to(people):
    case = decide(a_case_today(people), people)
    run, task = case.current_phase, case.current_phase.tasks.first()
    decision = case.phases_in_order[0].decisions.get()
    addresses = [
        reverse("case_phase", args=[case.number, run.phase.key]),
        reverse("task", args=[case.number, task.pk]),
        reverse("own_task_new", args=[case.number, run.phase.key]),
        reverse("gate", args=[case.number, decision.pk]),
        reverse("gate_correct", args=[case.number, decision.pk]),
    ]
    crumb = f'<li><a href="{case.get_absolute_url()}">{case.title}</a></li>'

    for address in addresses:
        assert crumb in signed_in(people.per).get(address).content.decode(), address


def test_two_who_change_other_facts_of_a_case_both_keep_them(people):
    case = a_case_today(people)
    client, url = signed_in(people.per), reverse("case_edit", args=[case.number])
    shown = client.get(url).context["form"]
    begun = {field.html_initial_name: field.value() or "" for field in shown}
    typed = {field.name: field.value() or "" for field in shown}
    assert all(name in client.get(url).content.decode() for name in begun)

    client.post(url, begun | typed | {"diary_number": "OMN 2026-17"})
    client.post(url, begun | typed | {"summary": "Tryggare hem"})

    case.refresh_from_db()
    assert (case.diary_number, case.summary) == ("OMN 2026-17", "Tryggare hem")
    client.post(url, begun | {"initial-summary": "Tryggare hem"} | typed | {"summary": ""})
    case.refresh_from_db()
    assert (case.diary_number, case.summary) == ("OMN 2026-17", "")


def test_who_sees_no_team_is_not_asked_for_one(people):
    case = a_case_today(people)

    assert "team" not in ChangeCaseForm(case=case, teams=Team.objects.none()).fields
    assert "team" in ChangeCaseForm(case=case, teams=Team.objects.all()).fields


@pytest.mark.parametrize(
    ("name", "is_draft", "ends_it"),
    [("case_stop", False, True), ("case_discard", True, True), ("case_pause", False, False)],
)
def test_only_the_button_that_ends_a_case_is_marked_as_dangerous(people, name, is_draft, ends_it):
    case = a_case_today(people, begun=not is_draft)

    page = signed_in(people.per).get(reverse(name, args=[case.number])).content.decode()

    assert ('<button class="ds-button" data-color="danger">' in page) == ends_it
