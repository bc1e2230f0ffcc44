"""A letter or a paper that was given up is told of on the first page of who asked for it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents.states import RevisionState
from handbook.models import DocumentTemplate
from outbox import work
from outbox.models import TRIES, Message
from procurements.duties import current_duty
from procurements.models import Case
from procurements.operations.case import pause_case, stop_case
from procurements.operations.deadline import count_deadline
from procurements.operations.paper import Place, order_paper
from procurements.operations.people import invite_to_case, offer_role, withdraw_case_invitation
from procurements.operations.reminder import make_coming
from procurements.reminding import Rung
from procurements.states import Role
from teams.models import Membership, User
from teams.operations.roles import invite
from tests.builders import a_case_today
from tests.people import signed_in
from tests.procurements.views.test_case import in_the_phase_that_admits

# A case begins on a working day, and its first phase with it.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
TOLD = 'id="failed-h"'
ADDRESS = "eva@konsult.example"


def give_up(subject):
    Message.objects.filter(subject=subject).update(given_up_at=timezone.now(), attempts=TRIES)


def refused_invitation(case, by, email=ADDRESS):
    asked = invite_to_case(case=case, email=email, role=Role.COACH, by=by, at=timezone.now())
    give_up(f"procurements.caseinvitation:{asked.pk}")
    return asked


def only_watches(case, person):
    today = timezone.localdate()
    held = case.roles.filter(user=person)
    held.exclude(role=Role.OBSERVER).update(until_on=today)
    case.roles.get_or_create(user=person, role=Role.OBSERVER, defaults={"from_on": today})


def first_page(person):
    return signed_in(person).get("/").content.decode()


@pytest.mark.slow
def test_who_invited_is_told_on_their_first_page_and_nobody_else(people):
    case = a_case_today(people, roles={Role.PROCESS_LEADER: people.nora})
    refused_invitation(case, people.per)

    told = first_page(people.per)

    assert TOLD in told
    assert ADDRESS in told
    assert f'href="{reverse("case_people", args=[case.number])}"' in told
    for other in (people.nora, people.anna, people.olle):
        assert TOLD not in first_page(other)
        assert ADDRESS not in first_page(other)


def test_beside_the_invitation_it_is_told_to_those_who_manage_people(people):
    case = a_case_today(people, roles={Role.OBSERVER: people.nora})
    refused_invitation(case, people.per)
    page = reverse("case_people", args=[case.number])

    for manager in (people.per, people.anna):
        assert "state--misslyckades" in signed_in(manager).get(page).content.decode()
    other = signed_in(people.nora).get(page).content.decode()
    assert "state--misslyckades" not in other
    assert ADDRESS not in other


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_a_refused_reminder_of_the_law_is_told_also_when_the_case_rests_or_is_over(people, end):
    case = a_case_today(people, roles={Role.NEED_OWNER: people.nora}, legal_track="lou_above")
    now = timezone.now()
    law = count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="documentation_cancelled",
        event_on=timezone.localdate() - timedelta(days=40),
        responsible=people.nora,
        by=people.per,
        at=now,
    )
    end(case=case, reason="Sommar.", by=people.per, at=now)
    told = make_coming(
        case=case,
        duty=current_duty(law, at=now),
        person=people.nora,
        rung=Rung("late", timezone.localdate()),
        is_now=True,
        by=people.per,
        at=now,
    )
    assert TOLD not in first_page(people.per)

    give_up(told.letter_name[0])
    assert TOLD in first_page(people.per)


def test_letters_about_one_case_are_told_of_once_with_all_whom_they_did_not_reach(people):
    case = a_case_today(people, roles={Role.NEED_OWNER: people.nora})
    elsewhere = a_case_today(people)
    for email in ("a@x.y", "b@x.y"):
        refused_invitation(case, people.per, email)
    refused_invitation(elsewhere, people.per, "c@x.y")

    told = first_page(people.per)

    failed = told[told.index(TOLD) : told.index("</section>", told.index(TOLD))]
    assert failed.count("<li>") == 2
    assert "a@x.y, b@x.y" in failed


def test_it_is_told_until_it_is_sent_again_or_withdrawn(people):
    case = a_case_today(people)
    asked, other = (
        refused_invitation(case, people.per),
        refused_invitation(case, people.per, "b@x.y"),
    )
    client, address = signed_in(people.per), reverse("case_people", args=[case.number])
    assert TOLD in client.get("/").text
    assert "state--misslyckades" in client.get(address).text

    client.post(reverse("case_invitation_again", args=[case.number, asked.pk]))
    withdraw_case_invitation(case=case, invitation=other, by=people.per, at=timezone.now())

    assert TOLD not in client.get("/").text
    assert "state--misslyckades" not in client.get(address).text


def test_who_no_longer_runs_the_case_is_told_nothing_of_whom_they_invited(people):
    case = a_case_today(people, roles={Role.OWNER: people.nora, Role.OBSERVER: people.per})
    refused_invitation(case, people.per)
    assert TOLD in first_page(people.per)

    only_watches(case, people.per)

    assert TOLD not in first_page(people.per)


def test_invitations_to_organisations_and_teams_are_told_too_also_to_who_has_no_case(people):
    for place, person in ((people.municipality, people.anna), (people.team, people.lena)):
        asked = invite(place=place, email=ADDRESS, role="member", by=person, at=timezone.now())
        give_up(f"teams.invitation:{asked.pk}")

        told = first_page(person)

        assert TOLD in told
        assert f'href="{place.get_absolute_url()}"' in told
        assert place.name in told
        Membership.objects.filter(user=person).update(until_on=timezone.localdate())
        assert TOLD not in first_page(person)


# Papers


def order(case, serves, by):
    case = Case.objects.get(pk=case.pk)
    template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
    order_paper(
        case=case, place=Place(case.current_phase, template, None), language="sv",
        fill={"words": "Ord"}, passages={}, draft=False, by=by, at=timezone.now(),
    )  # fmt: skip


def use_up_its_tries(captured):
    """Five workers that died in the middle of it."""
    message = Message.objects.get(kind="document.render")
    Message.objects.filter(pk=message.pk).update(attempts=TRIES)
    with captured(execute=True):
        work.carry_out_one(message.pk)


def test_a_letter_of_a_role_that_was_given_up_is_told_to_who_manages_people(people):
    case = a_case_today(people, roles={Role.OBSERVER: people.nora})
    offer_role(case=case, user=people.anna, role="lawyer", by=people.per, at=timezone.now())
    address, untold = reverse("case_people", args=[case.number]), "nådde inte anna@"

    def is_told(reader: User) -> bool:
        return untold in signed_in(reader).get(address).text

    assert not is_told(people.per)
    Message.objects.filter(kind="mail.case_role").update(given_up_at=timezone.now(), attempts=TRIES)
    assert is_told(people.per)
    assert not is_told(people.nora)
    # She has been here since, and has found it.
    signed_in(people.anna)
    assert not is_told(people.per)


def test_a_paper_that_was_given_up_is_told_of_to_who_ordered_it(
    people, django_capture_on_commit_callbacks
):
    case = a_case_today(people, roles={Role.OBSERVER: people.nora})
    order(case, "need_description", people.per)
    use_up_its_tries(django_capture_on_commit_callbacks)

    told = first_page(people.per)

    assert TOLD in told
    assert f'href="{reverse("paper", args=[case.number, case.papers.get().pk])}"' in told
    assert TOLD not in first_page(people.nora)


def test_a_paper_is_told_of_until_it_is_ordered_again_or_the_case_ends(
    people, django_capture_on_commit_callbacks
):
    case = a_case_today(people)
    order(case, "need_description", people.per)
    use_up_its_tries(django_capture_on_commit_callbacks)
    paper = case.papers.get()

    signed_in(people.per).post(reverse("paper_retry", args=[case.number, paper.pk]))

    assert TOLD not in first_page(people.per)
    with transaction.atomic():
        revision = paper.document.revisions.get()
        revision.move_to(RevisionState.FAILED, error_code="gave_up")
    assert TOLD in first_page(people.per)
    stop_case(case=case, reason="Skäl", by=people.per, at=timezone.now())
    assert TOLD not in first_page(people.per)


@pytest.mark.slow
def test_a_secret_paper_that_failed_is_not_told_of_to_who_may_no_longer_know_of_it(people):
    case = in_the_phase_that_admits(people)
    order(case, "phase_decision", people.per)
    revision = case.papers.get().document.revisions.get()
    with transaction.atomic():
        revision.move_to(RevisionState.FAILED, error_code="gave_up")
    assert TOLD in first_page(people.per)

    only_watches(case, people.per)

    told = first_page(people.per)
    assert TOLD not in told
    assert revision.document.title not in told


@pytest.mark.parametrize("size", [1, 3])
def test_the_first_page_asks_no_more_than_twelve_questions_with_all_of_it(people, size):
    case = in_the_phase_that_admits(people)
    for serves in ("need_description", "phase_decision")[:size]:
        order(case, serves, people.per)
    for revision in [paper.document.revisions.get() for paper in case.papers.all()]:
        with transaction.atomic():
            revision.move_to(RevisionState.FAILED, error_code="gave_up")
    for number in range(size):
        refused_invitation(case, people.per, f"nr{number}@x.example")
    client = signed_in(people.per)
    client.get("/")

    with CaptureQueriesContext(connection) as captured:
        told = client.get("/").content.decode()

    assert all(f"nr{number}@x.example" in told for number in range(size))
    assert len(captured) <= 12, [query["sql"][:120] for query in captured]


def test_a_paper_that_failed_is_told_of_also_where_its_case_is_not_listed(people):
    case = in_the_phase_that_admits(people)
    order(case, "phase_decision", people.per)
    with transaction.atomic():
        revision = case.papers.get().document.revisions.get()
        revision.move_to(RevisionState.FAILED, error_code="gave_up")

    # The list of ended cases stands there instead.
    assert TOLD in signed_in(people.per).get("/?show=ended").content.decode()
