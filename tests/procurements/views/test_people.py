from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from procurements.models import CaseInvitation, CaseRole, Task
from procurements.operations.case import give_role
from procurements.operations.deadline import set_deadline
from procurements.operations.people import invite_to_case, withdraw_case_invitation
from procurements.operations.task import add_task, complete_task
from procurements.states import Role
from teams.models import User
from tests.builders import MONDAY, a_case
from tests.builders_teams import PASSWORD, a_person, a_role
from tests.forms import fields_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(people):
    return a_case(
        by=people.per,
        authority=people.authority,
        team=people.team,
        at=timezone.now(),
        roles={Role.OBSERVER: people.nora},
    )


def invited(case, people, email="eva@konsult.example", role=Role.ASSESSOR):
    return invite_to_case(case=case, email=email, role=role, by=people.per, at=timezone.now())


def link(invitation):
    return reverse("case_invitation", args=[invitation.token])


def url(name, case, *more):
    return reverse(name, args=[case.number, *more])


def test_people_are_listed_with_their_roles_in_one_sentence(case, people):
    html = signed_in(people.nora).get(url("case_people", case)).content.decode()

    assert "Per Palm" in html
    assert "Ärendeägare" in html
    assert "Svarar för ärendet" in html
    assert url("case_role_give", case) not in html
    assert "Lämna" in html


def test_addresses_of_the_invited_are_for_those_who_manage(case, people):
    invited(case, people)

    assert (
        "eva@konsult.example"
        in signed_in(people.per).get(url("case_people", case)).content.decode()
    )
    assert (
        "eva@konsult.example"
        not in signed_in(people.nora).get(url("case_people", case)).content.decode()
    )


@pytest.mark.parametrize("is_demo", [True, False])
def test_in_a_demo_who_invites_is_told_that_no_mail_is_sent(case, people, settings, is_demo):
    settings.IS_DEMO = is_demo
    invited(case, people)

    html = signed_in(people.per).get(url("case_people", case)).content.decode()

    assert ("Det här är en demo: den skickar inga mejl." in html) is is_demo


def test_role_is_given_to_somebody_found_by_name(case, people):
    client = signed_in(people.per)
    html = client.get(url("case_role_give", case) + "?find=nora").content.decode()
    assert "Nora Nord" in html
    assert "Lena Leander" not in html

    client.post(
        url("case_role_give", case),
        {"find": "nora", "user": people.nora.pk, "role": Role.NEED_OWNER},
    )

    assert case.roles.filter(user=people.nora, role=Role.NEED_OWNER).exists()


def test_people_are_looked_for_by_some_words_however_many_are_asked_for(case, people):
    client, address = signed_in(people.per), url("case_role_give", case)
    asked = {"find": "nora " * 5000, "user": people.nora.pk, "role": Role.COACH}

    for many in ("nora " * 700, "nora n o r a no or ora och nio"):
        assert people.nora.name in client.get(address, {"find": many}).content.decode()
    assert client.post(address, asked).status_code == 302
    assert client.get(address, {"find": "\0"}).status_code == 200


def test_somebody_of_the_team_from_outside_is_invited(case, people):
    client = signed_in(people.per)

    page = client.post(
        url("case_role_give", case),
        {"user": people.lena.pk, "role": Role.PROCESS_LEADER},
        follow=True,
    )

    assert "kommer utifrån och har fått en inbjudan" in page.content.decode()
    assert not case.roles.filter(user=people.lena).exists()


def test_somebody_is_found_whatever_the_case_of_the_letters(case, people):
    User.objects.filter(pk=people.anna.pk).update(name="Åsa Öst", title="Ekonom (vik.)")
    client, address = signed_in(people.per), url("case_role_give", case)

    for asked in ("åsa", "ÖST EKONOM", "öst (vik.)"):
        offered = client.get(address, {"find": asked}).context["form"].people.values()
        assert [one.name for one in offered] == ["Åsa Öst"], asked


def test_of_two_with_one_name_the_address_says_who_gets_a_role_or_a_task(case, people):
    """A role lets its holder see what is secret: it is not to be given to a namesake."""
    other = a_person(people.nora.name, "nora2@lindhaga.example")
    a_role(other, people.authority, "member")
    role = {"user": other, "role": Role.ASSESSOR, "from_on": timezone.localdate()}
    give_role(case, **role, by=people.per, at=timezone.now())
    per, both = signed_in(people.per), [people.nora.email, other.email]

    for address in (
        url("case_role_give", case) + "?find=nora",
        url("case_people", case),
        url("deadline_new", case),
        url("own_task_new", case, case.current_phase.phase.key),
    ):
        html = per.get(address).content.decode()
        assert [email in html for email in both] == [True, True], address
        assert people.anna.email not in html
    assert other.email not in signed_in(people.nora).get(url("case_people", case)).text


def test_somebody_unknown_cannot_be_given_a_role(case, people):
    asked = {"user": people.olle.pk, "role": Role.OBSERVER}

    page = signed_in(people.per).post(url("case_role_give", case), asked)

    assert page.status_code == 422
    assert not case.roles.filter(user=people.olle).exists()


def test_administrator_of_the_authority_manages_people(case, people):
    assert signed_in(people.anna).get(url("case_role_give", case)).status_code == 200


def test_invited_person_makes_an_account_and_takes_part(case, people):
    client = Client()
    asked = invited(case, people)
    html = client.get(link(asked)).content.decode()
    assert "Trygg första vecka hemma" in html
    assert "Jag lovar" in html

    page = client.post(
        link(asked),
        {
            "person_name": "Eva Ek",
            "password": PASSWORD,
            "password_again": PASSWORD,
            "has_promised": "on",
            "interests": "Inga",
        },
    )

    assert page.url == case.get_absolute_url()
    assert client.get(page.url).status_code == 200
    held = CaseRole.objects.get(user__email="eva@konsult.example")
    assert held.is_engagement
    assert held.interests == "Inga"


def test_without_a_promise_nothing_happens_and_what_was_typed_is_kept(case, people):
    asked = invited(case, people)

    page = Client().post(
        link(asked),
        {
            "person_name": "Eva Ek",
            "password": PASSWORD,
            "password_again": PASSWORD,
            "interests": "Äger aktier",
        },
    )

    assert page.status_code == 422
    assert "Äger aktier" in page.content.decode()
    assert not User.objects.filter(email="eva@konsult.example").exists()


def test_what_is_left_empty_is_told_with_the_same_words_above_the_form_and_at_its_field(
    case, people
):
    asked = invited(case, people)

    page = Client().post(link(asked), {"person_name": "Eva Ek", "password": PASSWORD})

    above, _, below = page.text.partition("data-errors")[2].partition("</ul>")
    assert "Fyll i ”Lösenordet igen”.</a></li>" in above
    assert "Fyll i ”Lösenordet igen”." in below
    assert "Detta fält" not in page.text


def test_somebody_of_the_authority_accepts_without_a_promise(case, people):
    asked = invited(case, people, people.anna.email, Role.LAWYER)

    page = signed_in(people.anna).post(link(asked), {})

    assert page.status_code == 302
    assert not case.roles.get(user=people.anna).is_engagement


def test_known_address_signs_in_first(case, people):
    asked = invited(case, people, people.lena.email)

    assert "Logga in" in Client().get(link(asked)).content.decode()
    assert Client().post(link(asked), {"has_promised": "on"}).status_code == 403
    assert not case.roles.filter(user=people.lena).exists()


def test_the_page_of_a_link_is_kept_nowhere_and_its_passwords_in_no_report(case, people):
    invitation = invite_to_case(
        case=case, email="eva@konsult.example", role=Role.ASSESSOR, by=people.per, at=timezone.now()
    )

    answer = Client().get(link(invitation))

    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    hidden = answer.wsgi_request.sensitive_post_parameters
    assert set(hidden) == {"password", "password_again"}


def test_links_that_cannot_be_used_say_why(case, people):
    used = invited(case, people, people.anna.email)
    signed_in(people.anna).post(link(used), {})
    expired = invited(case, people, "a@b.example")
    CaseInvitation.objects.filter(pk=expired.pk).update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    withdrawn = invited(case, people, "c@d.example")
    withdraw_case_invitation(case=case, invitation=withdrawn, by=people.per, at=timezone.now())
    waiting = invited(case, people, "e@f.example")
    left = invited(case, people, "g@h.example")
    CaseInvitation.objects.filter(pk=left.pk).update(invited_by=people.olle)

    assert Client().get(link(used)).status_code == 410
    assert Client().get(link(expired)).status_code == 410
    assert Client().get(link(withdrawn)).status_code == 410
    gone = Client().get(link(left))
    assert (gone.status_code, people.olle.name in gone.text) == (410, True)
    shown = signed_in(people.per).get(url("case_people", case)).text
    assert "skickas den igen gäller länken" in shown
    assert signed_in(people.olle).get(link(waiting)).status_code == 403
    assert Client().get("/cases/invitations/nothing/").status_code == 404


def test_last_owner_is_told_why_they_cannot_leave(case, people):
    own = case.roles.get(user=people.per, role=Role.OWNER)
    today = timezone.localdate().isoformat()

    page = signed_in(people.per).post(url("case_role_end", case, own.pk), {"until_on": today})

    assert page.status_code == 422
    assert "är ärendets enda ägare" in page.content.decode()


def test_observer_leaves_by_themselves_and_ends_nobody_elses_role(case, people):
    client = signed_in(people.nora)
    own = case.roles.get(user=people.nora)
    others = case.roles.get(user=people.per, role=Role.PROCURER)
    today = {"until_on": timezone.localdate().isoformat()}

    assert client.post(url("case_role_end", case, others.pk), today).status_code == 403
    assert client.post(url("case_role_end", case, own.pk), today).url == "/"
    assert client.get(case.get_absolute_url()).status_code == 404


def test_who_is_to_leave_cannot_stay_by_their_own_page(case, people):
    own = case.roles.get(user=people.nora)
    address = url("case_role_end", case, own.pk)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    signed_in(people.per).post(address, {"until_on": tomorrow})

    page = signed_in(people.nora).post(address, {"until_on": "2100-12-31"})

    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"until_on"}
    assert case.roles.get(pk=own.pk).until_on.isoformat() == tomorrow


def test_role_is_changed_from_a_day(case, people):
    held = case.roles.get(user=people.nora)
    day = timezone.localdate() + timedelta(days=2)

    signed_in(people.per).post(
        url("case_role", case, held.pk), {"role": Role.COACH, "from_on": day.isoformat()}
    )

    held.refresh_from_db()
    assert held.until_on == day
    assert case.roles.get(user=people.nora, role=Role.COACH).from_on == day


def test_a_role_that_was_ended_before_it_began_is_no_current_one(case, people):
    day = timezone.localdate() + timedelta(days=7)
    given = {"case": case, "user": people.nora, "by": people.per, "at": timezone.now()}
    regretted = give_role(role=Role.COACH, from_on=day, until_on=day, **given)
    to_come = give_role(role=Role.LAWYER, from_on=day, **given)

    shown = signed_in(people.per).get(url("case_people", case)).context

    assert shown["ended"] == [regretted]
    assert to_come in [row for group in shown["groups"] for row in group["rows"]]


def test_a_role_that_is_to_end_can_still_be_changed_ended_sooner_and_left(case, people):
    held = case.roles.get(user=people.nora)
    end, change = url("case_role_end", case, held.pk), url("case_role", case, held.pk)
    later, sooner = (timezone.localdate() + timedelta(days=days) for days in (40, 4))
    per = signed_in(people.per)
    per.post(end, {"until_on": later.isoformat()})

    listed = per.get(url("case_people", case)).text
    assert f'href="{end}"' in listed
    assert f'href="{change}"' in listed
    assert f'href="{end}"' in signed_in(people.nora).get(url("case_people", case)).text
    assert "As it is now it ends on" in english(people.per, end)
    per.post(end, fields_of(per.get(end).text, "") | {"until_on": sooner.isoformat()})

    held.refresh_from_db()
    assert held.until_on == sooner


def test_a_role_to_come_is_told_as_one_and_its_forms_begin_with_a_day_that_holds(case, people):
    day = timezone.localdate() + timedelta(days=20)
    given = {"case": case, "user": people.nora, "by": people.per, "at": timezone.now()}
    held = give_role(role=Role.COACH, from_on=day, **given)
    end, change = url("case_role_end", case, held.pk), url("case_role", case, held.pk)

    for address in (end, change):
        assert "The role begins on" in english(people.per, address)
        assert "has been held" not in english(people.per, address)
    per = signed_in(people.per)
    assert per.get(change).context["form"]["from_on"].value() == day
    assert per.post(end, fields_of(per.get(end).text, "")).status_code == 302
    held.refresh_from_db()
    assert held.until_on == day


def english(user, address):
    return signed_in(user).get(address, {"lang": "en"}).text


def test_who_ends_a_role_is_told_what_its_holder_has_left_to_do(case, people):
    task = case.current_phase.tasks.get(position=1)
    Task.objects.filter(pk=task.pk).update(assignee=people.nora)
    title = case.edition.words()(task.step, "title")
    named = {"case": case, "case_phase": case.current_phase, "by": people.per}
    own = add_task(**named, title="Ring kommunen", assignee=people.nora, at=timezone.now())
    day = timezone.localdate() + timedelta(days=30)
    named |= {"responsible": people.nora, "at": timezone.now()}
    set_deadline(**named, title="Svara nämnden", due_on=day)
    end = url("case_role_end", case, case.roles.get(user=people.nora).pk)

    for reader in (people.per, people.nora):
        html = english(reader, end)
        assert "Nora Nord still has this to do." in html
        assert all(words in html for words in (title, "Ring kommunen", "Svara nämnden"))
    # Who administers the authority reads what is the handbook's alone.
    html = english(people.anna, end)
    assert title in html
    assert "Ring kommunen" not in html
    assert "Svara nämnden" not in html

    complete_task(case=case, task=own, by=people.per, at=timezone.now())
    assert "Ring kommunen" not in english(people.per, end)
    with transaction.atomic():
        give = {"from_on": timezone.localdate(), "by": people.per, "at": timezone.now()}
        give_role(case, user=people.nora, role=Role.COACH, **give)
    assert "still has this to do" not in english(people.per, end)


def test_who_ends_the_role_of_the_only_procurer_is_told_that_nobody_else_decides(case, people):
    held = case.roles.get(user=people.per, role=Role.PROCURER)
    pages = (url("case_role_end", case, held.pk), url("case_role", case, held.pk))
    alone = "Nobody else in the case records decisions at its gates"
    assert all(alone in english(people.anna, page) for page in pages)
    owns = case.roles.get(user=people.per, role=Role.OWNER)
    assert alone not in english(people.per, url("case_role_end", case, owns.pk))

    given = {"user": people.lena, "role": Role.PROCESS_LEADER, "from_on": timezone.localdate()}
    leads = CaseRole.objects.create(case=case, **given, is_engagement=True)
    assert all(alone in english(people.anna, page) for page in pages)

    CaseRole.objects.filter(pk=leads.pk).update(is_engagement=False)
    assert not any(alone in english(people.anna, page) for page in pages)


def test_role_of_another_case_is_not_there(case, people):
    other = a_case(
        by=people.per, authority=people.authority, at=timezone.now(), edition=case.edition
    )
    held = other.roles.first()

    assert signed_in(people.per).get(url("case_role", case, held.pk)).status_code == 404


def test_invitation_is_sent_again_and_withdrawn(case, people):
    asked = invited(case, people)
    client = signed_in(people.per)

    assert client.get(url("case_invitation_again", case, asked.pk)).status_code == 200
    client.post(url("case_invitation_again", case, asked.pk), {})
    asked.refresh_from_db()
    assert asked.times_sent == 2

    client.post(url("case_invitation_withdraw", case, asked.pk), {})
    again = client.post(url("case_invitation_withdraw", case, asked.pk), {})
    assert again.status_code == 422
    asked.refresh_from_db()
    assert asked.revoked_at


@pytest.mark.parametrize("email", ["", "x", "a@b", "a\x00@b.se", "å@b.se", "a@b.se\nBcc: c@d.se"])
def test_wrong_address_is_told(case, people, email):
    asked = {"email": email, "role": Role.COACH, "language": "sv"}

    assert signed_in(people.per).post(url("case_invite", case), asked).status_code == 422
    assert not case.invitations.exists()


def test_a_role_for_somebody_already_invited_is_refused_in_the_page(case, people):
    invited(case, people, people.lena.email)

    answer = signed_in(people.per).post(
        url("case_role_give", case), {"find": "lena", "user": people.lena.pk, "role": "assessor"}
    )

    assert answer.status_code == 422
    assert "En inbjudan till den adressen väntar" in answer.content.decode()


def test_a_new_role_from_before_the_old_one_is_refused_at_its_day(case, people):
    held = case.roles.get(user=people.nora)
    too_early = (held.from_on - timedelta(days=1)).isoformat()

    answer = signed_in(people.per).post(
        url("case_role", case, held.pk), {"role": "assessor", "from_on": too_early}
    )

    assert answer.status_code == 422
    assert "from_on" in answer.context["form"].errors


def test_a_promise_is_asked_of_who_is_in_from_outside_without_it_and_of_nobody_else(people):
    case = a_case(by=people.lena, authority=people.authority, role="process_leader")
    address = reverse("case_promise", args=[case.number])
    lena = Client()
    lena.force_login(people.lena)
    assert address in lena.get(case.get_absolute_url()).content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert lena.get(address).status_code == 200
    assert len(asked) <= 12

    refused = lena.post(address, {"interests": "Min bror äger Ask AB."})
    assert refused.status_code == 422
    assert "Min bror äger Ask AB." in refused.content.decode()
    typed = {"has_promised": "on", "interests": "Min bror äger Ask AB."}
    assert lena.post(address, typed).status_code == 302

    assert lena.get(address).status_code == 404
    assert address not in lena.get(case.get_absolute_url()).content.decode()


def test_before_the_promise_nothing_is_said_to_end_with_a_gate_or_a_window(people):
    case = a_case(by=people.lena, authority=people.authority, role="process_leader")
    task = reverse("task", args=[case.number, case.current_phase.tasks.get(position=1).pk])
    pages = (case.get_absolute_url(), url("case_suppliers", case), task)
    untrue = ("until the gate", "secrecy window")

    for reader, readable in ((people.lena, pages), (people.anna, (pages[0], task))):
        for address in readable:
            html = english(reader, address)
            assert not any(words in html for words in untrue)
    assert "promises secrecy first" in english(people.anna, task)


def test_declared_interests_are_read_by_who_manages_and_who_declared_them(people):
    case = a_case(by=people.lena, authority=people.authority, role="process_leader")
    roles = {Role.PROCURER: people.per, Role.OBSERVER: people.nora}
    with transaction.atomic():
        for role, user in roles.items():
            give_role(
                case, user=user, role=role, from_on=timezone.localdate(MONDAY), by=people.lena,
                at=MONDAY,
            )  # fmt: skip
    promise = reverse("case_promise", args=[case.number])
    typed = {"has_promised": "on", "interests": "Min bror äger Ask AB."}
    signed_in(people.lena).post(promise, typed)

    def reads(person):
        html = signed_in(person).get(url("case_people", case)).content.decode()
        return "Redovisade bindningar: Min bror äger Ask AB." in html

    assert reads(people.per)
    assert reads(people.lena)
    assert not reads(people.nora)
    assert not reads(people.anna)


def declared_in_two_roles(case, people, lawyer, assessor):
    today = timezone.localdate()
    for role, days, interests in ((Role.LAWYER, 7, lawyer), (Role.ASSESSOR, 0, assessor)):
        give_role(
            case,
            user=people.lena,
            role=role,
            from_on=today + timedelta(days=days),
            is_engagement=True,
            undertaking_on=today,
            interests=interests,
            by=people.per,
            at=timezone.now(),
        )


def test_interests_declared_for_a_role_to_come_too_are_corrected_on_the_page(case, people):
    declared_in_two_roles(case, people, "Syster i Björk.", "Äger aktier i Ask.")
    client, url = signed_in(people.lena), reverse("case_interests", args=[case.number])
    sent = fields_of(client.get(url).content.decode(), url)
    assert sent["interests"] == ["Syster i Björk.\n\nÄger aktier i Ask."]

    response = client.post(url, sent | {"interests": ["Inga."]})

    assert response.status_code == 302
    assert set(case.roles.filter(user=people.lena).values_list("interests", flat=True)) == {"Inga."}


def test_interests_declared_at_length_in_two_roles_can_be_corrected(case, people):
    declared_in_two_roles(case, people, "Syster i Björk." * 240, "Äger aktier i Ask." * 200)
    client, url = signed_in(people.lena), reverse("case_interests", args=[case.number])
    sent = fields_of(client.get(url).content.decode(), url)
    added = sent["interests"][0] + " Och i Al."

    response = client.post(url, sent | {"interests": [added]})

    assert response.status_code == 302
    assert set(case.roles.filter(user=people.lena).values_list("interests", flat=True)) == {added}
