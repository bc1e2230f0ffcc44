"""What somebody else saves while a page is open is not written over from it."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as translated

from journal import guards
from procurements.models import Case, CasePhase, CaseRole, Deadline, Participant, Task
from procurements.operations.case import discard_case
from procurements.operations.deadline import count_deadline, set_deadline
from procurements.operations.insight import write_insight
from procurements.operations.people import end_case_role
from procurements.operations.task import add_task
from teams.merging import Overtaken, facts_merged, merged
from teams.models import AccessibilityStatement, Membership, Organisation, Team, User
from tests.builders import a_case, a_case_in_admission, let_be
from tests.builders_teams import a_person, a_role, an_organisation
from tests.forms import also, fields_of
from tests.people import People, signed_in
from tests.procurements.views.test_legal import answered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
PERSONAL = "121212-1212"


@pytest.fixture
def case(people: People) -> Case:
    roles = {"process_leader": people.lena, "need_owner": people.nora}
    return a_case(by=people.per, authority=people.authority, at=timezone.now(), roles=roles)


def a_day(case: Case, people: People) -> Deadline:
    """A day of the team's own in two weeks, that Lena keeps."""
    return set_deadline(
        case=case, case_phase=case.current_phase, title="Svara", responsible=people.lena,
        due_on=timezone.localdate() + timedelta(days=14), by=people.per, at=timezone.now(),
    )  # fmt: skip


def addresses(deadline: Deadline, *names: str) -> list[str]:
    number = deadline.case_phase.case.number
    return [reverse(name, args=[number, deadline.pk]) for name in names]


def opened(user: User, address: str) -> tuple[Client, dict[str, list[str]]]:
    """Somebody with the page open, and what its form holds."""
    client = signed_in(user)
    return client, fields_of(client.get(address).content.decode(), address)


def test_two_who_edit_an_organisation_both_keep_theirs(people: People) -> None:
    boss = a_person("Bodil Berg")
    a_role(boss, people.municipality, "administrator")
    address = reverse("edit_organisation", args=[people.municipality.pk])
    anna, annas = opened(people.anna, address)
    bodil, bodils = opened(boss, address)

    anna.post(address, annas | {"registry_email": ["registrator@lindhaga.example"]})
    assert bodil.post(address, bodils | {"address": ["Storgatan 1"]}).status_code == 302

    place = Organisation.objects.get(pk=people.municipality.pk)
    assert (place.registry_email, place.address) == ("registrator@lindhaga.example", "Storgatan 1")


def test_a_number_written_meanwhile_is_not_erased_by_who_saw_a_sole_traders(
    people: People,
) -> None:
    firm = an_organisation("Bertils snickeri", kind="company", number=PERSONAL)
    a_role(people.sam, firm, "administrator")
    address = reverse("edit_organisation", args=[firm.pk])
    sam, typed = opened(people.sam, address)
    other, others = opened(people.sam, address)

    other.post(address, others | {"number": ["556160-2722"]})
    sam.post(address, typed | {"address": ["Storgatan 1"]})

    firm.refresh_from_db()
    assert (firm.number, firm.address) == ("556160-2722", "Storgatan 1")


def test_two_who_edit_a_team_both_keep_theirs(people: People) -> None:
    # Anna brought the company in on a page that Lena had not seen.
    address = reverse("edit_team", args=[people.team.pk])
    lena, typed = opened(people.lena, address)
    people.team.organisations.add(people.company)

    assert lena.post(address, typed | {"name_sv": ["Tallvikens lag"]}).status_code == 302

    team = Team.objects.get(pk=people.team.pk)
    assert (team.name_sv, people.company in team.organisations.all()) == ("Tallvikens lag", True)
    assert team.intermediary == people.science_park
    for odd in ("99999999999999999999", "-1", "\x00", "x"):
        answer = lena.post(address, typed | {"initial-organisations": [odd]})
        assert answer.status_code in (302, 422)


def test_the_intermediary_is_among_those_that_are_left(people: People) -> None:
    address = reverse("edit_team", args=[people.team.pk])
    lena, typed = opened(people.lena, address)
    Team.objects.filter(pk=people.team.pk).update(intermediary=None)
    _other, seen = opened(people.lena, address)
    Team.objects.filter(pk=people.team.pk).update(intermediary=people.science_park)

    kept = [str(people.municipality.pk)]
    assert lena.post(address, typed | {"organisations": kept}).status_code == 422
    # On a page that showed no intermediary it is the operation that knows.
    assert lena.post(address, seen | {"organisations": kept}).status_code == 422
    assert people.team.organisations.count() == 2


def test_two_who_edit_the_statement_both_keep_theirs(people: People) -> None:
    address = reverse("edit_statement", args=[people.municipality.pk])
    anna, first = opened(people.anna, address)
    anna.post(address, first)
    anna, annas = opened(people.anna, address)
    other, others = opened(people.anna, address)

    other.post(address, others | {"shortcomings": ["Kartan läses inte upp."]})
    anna.post(address, annas | {"contact": ["Ring växeln."]})

    statement = AccessibilityStatement.objects.get()
    assert (statement.shortcomings, statement.contact) == (
        "Kartan läses inte upp.",
        "Ring växeln.",
    )


def test_a_phase_is_not_moved_back_from_a_page_that_is_old(case: Case, people: People) -> None:
    run = CasePhase.objects.get(case=case, number=1)
    address = reverse("case_phase_move", args=[case.number, run.pk])
    lena, typed = opened(people.lena, address)
    far = (run.planned_starts_on + timedelta(days=28)).isoformat()
    per, pers = opened(people.per, address)
    per.post(address, pers | {"starts_on": [far]})

    refused = lena.post(address, typed)
    assert refused.status_code == 422
    shown = refused.content.decode()
    assert "Någon har flyttat starten" in shown
    # The same press twice is no conflict.
    assert per.post(address, pers | {"starts_on": [far]}).status_code == 302
    assert CasePhase.objects.get(pk=run.pk).planned_starts_on.isoformat() == far
    # Who has been told means the next press.
    assert lena.post(address, fields_of(shown, address)).status_code == 302
    assert CasePhase.objects.get(pk=run.pk).planned_starts_on == run.planned_starts_on


def test_a_case_begins_on_the_day_that_is_planned_now(people: People) -> None:
    case = a_case(by=people.per, authority=people.authority, at=timezone.now(), begun=False)
    address = reverse("case_begin", args=[case.number])
    per, typed = opened(people.per, address)
    first = CasePhase.objects.get(case=case, number=0)
    far = first.planned_starts_on + timedelta(days=28)
    move = reverse("case_phase_move", args=[case.number, first.pk])
    signed_in(people.per).post(move, {"starts_on": far.isoformat()})

    per.post(address, typed)

    assert Case.objects.get(pk=case.pk).started_on == far


def test_the_end_of_a_role_is_not_put_off_from_a_page_that_is_old(
    case: Case, people: People
) -> None:
    held = CaseRole.objects.get(case=case, user=people.nora)
    membership = Membership.objects.get(user=people.nora)
    today = timezone.localdate()
    soon, late = ((today + timedelta(days=n)).isoformat() for n in (1, 60))
    for address, who, row in (
        (reverse("case_role_end", args=[case.number, held.pk]), people.per, held),
        (reverse("end_role", args=[membership.pk]), people.anna, membership),
    ):
        old, typed = opened(who, address)
        signed_in(who).post(address, typed | {"until_on": [soon]})

        refused = old.post(address, typed | {"until_on": [late]})

        assert refused.status_code == 422
        shown = refused.content.decode()
        assert f"Någon har under tiden ändrat när rollen slutar: {soon}" in shown
        assert fields_of(shown, address)["was"] == [soon]
        assert old.post(address, typed | {"until_on": [soon]}).status_code in (302, 303)
        row.refresh_from_db()
        assert row.until_on.isoformat() == soon


def test_the_legal_track_of_another_is_seen_before_it_is_replaced(
    case: Case, people: People
) -> None:
    let_be(CaseRole.objects.filter(case=case, user=people.lena), "procurer")
    address = reverse("case_legal", args=[case.number])
    lena, typed = opened(people.lena, address)
    signed_in(people.per).post(address, answered(reasons="Över gränsen."))
    mine = answered(reasons="Under gränsen.", track="direct_award_19a")

    refused = lena.post(address, typed | {name: [value] for name, value in mine.items()})
    shown = refused.content.decode()

    assert refused.status_code == 422
    assert "<del>Över</del>" in shown
    assert "Direktupphandling" in shown
    assert case.legal_assessments.count() == 1
    assert lena.post(address, fields_of(shown, address)).status_code in (302, 303)
    assert Case.objects.get(pk=case.pk).legal_track == "direct_award_19a"


def test_what_another_emptied_is_shown_too(case: Case, people: People) -> None:
    let_be(CaseRole.objects.filter(case=case, user=people.lena), "procurer")
    address = reverse("case_legal", args=[case.number])
    per = signed_in(people.per)
    per.post(address, answered(cpv="80000000-4"))
    lena, typed = opened(people.lena, address)
    per.post(address, answered(cpv=""))

    shown = lena.post(address, typed).content.decode()

    assert "CPV-kod" in shown[shown.index("<table") :]
    assert "<ins>80000000" in shown


def test_a_day_can_be_put_back_after_somebody_moved_it(case: Case, people: People) -> None:
    one = a_day(case, people)
    day = one.due_on
    page, address = addresses(one, "deadline", "deadline_change")
    lena = signed_in(people.lena)
    typed = fields_of(lena.get(page).content.decode(), address)
    other = (day + timedelta(days=9)).isoformat()
    signed_in(people.per).post(address, typed | {"due_on": [other]})

    wanted = {"due_on": [(day + timedelta(days=4)).isoformat()]}
    refused = lena.post(address, typed | wanted)
    assert refused.status_code == 422
    again = fields_of(refused.content.decode(), address) | {"due_on": [day.isoformat()]}
    assert lena.post(address, again).status_code in (302, 303)

    assert Deadline.objects.get(pk=one.pk).due_on == day


def test_two_who_choose_when_people_are_reminded_both_keep_theirs(
    case: Case, people: People
) -> None:
    address, page = (reverse(n, args=[case.number]) for n in ("case_rhythm", "case_reminders"))
    per, lena = signed_in(people.per), signed_in(people.lena)
    pers, lenas = (fields_of(c.get(page).content.decode(), address) for c in (per, lena))
    assert "late" in pers["steps"]

    per.post(address, also(pers, steps="14"))
    lena.post(address, lenas | {"steps": [s for s in lenas["steps"] if s != "late"]})

    rhythm = Case.objects.get(pk=case.pk).rhythm.split()
    assert "14" in rhythm
    assert "late" not in rhythm

    # From none too, where nothing says what there was but that there was nothing.
    Case.objects.update(rhythm="")
    pers, lenas = (fields_of(c.get(page).content.decode(), address) for c in (per, lena))
    per.post(address, also(pers, steps="14"))
    lena.post(address, also(lenas, steps="7"))
    assert Case.objects.get(pk=case.pk).rhythm.split() == ["14", "7"]


@pytest.mark.parametrize(
    ("now", "chosen", "began", "expected"),
    [
        ("ab", "a", None, "a"),
        ("ab", "ac", "ab", "ac"),
        ("abd", "ac", "ab", "acd"),
        ("b", "abc", "ab", "bc"),
        ("", "", "", ""),
    ],
)
def test_what_each_added_and_took_away_is_kept(
    now: str, chosen: str, began: str | None, expected: str
) -> None:
    assert merged(now, chosen, began) == set(expected)


@dataclass
class Scene:
    """A form that two people have open: where it stands, where it is sent, and who they are."""

    page: str
    address: str
    first: User
    second: User

    def both(self, firsts: dict[str, str], seconds: dict[str, str]) -> tuple[Client, str]:
        """Each saves theirs; the second is refused, and gets this page."""
        sessions = signed_in(self.first), signed_in(self.second)
        one, two = (
            fields_of(each.get(self.page).content.decode(), self.address) for each in sessions
        )
        saved = sessions[0].post(self.address, one | {name: [v] for name, v in firsts.items()})
        assert saved.status_code in (302, 303)
        refused = sessions[1].post(self.address, two | {n: [v] for n, v in seconds.items()})
        assert refused.status_code == 422
        return sessions[1], html.unescape(refused.content.decode())

    def again(self, client: Client, shown: str) -> None:
        """Who has been told means the next press."""
        sent = fields_of(shown, self.address)
        assert client.post(self.address, sent).status_code in (302, 303)


def test_two_who_change_the_title_of_a_case_are_told(case: Case, people: People) -> None:
    let_be(CaseRole.objects.filter(case=case, user=people.lena), "procurer")
    address = reverse("case_edit", args=[case.number])
    scene = Scene(address, address, people.per, people.lena)
    firsts = {"title": "Kvällslyktor", "diary_number": "KS 2026/7"}

    lena, shown = scene.both(firsts, {"title": "Morgonljus"})

    assert "ändrat det här till: Kvällslyktor." in shown
    sent = fields_of(shown, address)
    # What was typed is kept; what was left alone is shown as it is now.
    assert (sent["title"], sent["diary_number"]) == (["Morgonljus"], ["KS 2026/7"])
    assert Case.objects.get(pk=case.pk).title == "Kvällslyktor"
    scene.again(lena, shown)
    kept = Case.objects.get(pk=case.pk)
    assert (kept.title, kept.diary_number) == ("Morgonljus", "KS 2026/7")


def test_who_yields_leaves_what_the_other_saved(case: Case, people: People) -> None:
    let_be(CaseRole.objects.filter(case=case, user=people.lena), "procurer")
    address = reverse("case_edit", args=[case.number])
    scene = Scene(address, address, people.per, people.lena)

    lena, shown = scene.both({"title": "Kvällslyktor"}, {"title": "Morgonljus"})
    sent = fields_of(shown, address) | {"title": ["Kvällslyktor"], "summary": ["Ljus."]}
    lena.post(address, sent)

    kept = Case.objects.get(pk=case.pk)
    assert (kept.title, kept.summary) == ("Kvällslyktor", "Ljus.")


def test_the_same_change_twice_is_no_conflict(case: Case, people: People) -> None:
    let_be(CaseRole.objects.filter(case=case, user=people.lena), "procurer")
    address = reverse("case_edit", args=[case.number])
    sessions = [opened(one, address) for one in (people.per, people.lena)]

    answers = [
        client.post(address, typed | {"title": ["Kvällslyktor"]}) for client, typed in sessions
    ]

    assert [answer.status_code for answer in answers] == [302, 302]


def test_two_who_give_a_task_to_different_people_are_told(case: Case, people: People) -> None:
    said = {"case": case, "by": people.per, "at": timezone.now()}
    task = add_task(case_phase=case.current_phase, title="Ring Nattljus", **said)
    page, address = (reverse(name, args=[case.number, task.pk]) for name in ("task", "task_plan"))
    scene = Scene(page, address, people.per, people.lena)
    day = timezone.localdate() + timedelta(days=14)

    lena, shown = scene.both(
        {"assignee": str(people.nora.pk), "due_on": day.isoformat()},
        {"assignee": str(people.lena.pk), "title": "Ring dem"},
    )

    assert f"ändrat det här till: {people.nora.name}." in shown
    scene.again(lena, shown)
    kept = Task.objects.get(pk=task.pk)
    assert (kept.assignee, kept.due_on, kept.title) == (people.lena, day, "Ring dem")


def test_two_who_call_a_day_differently_are_told(case: Case, people: People) -> None:
    one = a_day(case, people)
    page, address = addresses(one, "deadline", "deadline_change")
    scene = Scene(page, address, people.per, people.lena)

    lena, shown = scene.both(
        {"title": "Svara alla", "responsible": str(people.nora.pk)}, {"title": "Svara dem"}
    )

    assert "ändrat det här till: Svara alla." in shown
    scene.again(lena, shown)
    kept = Deadline.objects.get(pk=one.pk)
    assert (kept.title, kept.responsible) == ("Svara dem", people.nora)


def test_two_who_correct_the_same_of_a_supplier_are_told(people: People) -> None:
    case = a_case_in_admission(people.per, people.authority)
    run, at = case.current_phase, timezone.now()
    one = Participant.objects.create(
        case=case, admitted_in=run, name="Påhittade Ljus", number=PERSONAL, added_by=people.per,
        added_at=at,
    )  # fmt: skip
    CaseRole.objects.create(case=case, user=people.lena, role="procurer", from_on=run.started_on)
    address = reverse("supplier_correct", args=[case.number, one.pk])
    scene = Scene(address, address, people.per, people.lena)

    lena, shown = scene.both(
        {"contact_name": "Disa Dahl", "number": "556160-2722"},
        {"contact_name": "Dan Dahl", "number": "556012-5790"},
    )

    assert "ändrat det här till: Disa Dahl." in shown
    assert "ändrat det här till: 556160-2722." in shown
    scene.again(lena, shown)
    one.refresh_from_db()
    assert (one.contact_name, one.number) == ("Dan Dahl", "556012-5790")


def test_a_sole_traders_number_is_not_told_by_a_conflict(people: People) -> None:
    firm = an_organisation("Bertils snickeri", kind="company")
    a_role(people.sam, firm, "administrator")
    address = reverse("edit_organisation", args=[firm.pk])
    scene = Scene(address, address, people.sam, people.sam)

    sam, shown = scene.both({"number": PERSONAL}, {"number": "556160-2722"})

    assert "ändrat det här till: 121212-••••." in shown
    assert PERSONAL not in shown
    scene.again(sam, shown)
    firm.refresh_from_db()
    assert firm.number == "556160-2722"


def test_two_who_name_a_team_are_told(people: People) -> None:
    address = reverse("edit_team", args=[people.team.pk])
    scene = Scene(address, address, people.lena, people.lena)

    lena, shown = scene.both({"name_sv": "Första laget"}, {"name_sv": "Andra laget"})

    assert "ändrat det här till: Första laget." in shown
    scene.again(lena, shown)
    assert Team.objects.get(pk=people.team.pk).name_sv == "Andra laget"


def test_two_who_assess_a_service_differently_are_told(people: People) -> None:
    address = reverse("edit_statement", args=[people.municipality.pk])
    anna, first = opened(people.anna, address)
    anna.post(address, first)
    scene = Scene(address, address, people.anna, people.anna)

    anna, shown = scene.both({"compliance": "full"}, {"compliance": "none", "contact": "Ring."})

    label = dict(AccessibilityStatement._meta.get_field("compliance").choices)["full"]
    assert f"ändrat det här till: {translated(label)}." in shown
    scene.again(anna, shown)
    kept = AccessibilityStatement.objects.get()
    assert (kept.compliance, kept.contact) == ("none", "Ring.")


FACTS = {"title": "A", "team": None, "day": 1}


@pytest.mark.parametrize(
    ("now", "chosen", "began", "expected"),
    [
        (FACTS, {"title": "B"}, None, {"title": "B"}),
        (FACTS, {"title": "B"}, {}, {"title": "B"}),
        (FACTS, {"title": "B"}, {"title": "A"}, {"title": "B"}),
        (FACTS, {"title": "C", "day": 2}, {"title": "C", "day": 1}, {"title": "A", "day": 2}),
        (FACTS, {"title": "A"}, {"title": "C"}, {"title": "A"}),
        (FACTS, {"team": 7}, {"team": None}, {"team": 7}),
    ],
)
def test_what_was_left_alone_stays_as_it_is_now(now, chosen, began, expected) -> None:
    assert facts_merged(now, chosen, began) == expected


def test_what_both_changed_is_told_all_at_once() -> None:
    with pytest.raises(Overtaken) as told:
        facts_merged(FACTS, {"title": "B", "day": 5, "team": None}, {"title": "C", "day": 2})
    assert (told.value.names, told.value.now) == (["day", "title"], FACTS)


def test_only_line_breaks_are_a_change_too(people: People) -> None:
    Organisation.objects.filter(pk=people.municipality.pk).update(
        address="Torget 1 123 45 Lindhaga"
    )
    address = reverse("edit_organisation", args=[people.municipality.pk])
    anna, typed = opened(people.anna, address)

    anna.post(address, typed | {"address": ["Torget 1\r\n123 45 Lindhaga"]})

    assert (
        Organisation.objects.get(pk=people.municipality.pk).address == "Torget 1\n123 45 Lindhaga"
    )


def test_what_was_kept_before_forms_cleaned_it_can_be_changed(case: Case, people: People) -> None:
    Case.objects.filter(pk=case.pk).update(title="Ljus  i\u00adhus ", summary="Ett  ljus")
    address = reverse("case_edit", args=[case.number])
    per, typed = opened(people.per, address)

    assert per.post(address, typed | {"title": ["Mörker"]}).status_code == 302

    kept = Case.objects.get(pk=case.pk)
    assert (kept.title, kept.summary) == ("Mörker", "Ett  ljus")


def test_who_was_left_alone_is_as_now_when_the_one_shown_has_left(
    case: Case, people: People
) -> None:
    said = {"case": case, "by": people.per, "at": timezone.now()}
    task = add_task(case_phase=case.current_phase, title="Ring", assignee=people.nora, **said)
    page, address = (reverse(name, args=[case.number, task.pk]) for name in ("task", "task_plan"))
    lena = signed_in(people.lena)
    typed = fields_of(lena.get(page).content.decode(), address)
    assert typed["assignee"] == [str(people.nora.pk)]
    # Nora's role ends, and Per gives the task to himself.
    with guards.lifted():
        CaseRole.objects.filter(case=case, user=people.nora).delete()
    Task.objects.filter(pk=task.pk).update(assignee=people.per)
    day = timezone.localdate() + timedelta(days=14)

    assert lena.post(address, typed | {"due_on": [day.isoformat()]}).status_code in (302, 303)

    kept = Task.objects.get(pk=task.pk)
    assert (kept.assignee, kept.due_on) == (people.per, day)
    # A form that cannot show who has left says nobody: that is asked about, not done.
    refused = lena.post(address, typed | {"assignee": [""]})
    assert refused.status_code == 422
    assert f"ändrat det här till: {people.per.name}." in refused.content.decode()


def test_a_sole_traders_number_changed_meanwhile_is_neither_replaced_nor_removed(
    people: People,
) -> None:
    other = "801101-1213"
    firm = an_organisation("Bertils snickeri", kind="company", number=PERSONAL)
    a_role(people.sam, firm, "administrator")
    address = reverse("edit_organisation", args=[firm.pk])
    for mine in ({"number": "556160-2722"}, {"remove_number": "on"}):
        Organisation.objects.filter(pk=firm.pk).update(number=PERSONAL)
        scene = Scene(address, address, people.sam, people.sam)

        sam, shown = scene.both({"number": other}, mine)

        assert "ändrat det här till: 801101-••••." in shown
        assert not {other, PERSONAL} & {*shown.split('"')}
        assert Organisation.objects.get(pk=firm.pk).number == other
        scene.again(sam, shown)
        assert Organisation.objects.get(pk=firm.pk).number == mine.get("number", "")


def test_a_number_emptied_on_a_page_that_kept_none_is_not_put_back(people: People) -> None:
    firm = an_organisation("Bertils snickeri", kind="company", number="556160-2722")
    a_role(people.sam, firm, "administrator")
    address = reverse("edit_organisation", args=[firm.pk])
    scene = Scene(address, address, people.sam, people.sam)

    sam, shown = scene.both({"number": PERSONAL}, {"number": "", "address": "Storgatan 1"})

    assert "ändrat det här till: 121212-••••." in shown
    scene.again(sam, shown)
    # What a page that keeps a number leaves empty is kept.
    firm.refresh_from_db()
    assert (firm.number, firm.address) == (PERSONAL, "Storgatan 1")


def test_a_number_and_a_country_of_two_people_are_left_alone_by_a_third_change(
    people: People,
) -> None:
    case = a_case_in_admission(people.per, people.authority)
    one = Participant.objects.create(
        case=case, admitted_in=case.current_phase, name="Påhittade Ljus", country="NO",
        added_by=people.per, added_at=timezone.now(),
    )  # fmt: skip
    address = reverse("supplier_correct", args=[case.number, one.pk])
    per, typed = opened(people.per, address)
    Participant.objects.filter(pk=one.pk).update(country="SE", number=PERSONAL)

    assert per.post(address, typed | {"name": ["Påhittat Ljus"]}).status_code == 302

    one.refresh_from_db()
    assert (one.name, one.country, one.number) == ("Påhittat Ljus", "SE", PERSONAL)


def test_who_leads_a_team_must_still_be_in_it(people: People) -> None:
    park, address = people.science_park, reverse("edit_team", args=[people.team.pk])
    Team.objects.filter(pk=people.team.pk).update(intermediary=None)
    lena, typed = opened(people.lena, address)
    people.team.organisations.remove(park)

    refused = lena.post(address, typed | {"intermediary": [str(park.pk)]})

    assert refused.status_code == 422
    shown = refused.content.decode()
    assert f"ändrat det här till: {people.municipality.name}." in shown
    # The next press brings it in again.
    assert lena.post(address, fields_of(shown, address)).status_code == 302
    team = Team.objects.get(pk=people.team.pk)
    assert team.intermediary == park
    assert park in team.organisations.all()


@pytest.mark.parametrize("own", [True, False])
def test_two_who_move_the_event_of_a_lawful_day_are_told(
    case: Case, people: People, own: bool
) -> None:
    Case.objects.filter(pk=case.pk).update(legal_track="advertised_19")
    event = timezone.localdate()
    far = event + timedelta(days=60)
    period, day = ("tenders_below", far) if own else ("standstill_electronic", None)
    said = {"case": case, "by": people.per, "at": timezone.now()}
    one = count_deadline(
        case_phase=Case.objects.get(pk=case.pk).current_phase, period=period, event_on=event,
        due_on=day, reasons="Vi ger mer tid." if own else "", responsible=None, **said,
    )  # fmt: skip
    page, address = addresses(one, "deadline", "deadline_change")
    scene = Scene(page, address, people.per, people.lena)
    days = [(event + timedelta(days=n)).isoformat() for n in (2, 9)]

    lena, shown = scene.both({"event_on": days[0]}, {"event_on": days[1]})

    assert "ändrat det här till: " in shown
    # Of the counted day, which moves with its event, nobody is asked a second time.
    scene.again(lena, shown)
    kept = Deadline.objects.get(pk=one.pk)
    assert kept.event_on.isoformat() == days[1]
    assert kept.due_on == (far if own else kept.counted_on)


def test_a_day_that_was_moved_meanwhile_is_not_noted_as_announced(
    case: Case, people: People
) -> None:
    one = a_day(case, people)
    day = one.due_on
    page, change, announce = addresses(one, "deadline", "deadline_change", "deadline_announce")
    lena = signed_in(people.lena)
    read = fields_of(lena.get(page).content.decode(), announce)
    per = signed_in(people.per)
    moved = fields_of(per.get(page).content.decode(), change)
    per.post(change, moved | {"due_on": [(day + timedelta(days=2)).isoformat()]})

    refused = lena.post(announce, read)

    assert refused.status_code == 422
    shown = refused.content.decode()
    assert "har under tiden flyttat dagen" in shown
    assert Deadline.objects.get(pk=one.pk).announced_at is None
    assert lena.post(announce, fields_of(shown, announce)).status_code in (302, 303)
    assert Deadline.objects.get(pk=one.pk).announced_at is not None


def test_who_renames_and_moves_a_day_is_told_of_both(case: Case, people: People) -> None:
    one = a_day(case, people)
    day = one.due_on
    page, address = addresses(one, "deadline", "deadline_change")
    scene = Scene(page, address, people.per, people.lena)
    firsts, seconds = ((day + timedelta(days=n)).isoformat() for n in (2, 3))

    lena, shown = scene.both(
        {"title": "Svara alla", "due_on": firsts}, {"title": "Svara dem", "due_on": seconds}
    )

    assert "ändrat det här till: Svara alla." in shown
    refused = lena.post(address, fields_of(shown, address))
    assert refused.status_code == 422
    assert "har under tiden flyttat dagen" in refused.content.decode()
    scene.again(lena, refused.content.decode())
    kept = Deadline.objects.get(pk=one.pk)
    assert (kept.title, kept.due_on.isoformat()) == ("Svara dem", seconds)


def test_two_who_correct_the_title_of_an_insight_are_told(case: Case, people: People) -> None:
    said = {"case": case, "by": people.per, "at": timezone.now()}
    one = write_insight(
        title="Ljuset stör", text="Sju av tio.", source="interview", audience="team", **said
    )
    address = reverse("insight_correct", args=[case.number, one.number])
    scene = Scene(address, address, people.per, people.lena)

    lena, shown = scene.both({"title": "Ljuset stör nattetid"}, {"title": "Ljuset är för starkt"})

    assert "ändrat det här till: Ljuset stör nattetid." in shown
    scene.again(lena, shown)
    one.refresh_from_db()
    assert (one.title, one.text) == ("Ljuset är för starkt", "Sju av tio.")


def test_a_team_keeps_the_intermediary_that_somebody_else_chose(people: People) -> None:
    # Anna brought the company in to lead, on a page that Lena had not seen.
    address = reverse("edit_team", args=[people.team.pk])
    lena, typed = opened(people.lena, address)
    people.team.organisations.add(people.company)
    Team.objects.filter(pk=people.team.pk).update(intermediary=people.company)

    assert lena.post(address, typed | {"name_sv": ["Tallvikens lag"]}).status_code == 302

    team = Team.objects.get(pk=people.team.pk)
    assert (team.name_sv, team.intermediary) == ("Tallvikens lag", people.company)


def test_a_page_refused_for_something_else_keeps_the_number_that_came_meanwhile(
    people: People,
) -> None:
    firm = an_organisation("Bertils snickeri", kind="company")
    a_role(people.sam, firm, "administrator")
    address = reverse("edit_organisation", args=[firm.pk])
    sam, typed = opened(people.sam, address)
    Organisation.objects.filter(pk=firm.pk).update(number=PERSONAL)

    refused = sam.post(address, typed | {"name": [""]})

    assert refused.status_code == 422
    shown = refused.content.decode()
    assert "121212-••••" in shown
    # The page tells of the number now, and what is ticked there is done.
    again = fields_of(shown, address) | {"name": ["Bertils"], "remove_number": ["on"]}
    assert sam.post(address, again).status_code == 302
    firm.refresh_from_db()
    assert (firm.name, firm.number) == ("Bertils", "")


def test_a_number_to_be_removed_that_is_another_now_is_told(people: People) -> None:
    firm = an_organisation("Bertils snickeri", kind="company", number=PERSONAL)
    a_role(people.sam, firm, "administrator")
    address = reverse("edit_organisation", args=[firm.pk])
    scene = Scene(address, address, people.sam, people.sam)

    _sam, shown = scene.both({"number": "556160-2722"}, {"remove_number": "on"})

    assert "ändrat det här till: 556160-2722." in shown
    assert Organisation.objects.get(pk=firm.pk).number == "556160-2722"


def test_a_long_text_that_somebody_else_wrote_is_to_be_read_first(people: People) -> None:
    address = reverse("edit_statement", args=[people.municipality.pk])
    anna, first = opened(people.anna, address)
    anna.post(address, first)
    scene = Scene(address, address, people.anna, people.anna)
    long = "Kartan läses inte upp. " * 40

    anna, shown = scene.both({"shortcomings": long}, {"shortcomings": "Inga."})

    assert "Öppna sidan i ett annat fönster och läs" in shown
    assert fields_of(shown, address)["shortcomings"] == ["Inga."]
    scene.again(anna, shown)
    assert AccessibilityStatement.objects.get().shortcomings == "Inga."


@contextmanager
def just_before_the_operation(happens: Callable[[], object]) -> Iterator[None]:
    """Somebody else is first: after the page has looked, and before the operation begins."""
    left = [happens]

    def look(execute: Callable[..., object], sql: str, *others: object) -> object:
        if left and sql.startswith("SAVEPOINT"):
            left.pop()()
        return execute(sql, *others)

    with connection.execute_wrapper(look):
        yield
    assert left == []


@pytest.mark.parametrize("name", ["history_paper", "gate_decide"])
def test_a_case_thrown_away_in_another_tab_is_not_found(people: People, name: str) -> None:
    case = a_case(by=people.per, authority=people.authority, at=timezone.now(), begun=False)
    run = case.phases_in_order[0]
    about = [case.number, run.phase.key] if name == "gate_decide" else [case.number]
    typed = {
        "outcome": "stop", "reasons": "Nej.", "decided_by": "Per Palm", "reference": "§ 4",
        "decided_on": timezone.localdate().isoformat(), "despite": "Behövs inte.",
    }  # fmt: skip

    per = signed_in(people.per)

    with just_before_the_operation(
        lambda: discard_case(case=case, by=people.per, at=timezone.now())
    ):
        answer = per.post(reverse(name, args=about), typed, follow=True)

    assert answer.status_code == 404


def test_who_left_a_case_a_moment_before_opens_no_calendar_of_it(
    case: Case, people: People
) -> None:
    held = CaseRole.objects.get(case=case, user=people.nora)
    nora, today = signed_in(people.nora), timezone.localdate()

    with just_before_the_operation(
        lambda: end_case_role(
            case=case, held=held, until_on=today, by=people.per, at=timezone.now()
        )
    ):
        answer = nora.post(reverse("calendar_open"), {"case": case.number})

    assert answer.status_code == 404
    assert not people.nora.feeds.exists()
