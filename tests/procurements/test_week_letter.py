import io
from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from outbox.models import Message
from outbox.work import carry_out_one
from procurements.models import Case, CaseRole, Deadline, GateDecision, Task
from procurements.operations.case import pause_case, resume_case, stop_case
from procurements.operations.deadline import count_deadline, set_deadline
from procurements.operations.signing import sign_gate
from procurements.states import Role
from procurements.tasks import remind, write_weeks_at
from procurements.weekpaper import IN_A_LETTER, first_working_day, week_name, week_of
from teams.models import User
from tests.builders import MONDAY, a_case, an_edition
from tests.procurements.views.test_case import decide

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(case_with_nothing_due: Case) -> Case:
    return case_with_nothing_due


def a_deadline(case, people, title="Svara nämnden", days=3, **facts):
    now = timezone.now()
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=now.date() + days * DAY,
        by=people.per,
        at=now,
        **facts,
    )


def write_weeks():
    write_weeks_at(timezone.now())
    for message in Message.objects.due(timezone.now()).filter(kind="mail.week"):
        carry_out_one(message.pk)


def test_everybody_gets_the_week_over_all_cases_on_its_first_working_day(case, people):
    other = a_case(
        by=people.per,
        authority=people.authority,
        edition=case.edition,
        title="Rätt hjälp i rätt tid",
        roles={"need_owner": people.nora},
    )
    Task.objects.update(due_on=None)
    a_deadline(case, people, responsible=people.nora)
    a_deadline(other, people, title="Boka salen", days=1, responsible=people.nora)
    a_deadline(case, people, title="Nästa vecka", days=8, responsible=people.nora)
    for _ in range(2):
        write_weeks()

    (letter,) = mail.outbox
    assert letter.to == [people.nora.email]
    assert letter.subject == "Din vecka 41 i Upptakt"
    assert letter.body.index("tisdag 6 oktober: Boka salen, Rätt hjälp i rätt tid") < (
        letter.body.index("torsdag 8 oktober: Svara nämnden, Trygg första vecka hemma")
    )
    assert "Nästa vecka" not in letter.body
    ((name, content, kind),) = letter.attachments
    assert (name, kind, content[:5]) == ("vecka 41.pdf", "application/pdf", b"%PDF-")


@pytest.mark.slow
def test_a_signature_that_a_decision_waits_for_is_in_the_week_of_who_can_give_it(
    people, time_machine
):
    time_machine.move_to(MONDAY, tick=False)
    edition = an_edition(signatures=["chief", "buyer"])
    roles = {Role.MANAGEMENT: people.nora, Role.OBSERVER: people.anna}
    case = a_case(by=people.per, authority=people.authority, edition=edition, roles=roles)
    managers = {"case": case, "role": Role.MANAGEMENT, "from_on": MONDAY.date()}
    promised = {"is_engagement": True, "undertaking_on": MONDAY.date()}
    CaseRole.objects.create(user=people.lena, **managers, **promised)
    CaseRole.objects.create(user=people.olle, **managers, **promised, interests="Inga")
    case = decide(case, people)
    time_machine.move_to(MONDAY + 7 * DAY, tick=False)
    Task.objects.update(due_on=None)

    def told():
        return {
            person.name
            for person in (people.per, people.nora, people.lena, people.olle, people.anna)
            if "Skriv under beslutet vid grind 0"
            in [line.title for line in week_of(person, at=timezone.now()).lines]
        }

    # Lena has declared no interests yet, and Anna only observes.
    assert told() == {"Per Palm", "Nora Nord", "Olle Ottosson"}
    write_weeks()
    (letter,) = [one for one in mail.outbox if one.to == [people.nora.email]]
    decision = GateDecision.objects.get()
    assert "måndag 12 oktober: Skriv under beslutet vid grind 0" in letter.body
    assert reverse("gate", args=[case.number, decision.pk]) in letter.body

    now = timezone.now()
    sign_gate(case=case, decision=decision, role="buyer", by=people.per, at=now)
    assert told() == {"Nora Nord", "Olle Ottosson"}
    pause_case(case=case, reason="Sommar", by=people.per, at=now)
    assert told() == set()
    resume_case(case=case, by=people.per, at=now)
    sign_gate(case=case, decision=decision, role="chief", by=people.nora, at=now)
    assert told() == set()


def test_what_is_late_comes_first(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 7 * DAY, tick=False)
    write_weeks()

    (letter,) = [one for one in mail.outbox if one.to == [people.nora.email]]
    assert letter.body.index("Försenat:") < letter.body.index("torsdag 8 oktober: Svara nämnden")


def test_of_much_the_letter_tells_the_first_and_how_much_more_and_its_paper_tells_all(case, people):
    User.objects.filter(pk=people.nora.pk).update(language="en")
    much = IN_A_LETTER + 5
    Deadline.objects.bulk_create(
        Deadline(
            case_phase=case.current_phase,
            title=f"Dag {n}",
            due_on=MONDAY.date() + days * DAY,
            responsible=people.nora,
            set_at=MONDAY,
        )
        for days in (-3, 2)
        for n in range(much)
    )
    write_weeks()

    (letter,) = [one for one in mail.outbox if one.to == [people.nora.email]]
    assert letter.body.count(": Dag ") == 2 * IN_A_LETTER
    assert "- 5 things more that are late" in letter.body
    assert "- 5 things more this week" in letter.body
    assert "attached" in letter.body.split("this week")[1].split("You choose")[0]
    ((_name, content, _kind),) = letter.attachments
    pages = PdfReader(io.BytesIO(content)).pages
    assert sum(page.extract_text().count("Dag ") for page in pages) >= 2 * much


def test_it_is_in_the_persons_language_and_not_sent_to_who_does_not_want_it(case, people):
    User.objects.filter(pk=people.nora.pk).update(language="en")
    User.objects.filter(pk=people.per.pk).update(gets_week=False)
    a_deadline(case, people, responsible=people.nora)
    a_deadline(case, people, title="Boka salen", responsible=people.per)
    write_weeks()

    (letter,) = mail.outbox
    assert letter.subject == "Your week 41 in Upptakt"
    assert "Thursday 8 October: Svara nämnden" in letter.body


def test_a_week_that_begins_with_a_holiday_comes_on_its_first_working_day(
    case, people, time_machine
):
    # Easter Monday is the 29th of March 2027.
    for day, letters in ((29, 0), (30, 1)):
        time_machine.move_to(MONDAY.replace(year=2027, month=3, day=day), tick=False)
        if day == 29:
            a_deadline(case, people, responsible=people.nora)
        write_weeks()
        assert len([one for one in mail.outbox if one.to == [people.nora.email]]) == letters


def test_after_a_stop_it_comes_later_in_its_week_and_never_in_the_next(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + 2 * DAY, tick=False)
    write_weeks_at(timezone.now())
    time_machine.move_to(MONDAY + 7 * DAY, tick=False)
    for message in Message.objects.due(timezone.now()).filter(kind="mail.week"):
        carry_out_one(message.pk)

    assert mail.outbox == []
    assert Message.objects.filter(kind="mail.week", done_at=None).count() == 0


def test_nothing_at_night_and_nothing_for_cases_that_rest(case, people, time_machine):
    a_deadline(case, people, responsible=people.nora)
    time_machine.move_to(MONDAY + timedelta(hours=10), tick=False)
    remind()
    assert Message.objects.filter(kind="mail.week").count() == 0
    time_machine.move_to(MONDAY, tick=False)
    pause_case(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    write_weeks()

    assert mail.outbox == []


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_the_week_tells_of_the_law_also_where_every_case_rests_or_is_over(case, people, end):
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    a_deadline(case, people, responsible=people.nora)
    count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="documentation_cancelled",
        event_on=MONDAY.date() - 28 * DAY,
        responsible=people.nora,
        by=people.per,
        at=timezone.now(),
    )
    end(case=case, reason="Sommar.", by=people.per, at=timezone.now())
    write_weeks()

    (letter,) = mail.outbox
    assert letter.to == [people.nora.email]
    assert "avbrytande" in letter.body
    assert "Svara nämnden" not in letter.body


def test_weeks_and_their_first_working_days():
    assert week_name(date(2027, 1, 3)) == "2026-W53"
    assert first_working_day(date(2026, 10, 8)) == date(2026, 10, 5)
    # New year's day 2027 is a Friday, epiphany a Wednesday.
    assert first_working_day(date(2027, 1, 6)) == date(2027, 1, 4)
    assert first_working_day(date(2027, 4, 1)) == date(2027, 3, 30)
