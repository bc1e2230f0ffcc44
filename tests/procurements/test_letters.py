from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from documents.saying import day_in_words
from outbox.models import Message
from outbox.work import carry_out_one
from procurements.models import CaseRole, GateDecision
from procurements.operations.case import pause_case
from procurements.operations.people import end_case_role, offer_role
from procurements.operations.signing import sign_gate
from procurements.states import Role
from teams.models import User
from tests.builders import MONDAY, a_case, an_edition
from tests.procurements.operations.test_correcting import correct
from tests.procurements.views.test_case import decide

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def carry_out_what_is_due() -> None:
    due = Message.objects.due(timezone.now()).filter(kind__in=["mail.case_role", "mail.signature"])
    for message in due:
        carry_out_one(message.pk)


def give(case, person, *, by, role=Role.NEED_OWNER):
    return offer_role(case=case, user=person, role=role, by=by, at=timezone.now())


def test_who_is_given_a_role_is_told_by_whom_and_where(case, people):
    User.objects.filter(pk=people.anna.pk).update(language="en")
    give(case, people.anna, by=people.per)
    carry_out_what_is_due()

    (letter,) = mail.outbox
    assert letter.to == [people.anna.email]
    assert letter.subject == f"You have a role in the case {case.title} in Upptakt"
    assert f"Per Palm has given you a role in the case “{case.title}” of" in letter.body
    assert "Need owner" in letter.body
    assert reverse("case", args=[case.number]) in letter.body


def test_a_role_that_one_takes_oneself_needs_no_letter(case, people):
    give(case, people.per, by=people.per)

    assert not Message.objects.filter(kind="mail.case_role").exists()


def test_a_deputy_is_told_when_the_role_begins_and_ends(case, people):
    today = timezone.localdate()
    days = {"from_on": today + timedelta(days=10), "until_on": today + timedelta(days=24)}
    User.objects.filter(pk=people.anna.pk).update(language="en")
    offer_role(
        case=case, user=people.anna, role="procurer", **days, by=people.per, at=timezone.now()
    )
    carry_out_what_is_due()

    (letter,) = mail.outbox
    with translation.override("en"):
        begins, ends = (day_in_words(on) for on in days.values())
    assert f"The role begins on {begins}. As it is now it ends on {ends}." in letter.body
    assert "You find the case here from that day:" in letter.body


def test_a_role_given_and_ended_again_and_again_is_told_once_a_day_and_only_while_it_is_held(
    case, people
):
    for _each in range(3):
        held = give(case, people.anna, by=people.per)
        today = timezone.localdate()
        end_case_role(case=case, held=held, until_on=today, by=people.per, at=timezone.now())
    carry_out_what_is_due()

    assert Message.objects.filter(kind="mail.case_role").count() == 1
    assert mail.outbox == []


@pytest.fixture
def waiting(people, time_machine):
    """A decision that a manager and a procurer are to sign; Per has recorded it on a Monday."""
    time_machine.move_to(MONDAY, tick=False)
    edition = an_edition(signatures=["chief", "buyer"])
    roles = {Role.MANAGEMENT: people.nora, Role.OBSERVER: people.anna}
    case = a_case(by=people.per, authority=people.authority, edition=edition, roles=roles)
    # Lena comes from outside and has not told of her interests.
    CaseRole.objects.create(
        case=case, user=people.lena, role=Role.MANAGEMENT, from_on=MONDAY.date(), is_engagement=True
    )
    decide(case, people)
    return GateDecision.objects.select_related("case_phase__case").get()


def test_who_can_sign_a_decision_is_asked_when_it_has_waited_for_an_hour(
    waiting, people, time_machine
):
    carry_out_what_is_due()
    assert mail.outbox == []
    time_machine.shift(HOUR)
    carry_out_what_is_due()

    (letter,) = mail.outbox
    case = waiting.case_phase.case
    assert letter.to == [people.nora.email]
    assert letter.subject == f"Skriv under beslutet vid grind 0: {case.title}"
    assert reverse("gate", args=[case.number, waiting.pk]) in letter.body
    assert waiting.reasons not in letter.body


def test_who_can_sign_a_corrected_decision_is_asked_anew_and_not_for_the_one_before(
    waiting, people, time_machine
):
    right = correct(waiting.case_phase.case, waiting, people.per, at=timezone.now())
    time_machine.shift(HOUR)
    carry_out_what_is_due()

    (letter,) = mail.outbox
    assert "rättat beslut vid grind 0" in letter.body
    assert reverse("gate", args=[right.case_phase.case.number, right.pk]) in letter.body


@pytest.mark.parametrize("meanwhile", ["signed", "paused", "left", "shut out"])
def test_nobody_is_asked_for_a_signature_that_is_no_longer_theirs_to_give(
    waiting, people, time_machine, meanwhile
):
    case, at = waiting.case_phase.case, timezone.now()
    if meanwhile == "signed":
        sign_gate(case=case, decision=waiting, role="chief", by=people.nora, at=at)
    elif meanwhile == "paused":
        pause_case(case=case, reason="Sommar", by=people.per, at=at)
    elif meanwhile == "left":
        case.roles.filter(user=people.nora).update(until_on=MONDAY.date())
    else:
        User.objects.filter(pk=people.nora.pk).update(is_active=False)
    time_machine.shift(HOUR)
    carry_out_what_is_due()

    assert mail.outbox == []
    # Looked at and let be: not tried in vain.
    (letter,) = Message.objects.filter(kind="mail.signature")
    assert (letter.is_done, letter.error) == (True, "")
