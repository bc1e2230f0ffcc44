"""Several cases at once: who sees which, what needs whom, the choices in the address."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from documents.models import Revision
from journal import guards
from procurements import holdups
from procurements.models import Case, CasePhase, CaseRole, Deadline, Participant, Round, Task
from procurements.operations.case import pause_case, stop_case
from procurements.operations.deadline import count_deadline, set_deadline
from procurements.operations.signing import sign_gate
from procurements.periodwords import name_of
from procurements.states import Role
from procurements.views import needing, portfolio
from teams.models import User
from tests.builders import a_case, a_case_today, an_edition, let_be
from tests.people import signed_in
from tests.procurements.operations.test_correcting import correct
from tests.procurements.views.test_case import (
    NAMES,
    decide,
    end_the_window,
    in_the_phase_that_admits,
)
from tests.procurements.views.test_mine import an_order
from tests.test_leaks import TOKENS

# A case begins on a working day, and its first phase with it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def asked(user, query=""):
    page = signed_in(user).get(f"/portfolio/{query}")
    assert page.status_code == 200
    return page


def page_of(user, query=""):
    return TOKENS.sub("", asked(user, query).content.decode())


def titles(user, query=""):
    return [row.case.title for row in asked(user, query).context["rows"]]


def needs(user, query=""):
    return [thing.title for thing in asked(user, query).context["needs"]]


def waits(user):
    return [(thing.title, thing.who_waits) for thing in asked(user).context["waits"]]


def days_ago(days):
    return timezone.localdate() - timedelta(days=days)


def make_late(case, *, days=3, **which):
    """The phase has gone on for a while, and some of its steps should have been done."""
    CasePhase.objects.filter(case=case, state__in=["active", "decided"]).update(
        started_on=days_ago(20), planned_gate_on=timezone.localdate() + timedelta(days=40)
    )
    case.current_phase.tasks.filter(**which).update(due_on=days_ago(days))
    case.current_phase.tasks.exclude(**which).update(due_on=None)


def a_late_gate(case, days=2):
    CasePhase.objects.filter(case=case, state__in=["active", "decided"]).update(
        started_on=days_ago(20),
        planned_starts_on=days_ago(20),
        planned_ends_on=days_ago(days),
        planned_gate_on=days_ago(days),
    )
    Task.objects.filter(case_phase__case=case).update(due_on=None)


def test_the_first_page_and_the_portfolio_say_the_same_of_what_is_late(people):
    case = a_case_today(people, roles={Role.OBSERVER: people.nora})
    a_late_gate(case)
    for who, title in ((people.per, "Boka lokal"), (people.nora, "Ring kommunen")):
        Task.objects.create(
            case_phase=case.current_phase,
            title=title,
            position=50 + who.pk,
            assignee=who,
            due_on=days_ago(3),
        )
    late_deadline(case)

    # A fact of the case: the same whoever the tasks are given to.
    for who in (people.per, people.nora):
        assert states(who) == ["4 försenade", "4 försenade"]
    assert titles(people.per, "?state=late") == [case.title]


def late_deadline(case):
    Deadline.objects.create(
        case_phase=case.current_phase,
        title="Lämna besked",
        due_on=days_ago(2),
        set_at=timezone.now(),
        state="open",
    )


def states(who):
    return [signed_in(who).get(address).context["rows"][0].word for address in ("/", "/portfolio/")]


def test_whom_a_window_leaves_out_is_not_told_what_the_team_is_late_with(people):
    case = in_the_phase_that_admits(people)
    make_late(case, step__number=1)
    Task.objects.create(
        case_phase=case.current_phase, title="Ring", position=50, due_on=days_ago(3)
    )
    late_deadline(case)

    assert states(people.per) == ["3 försenade", "3 försenade"]
    assert states(people.nora) == ["1 försenad", "1 försenad"]
    assert titles(people.nora, "?state=late&sort=late") == [case.title]


# Who sees the page, and which cases


def test_a_visitor_is_asked_to_sign_in():
    assert Client().get("/portfolio/").status_code == 302


def test_without_a_case_it_says_what_will_be_here(people):
    html = page_of(people.nora)

    assert "Inga ärenden än." in html
    assert "<table" not in html


def test_the_menu_leads_there_for_who_knows_of_several_cases(people):
    link = 'href="/portfolio/"'
    a_case_today(people, title="Andra", begun=False)
    # A draft is not for who administers the authority.
    assert link not in signed_in(people.anna).get("/").content.decode()
    assert link not in signed_in(people.per).get("/").content.decode()

    first = a_case_today(people, roles={Role.OBSERVER: people.nora})
    Case.objects.filter(title="Andra").update(state="active")

    assert link in signed_in(people.per).get("/").content.decode()
    assert link not in signed_in(people.nora).get("/").content.decode()
    # She administers the municipality whose authority has them both.
    assert link in signed_in(people.anna).get("/").content.decode()
    assert link not in signed_in(people.olle).get("/").content.decode()
    CaseRole.objects.filter(case=first, user=people.per).update(until_on=timezone.localdate())
    assert link not in signed_in(people.per).get("/").content.decode()


def test_the_first_page_leads_who_administers_the_authority_to_its_only_case(people):
    a_case_today(people, title="Trygg vecka")
    page = signed_in(people.anna).get("/")

    html = page.content.decode()
    menu, rest = html.split("<main", 1)
    assert 'href="/portfolio/"' in menu
    assert 'href="/portfolio/"' in rest
    assert "/portfolio/" not in signed_in(people.olle).get("/").content.decode()


def test_cases_that_are_mine_or_of_my_house_are_shown_and_nobody_elses(people):
    a_case_today(people, title="Trygg vecka")
    a_case_today(people, title="Bara ett utkast", begun=False)
    a_case(by=people.olle, authority=people.elsewhere, at=timezone.now(), title="Granåker")

    assert set(titles(people.per)) == {"Trygg vecka", "Bara ett utkast"}
    assert titles(people.anna) == ["Trygg vecka"]
    assert titles(people.olle) == ["Granåker"]
    assert titles(people.nora) == []


def test_timeline_and_list_say_the_same(people):
    case = in_the_phase_that_admits(people)
    run = case.current_phase
    set_deadline(
        case=case,
        case_phase=run,
        title="Svara nämnden",
        due_on=timezone.localdate() + timedelta(days=9),
        by=people.per,
        at=timezone.now(),
    )

    page = asked(people.per)
    row = page.context["rows"][0]
    html = page.content.decode()

    assert [bar.count for bar in row.line.bars] == [None, 3, None]
    assert [gate.css for gate in row.line.gates] == ["d", "n"]
    assert len(row.line.days) == 1
    assert "Svara nämnden" in html
    assert "<b>3</b> leverantörer" in html
    assert html.count('class="gb gb--n"') == 2  # the bar and the key


# What needs me, and who waits


def test_a_late_gate_with_suppliers_comes_before_an_older_task_without_followers(people):
    need = a_case_today(people, title="Behovet")
    make_late(need, days=30, step__number=2)
    Task.objects.filter(case_phase__case=need).update(assignee=people.per)
    gate = in_the_phase_that_admits(people, title="Grinden")
    a_late_gate(gate, days=1)
    first = a_case_today(people, title="Utan leverantörer")
    a_late_gate(first, days=9)

    assert needs(people.per) == ["Besluta grind 1", "Besluta grind 0", "Steg 0.2"]


def test_what_nobody_is_named_for_needs_who_leads_the_case(people):
    case = a_case_today(people, roles={Role.PROCESS_LEADER: people.lena})
    make_late(case, step__number=1)

    assert needs(people.lena) == ["Steg 0.1"]
    assert needs(people.per) == []
    assert waits(people.per) == [("Steg 0.1", "Nästa fas väntar på Lena Leander")]
    with guards.lifted():
        CaseRole.objects.filter(user=people.lena).delete()
    assert needs(people.per) == ["Steg 0.1"]


def test_what_waits_for_somebody_whose_role_has_ended_needs_who_leads_or_decides(people):
    case = a_case_today(people, roles={Role.NEED_OWNER: people.nora, "observer": people.lena})
    make_late(case, step__number=1)
    case.current_phase.tasks.update(assignee=people.nora)
    Deadline.objects.create(
        case_phase=case.current_phase,
        title="Svara nämnden",
        due_on=days_ago(6),
        responsible=people.nora,
        set_at=timezone.now(),
    )
    assert needs(people.nora) == ["Steg 0.1", "Svara nämnden"]
    assert needs(people.per) == []

    CaseRole.objects.filter(user=people.nora).update(until_on=timezone.localdate())

    assert needs(people.per) == ["Steg 0.1", "Svara nämnden"]
    assert waits(people.per) == []
    assert waits(people.lena) == [
        ("Steg 0.1", "Nästa fas väntar på Per Palm"),
        ("Svara nämnden", "Ärendet väntar på Per Palm"),
    ]


def test_what_others_should_have_done_says_who_waits_for_whom_since_when(people):
    case = in_the_phase_that_admits(people, title="Tre hus")
    make_late(case, days=4, step__number=1)
    Task.objects.filter(case_phase__case=case).update(assignee=people.nora)
    Deadline.objects.create(
        case_phase=case.current_phase,
        title="Svara nämnden",
        due_on=days_ago(6),
        responsible=people.nora,
        set_at=timezone.now(),
        announced_at=timezone.now(),
    )

    assert waits(people.per) == [
        ("Steg 1.1", "Leverantörerna väntar på Nora Nord"),
        ("Svara nämnden", "De som räknar med dagen väntar på Nora Nord"),
    ]
    assert [thing.on for thing in asked(people.per).context["waits"]] == [days_ago(4), days_ago(6)]
    assert needs(people.nora) == ["Steg 1.1", "Svara nämnden"]

    # Of the day that it was moved to nobody has been told.
    Deadline.objects.update(set_at=timezone.now())
    assert waits(people.per)[1] == ("Svara nämnden", "Ärendet väntar på Nora Nord")


def test_signatures_need_who_can_give_them_and_are_waited_for_by_the_others(people):
    edition = an_edition(signatures=["chief", "buyer"])
    case = a_case_today(people, edition=edition, roles={Role.MANAGEMENT: people.nora})
    Task.objects.update(due_on=None)
    decide(case, people)

    assert needs(people.nora) == ["Skriv under beslutet vid grind 0"]
    assert needs(people.per) == ["Skriv under beslutet vid grind 0"]
    decision = case.phases.get(number=0).decisions.get()
    sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=timezone.now())
    assert needs(people.per) == []
    assert waits(people.per) == [("Underskrifter på grind 0", "Nästa fas väntar på Nora Nord")]
    assert "Ska skrivas under" in page_of(people.per)


def test_a_correction_waits_for_signatures_although_its_phase_is_over(people):
    edition = an_edition(signatures=["chief", "buyer"])
    case = a_case_today(people, edition=edition, roles={Role.MANAGEMENT: people.nora})
    Task.objects.update(due_on=None)
    decide(case, people)
    decision = case.phases.get(number=0).decisions.get()

    def sign(decision, *roles):
        for role, person in (("buyer", people.per), ("chief", people.nora)):
            if role in roles:
                sign_gate(case=case, decision=decision, role=role, by=person, at=timezone.now())

    sign(decision, "buyer", "chief")
    right = correct(case, decision, people.per, at=timezone.now(), reference="§ 9")
    Task.objects.update(due_on=None)

    assert needs(people.nora) == ["Skriv under det rättade beslutet vid grind 0"]
    sign(right, "buyer")
    assert waits(people.per)[0][0] == "Underskrifter på grind 0"
    sign(right, "chief")
    assert needs(people.nora) == needs(people.per) == []


def test_a_paper_that_could_not_be_made_waits_for_who_ordered_it(people):
    case = in_the_phase_that_admits(people)
    an_order(case, "need_description", by=people.per, title="Öppet papper")
    an_order(case, "phase_decision", by=people.per, title="Hemligt papper")
    Revision.objects.update(state="failed", error_code="crashed")

    told = [("Dokumentet Öppet papper kunde inte framställas", "Ärendet väntar på Per Palm")]
    assert waits(people.nora) == told
    assert waits(people.per) == []
    assert waits(people.anna) == []


def test_cases_that_rest_or_wait_ask_nothing(people):
    resting = a_case_today(people)
    a_late_gate(resting)
    pause_case(case=resting, reason="Sommar", by=people.per, at=timezone.now())
    coming = a_case_today(people, title="Börjar sedan")
    a_late_gate(coming)
    CasePhase.objects.filter(case=coming, number=0).update(started_on=days_ago(-5))

    assert needs(people.per) == []
    assert waits(people.anna) == []


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_a_day_of_the_law_needs_somebody_also_when_the_case_rests_or_is_over(people, end):
    case = a_case_today(people, legal_track="lou_above")
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="documentation_cancelled",
        event_on=days_ago(40),
        by=people.per,
        at=timezone.now(),
    )
    end(case=case, reason="Sommar", by=people.per, at=timezone.now())

    assert needs(people.per) == [str(name_of("documentation_cancelled"))]


def test_a_day_of_nobody_is_the_owners_while_who_leads_may_not_know_it(people):
    """Sam leads from outside without a promise of secrecy: he keeps no day, and decides nothing."""
    case = a_case_today(people, roles={Role.PROCESS_LEADER: people.sam})
    case.roles.filter(user=people.sam).update(is_engagement=True)
    case.roles.filter(user=people.per, role=Role.PROCURER).update(until_on=timezone.localdate())
    Deadline.objects.create(
        case_phase=case.current_phase,
        title="Svara nämnden",
        due_on=days_ago(3),
        set_at=timezone.now(),
    )

    assert "Svara nämnden" in needs(people.per)
    assert "Svara nämnden" in signed_in(people.per).get("/").text
    assert "Svara nämnden" not in needs(people.sam)

    case.roles.filter(user=people.sam).update(
        undertaking_on=timezone.localdate(), interests="Inga."
    )
    assert "Svara nämnden" not in needs(people.per)
    assert "Svara nämnden" in needs(people.sam)


def test_a_case_that_is_over_shows_no_day_of_the_teams_own(people):
    case = a_case_today(people, legal_track="lou_above")
    for title, period in (("Svara nämnden", ""), ("", "documentation_cancelled")):
        Deadline.objects.create(
            case_phase=case.current_phase,
            title=title,
            period=period,
            event_on=days_ago(40) if period else None,
            due_on=days_ago(3),
            set_at=timezone.now(),
        )
    stop_case(case=case, reason="Sommar", by=people.per, at=timezone.now())

    (row,) = asked(people.per, "?state=ended").context["rows"]
    assert [one.title for one in row.days] == [str(name_of("documentation_cancelled"))]
    own = Deadline.objects.get(period="")
    page = signed_in(people.per).get(own.get_absolute_url()).text
    assert "inte klar när ärendet avslutades" in page
    assert "3 dagar sen" not in page


def test_the_query_cuts_by_the_same_order_as_the_rule(people, monkeypatch):
    """The database sorts before it cuts: as the one rule does, whatever there is."""
    edition = an_edition()
    cases = [in_the_phase_that_admits(people, title="Med", edition=edition)]
    cases += [a_case_today(people, title=f"Utan {n}", edition=edition) for n in range(2)]
    for n, case in enumerate(cases):
        run = case.current_phase
        a_late_gate(case, days=n - 1)
        for m, task in enumerate(run.tasks.all()):
            Task.objects.filter(pk=task.pk).update(assignee=people.per, due_on=days_ago(m - 1))
        for m, told in enumerate((None, timezone.now())):
            Deadline.objects.create(
                case_phase=run,
                title=f"Dag {m}",
                due_on=days_ago(3 - 2 * m + n),
                responsible=people.per,
                set_at=told or timezone.now(),
                announced_at=told,
            )

    everything = asked(people.per, "?all=1").context["needs"]
    monkeypatch.setattr(needing, "SHOWN", 4)
    cut = asked(people.per)

    assert len(everything) > 12
    assert everything == holdups.in_order(everything, timezone.localdate())
    assert {thing.held_up for thing in everything} == set(holdups.HeldUp)
    assert cut.context["needs"] == everything[:4]
    assert "Visa allt som väntar" in cut.content.decode()


# Secrecy


def test_an_observer_in_the_window_is_told_no_number_day_or_task_of_it(people):
    case = in_the_phase_that_admits(people)
    run = case.current_phase
    make_late(case, step__number=9)
    Task.objects.create(
        case_phase=run,
        title=f"Ring {NAMES[0]}",
        position=9,
        due_on=days_ago(3),
        assignee=people.per,
    )
    before = page_of(people.nora)
    Deadline.objects.create(
        case_phase=run, title=f"Svar från {NAMES[0]}", due_on=days_ago(2), set_at=timezone.now()
    )
    with guards.lifted():
        Participant.objects.filter(name=NAMES[2]).delete()

    assert page_of(people.nora) == before
    assert not any(name in before for name in NAMES)
    assert "Sekretess" in before
    assert "1 försenad" not in before
    assert titles(people.nora, "?state=late") == []
    assert NAMES[0] in page_of(people.per)
    end_the_window(case)
    assert NAMES[0] in page_of(people.nora)


def test_a_decision_that_waits_for_signatures_is_not_told_outside_its_round(people):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    case = in_the_phase_that_admits(people, edition=edition)
    a_late_gate(case)
    before = page_of(people.nora)
    assert "Besluta grind 1" in before
    decide(case, people)

    assert Case.objects.get().current_phase.state == "decided"
    assert page_of(people.nora) == before
    for query in ("?state=late", "?state=ready", "?phase=admits"):
        assert titles(people.nora, query) == ([] if "ready" in query else [case.title])
    assert titles(people.per, "?state=late") == []
    assert "Underskrifter på grind 1" in page_of(people.per)


def test_a_gate_whose_window_leaves_me_out_waits_for_somebody_else(people):
    case = in_the_phase_that_admits(people)
    a_late_gate(case)
    let_be(CaseRole.objects.filter(user=people.nora), Role.PROCESS_LEADER)
    assert needs(people.nora) == ["Besluta grind 1"]

    Round.objects.update(roles=["procurer"])

    assert needs(people.nora) == []
    assert [title for title, _who in waits(people.nora)] == ["Besluta grind 1"]
    assert needs(people.per) == ["Besluta grind 1"]


def test_somebody_from_outside_without_an_undertaking_sees_no_suppliers(people):
    case = in_the_phase_that_admits(people)
    end_the_window(case)
    CaseRole.objects.filter(user=people.nora).update(is_engagement=True)
    Deadline.objects.create(
        case_phase=case.current_phase, title="Svar", due_on=days_ago(-5), set_at=timezone.now()
    )

    row = asked(people.nora).context["rows"][0]
    assert row.is_secret
    assert row.days == []
    CaseRole.objects.filter(user=people.nora).update(
        undertaking_on=timezone.localdate(), interests="inga"
    )
    row = asked(people.nora).context["rows"][0]
    assert not row.is_secret
    assert [day.title for day in row.days] == ["Svar"]


def test_the_choices_tell_of_no_case_that_is_not_mine(people):
    hidden = a_case(
        by=people.olle,
        authority=people.elsewhere,
        at=timezone.now(),
        edition=an_edition(key="other-method"),
    )
    Case.objects.filter(pk=hidden.pk).update(team=people.team)
    a_case_today(people)

    html = page_of(people.per)
    for words in ("Granåkers", "Olle Ottosson", "other-method", "Tallviken"):
        assert words not in html
    for query in (
        f"?authority={people.elsewhere.pk}",
        f"?who={people.olle.pk}",
        f"?team={people.team.pk}",
        "?handbook=other-method",
        "?phase=other-method/part-0",
    ):
        told = page_of(people.per, query)
        assert "Adressen begär något som inte går att välja" in told
        assert len(titles(people.per, query)) == 1


# Choices in the address


@pytest.fixture
def three(people):
    """One at an authority of the municipality, late and led by Lena; one of the team, in the phase
    that admits; one draft elsewhere."""
    late = a_case_today(
        people,
        title="Behovet",
        roles={Role.PROCESS_LEADER: people.lena},
        edition=an_edition(key="first-method"),
    )
    make_late(late, step__number=1)
    admits = in_the_phase_that_admits(people, title="Leverantörerna")
    Case.objects.filter(pk=admits.pk).update(team=people.team, diary_number="KS 2026/14")
    a_case(
        by=people.per,
        authority=people.elsewhere,
        at=timezone.now(),
        title="Utkastet",
        begun=False,
        summary="Om hissar",
    )


def test_each_choice_shows_its_cases(people, three):
    first, second, draft = "Behovet", "Leverantörerna", "Utkastet"
    expected = {
        "": {first, second, draft},
        f"?authority={people.authority.pk}": {first, second},
        f"?authority={people.elsewhere.pk}": {draft},
        f"?team={people.team.pk}": {second},
        "?handbook=first-method": {first},
        "?phase=first-method/part-0": {first},
        "?phase=early": {first},
        "?phase=admits": {second},
        "?phase=assesses": {second},
        "?phase=pays": set(),
        "?state=late": {first},
        "?state=draft": {draft},
        "?state=all": {first, second, draft},
        "?state=ended": set(),
        f"?who={people.lena.pk}": {first},
        "?q=hissar": {draft},
        "?q=LEVERANTÖRERNA": {second},
        "?q=.*": set(),
        "?q=KS+2026": {second},
        "?q=2026%2F14+leverantörerna": {second},
        "?q=omsorgsnämnden+behovet": {first},
        "?q=LINDHAGA": {first, second},
        "?q=hissar+2026": set(),
        "?q=finns+inte": set(),
        "?q=leverant&state=late": set(),
    }

    assert {query: set(titles(people.per, query)) for query in expected} == expected


def test_of_two_with_one_name_the_choice_says_who_is_who(people, three):
    User.objects.filter(pk=people.lena.pk).update(name=people.per.name)

    choices = dict(asked(people.per).context["form"].fields["who"].choices)

    assert choices[str(people.lena.pk)].endswith(people.lena.email)
    assert choices[str(people.per.pk)].endswith(people.per.email)


def test_a_municipality_can_be_chosen_with_all_its_authorities(people):
    other = type(people.authority).objects.create(
        name="Skolnämnden", kind="municipality", parent=people.municipality
    )
    a_case_today(people, title="Ett")
    a_case(by=people.per, authority=other, at=timezone.now(), title="Två")

    assert set(titles(people.per, f"?authority={people.municipality.pk}")) == {"Ett", "Två"}
    assert titles(people.per, f"?authority={other.pk}") == ["Två"]


def test_the_number_of_a_case_finds_it(people):
    case = a_case_today(people, title="Ett")
    a_case_today(people, title="Två")

    assert titles(people.per, f"?q=U-{case.number}") == ["Ett"]
    assert titles(people.per, f"?q={case.number}") == ["Ett"]


def test_ended_cases_and_those_ready_for_their_gate(people):
    ended = a_case_today(people, title="Slutade")
    stop_case(case=ended, reason="Skäl", by=people.per, at=timezone.now())
    ready = a_case_today(people, title="Klar")
    Task.objects.filter(case_phase__case=ready).update(
        state="done", done_at=timezone.now(), done_by=people.per
    )
    a_case_today(people, title="Pågår")

    assert titles(people.per, "?state=ended") == ["Slutade"]
    assert titles(people.per, "?state=ready") == ["Klar"]
    assert "Klart för grinden" in page_of(people.per, "?state=ready")
    assert "Slutade" not in titles(people.per)


def test_cases_stand_in_the_order_that_is_asked_for(people):
    for title, gate in (("Beta", 9), ("Alfa", 20), ("Gamma", 3)):
        case = a_case_today(people, title=title)
        CasePhase.objects.filter(case=case, number=0).update(
            planned_gate_on=timezone.localdate() + timedelta(days=gate),
            planned_ends_on=timezone.localdate(),
            planned_starts_on=timezone.localdate(),
        )

    assert titles(people.per) == ["Gamma", "Beta", "Alfa"]
    assert titles(people.per, "?sort=title") == ["Alfa", "Beta", "Gamma"]
    assert titles(people.per, "?sort=new") == ["Gamma", "Alfa", "Beta"]


def test_what_cannot_be_chosen_is_said_and_the_rest_is_kept(people, three):
    html = page_of(people.per, "?state=sov&q=hissar&sort=x")

    assert "Adressen begär något som inte går att välja: Läge, Ordning." in html
    assert titles(people.per, "?state=sov&q=hissar&sort=x") == ["Utkastet"]
    assert 'class="filters__clear" href="/portfolio/"' in html


def test_when_nothing_fits_the_choices_stay_and_a_link_clears_them(people, three):
    html = page_of(people.per, "?q=finns+inte&state=late")

    assert "Inga ärenden med de valen." in html
    assert 'value="finns inte"' in html
    assert re.search(r'<option value="late"\s+selected', html)
    assert 'href="/portfolio/"' in html


def test_odd_addresses_are_no_fault(people):
    case = a_case_today(people)

    for query in (
        "page=x",
        "page=-1",
        "page=٣",
        "page=%00",
        "from=%00",
        "q=%00",
        "all=x",
        "who=%ff",
    ):
        assert titles(people.per, f"?{query}") == [case.title], query


def test_pages_keep_the_choices_and_no_case_is_shown_twice(people, monkeypatch):
    monkeypatch.setattr(portfolio, "PAGE", 2)
    edition = an_edition()
    for n in range(5):
        a_case_today(people, title=f"Ärende {n}", edition=edition)

    first = page_of(people.per, "?q=rende&state=all")
    link = re.search(r'rel="next" href="\?([^"]+)"', first)
    assert link
    assert link[1].replace("&amp;", "&").split("&") == ["q=rende", "state=all", "page=2"]
    found = [title for page in (1, 2, 3) for title in titles(people.per, f"?q=rende&page={page}")]
    assert sorted(found) == [f"Ärende {n}" for n in range(5)]


def test_a_page_that_is_no_longer_there_leads_to_the_first_with_the_choices(people):
    a_case_today(people)

    answer = signed_in(people.per).get("/portfolio/?state=all&page=9")

    assert answer.status_code == 302
    assert answer["Location"] == "/portfolio/?state=all"


def test_the_address_names_what_was_chosen_and_nothing_else(people):
    client = signed_in(people.per)
    answer = client.get("/portfolio/?q=&state=all&authority=&q=rende&page=2")
    assert answer.headers["Location"] == "/portfolio/?q=rende&state=all&page=2"
    assert client.get("/portfolio/?q=").headers["Location"] == "/portfolio/"


def test_the_timeline_is_moved_by_the_address(people):
    case = a_case_today(people)
    first = f"{timezone.localdate().year + 3}-02"

    page = asked(people.per, f"?from={first}&q=trygg")
    html = page.content.decode()

    assert page.context["rows"][0].line.aside == "before"
    assert "före den här tiden" in html
    assert f'<input type="hidden" name="from" value="{first}">' in html
    assert case.title in html


# Cost


def test_one_and_three_cases_take_the_same_queries_and_at_most_twelve(people):
    first = in_the_phase_that_admits(people)
    client = signed_in(people.per)

    def queries():
        client.get("/portfolio/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/portfolio/").status_code == 200
        return captured

    one = queries()
    for title in ("Andra", "Tredje"):
        case = a_case_today(people, title=title, edition=an_edition(signatures=["chief"]))
        run = case.current_phase
        Participant.objects.create(
            case=case, name="Bolag", admitted_in=run, added_by=people.per, added_at=timezone.now()
        )
        Task.objects.filter(case_phase=run).update(assignee=people.per, due_on=timezone.localdate())
        decide(case, people)
    late = a_case_today(people, title="Sen", roles={Role.PROCESS_LEADER: people.lena})
    make_late(late, step__number=1)
    three = queries()

    assert Round.objects.count() == 1
    assert first.title in client.get("/portfolio/").content.decode()
    assert len(three) == len(one), [query["sql"][:120] for query in three]
    assert len(three) <= 12, [query["sql"][:120] for query in three]
