from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from procurements.models import Case, Deadline
from procurements.operations.case import pause_case, stop_case
from procurements.operations.deadline import count_deadline, keep_deadline, set_deadline
from procurements.operations.task import add_task
from procurements.states import DeadlineState
from tests.builders import a_case, a_case_in_admission, at_start_of, passed_gate
from tests.forms import fields_of
from tests.people import People, signed_in

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def case(people: People, time_machine) -> Case:
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    time_machine.move_to(at_start_of(case) + timedelta(minutes=1), tick=False)
    return Case.objects.get(pk=case.pk)


def url(name, case, *more):
    return reverse(name, args=[case.number, *more])


def page(user, address, **asked) -> str:
    return signed_in(user).get(address, asked).text


def a_deadline(case, people, title="Svara nämnden", days=20, at=None, **facts):
    at = at or at_start_of(case)
    return set_deadline(
        case=case,
        case_phase=case.current_phase,
        title=title,
        due_on=at.date() + days * DAY,
        by=people.per,
        at=at,
        **facts,
    )


def test_the_list_holds_gates_tasks_and_deadlines_in_the_order_of_their_days(case, people):
    at = at_start_of(case)
    a_deadline(case, people, days=1)
    add_task(
        case=case,
        case_phase=case.current_phase,
        title="Boka rummet",
        due_on=at.date(),
        by=people.per,
        at=at,
    )

    shown = page(people.lena, url("case_deadlines", case))

    assert (
        shown.index("Boka rummet") < shown.index("Svara nämnden") < shown.index("Besluta grind 0")
    )


def test_a_day_that_has_passed_stands_as_late(case, people, time_machine):
    a_deadline(case, people, days=1)
    time_machine.move_to(at_start_of(case) + 3 * DAY, tick=False)

    shown = page(people.per, url("case_deadlines", case))

    assert shown.index('id="late-h"') < shown.index("Svara nämnden") < shown.index("coming-h")


def test_a_day_is_set_from_the_list(case, people):
    client = signed_in(people.nora)
    assert "Sätt en frist" in client.get(url("case_deadlines", case)).text
    on = (at_start_of(case) + 9 * DAY).date()

    answer = client.post(
        url("deadline_new", case),
        {
            "title": "Svara nämnden",
            "due_on": str(on),
            "run": case.current_phase.pk,
            "responsible": people.per.pk,
        },
        follow=True,
    )

    assert "Fristen är satt" in answer.text
    assert "Per Palm" in answer.text
    assert Deadline.objects.get().due_on == on


def test_who_only_reads_is_offered_nothing_to_set(case, people):
    address = url("deadline", case, a_deadline(case, people).pk)
    for user, is_offered in ((people.per, True), (people.lena, False)):
        listed, shown = page(user, url("case_deadlines", case)), page(user, address)
        assert ("deadlines/new" in listed) is is_offered
        assert ("<textarea" in shown) is is_offered
        assert ("Fristen är hållen" in shown) is is_offered


def test_who_is_named_for_a_deadline_keeps_it_whatever_their_role(case, people):
    one = a_deadline(case, people, responsible=people.lena)
    others = a_deadline(case, people, "Boka rummet")
    keep, change = url("deadline_keep", case, one.pk), url("deadline_change", case, one.pk)
    client = signed_in(people.lena)

    shown = page(people.lena, url("deadline", case, one.pk))
    assert keep in shown
    assert change not in shown
    assert client.post(keep).status_code == 303
    assert client.post(url("deadline_reopen", case, one.pk)).status_code == 303
    assert client.post(change, {"due_on": "2026-12-01"}).status_code == 403
    assert client.post(url("deadline_announce", case, one.pk)).status_code == 403
    assert client.post(url("deadline_keep", case, others.pk)).status_code == 403
    pause_case(case=case, reason="Sommar", by=people.per, at=at_start_of(case))
    assert keep not in page(people.lena, url("deadline", case, one.pk))


def test_a_day_that_somebody_was_to_keep_who_has_left_says_so(case, people):
    one = a_deadline(case, people, responsible=people.lena)
    pages = (url("case_deadlines", case), url("deadline", case, one.pk))
    words = "Lena Leander, no longer in the case"
    assert not any(words in page(people.per, address, lang="en") for address in pages)

    case.roles.filter(user=people.lena).update(until_on=at_start_of(case).date())
    assert all(words in page(people.per, address, lang="en") for address in pages)

    keep_deadline(case=case, deadline=one, by=people.per, at=at_start_of(case) + DAY)
    assert not any(words in page(people.per, address, lang="en") for address in pages)


def test_a_day_in_the_past_is_refused_at_the_field_and_what_was_typed_is_kept(case, people):
    on = (at_start_of(case) - 9 * DAY).date()
    answer = signed_in(people.per).post(
        url("deadline_new", case),
        {"title": "Svara nämnden", "due_on": str(on), "run": case.current_phase.pk},
    )

    assert answer.status_code == 422
    assert "har passerat. Ange en kommande dag." in answer.text
    assert 'value="Svara nämnden"' in answer.text
    assert answer.context["form"].errors.keys() == {"due_on"}


def test_the_law_shows_its_day_before_it_is_set(case, people):
    sent = {
        "period": "standstill_electronic",
        "event_on": "2026-10-05",
        "run": case.current_phase.pk,
    }
    client = signed_in(people.per)

    shown = client.post(url("deadline_count", case), sent | {"preview": "yes"}).text
    assert "16\xa0oktober\xa02026" in shown
    assert Deadline.objects.count() == 0

    client.post(url("deadline_count", case), sent)
    deadline = Deadline.objects.get()
    shown = client.get(deadline.get_absolute_url()).text
    assert deadline.due_on == date(2026, 10, 16)
    assert "10 dagar efter" in shown
    assert deadline.rule.paragraph in shown


def test_a_day_of_the_law_is_set_in_a_phase_that_its_gate_has_closed(case, people):
    closed = case.current_phase
    later = passed_gate(case, by=people.per)
    client = signed_in(people.per)
    sent = {"period": "standstill_electronic", "event_on": "2026-09-07", "run": closed.pk}

    shown = client.post(url("deadline_count", case), sent | {"preview": "yes"}).text
    assert "Dagen har passerat." in shown
    client.post(url("deadline_count", case), sent)
    assert Deadline.objects.get().case_phase == closed
    assert later.current_phase != closed
    own = {"title": "Svara nämnden", "due_on": "2027-10-01", "run": closed.pk}
    refused = client.post(url("deadline_new", case), own)
    assert (refused.status_code, "run" in refused.context["form"].errors) == (422, True)


@pytest.mark.parametrize("end", [pause_case, stop_case])
def test_in_a_case_that_rests_or_is_over_the_days_of_the_law_are_worked_with(case, people, end):
    run = case.current_phase
    a_deadline(case, people)
    end(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))
    client = signed_in(people.per)

    shown = client.get(url("case_deadlines", case)).text
    assert url("deadline_new", case) not in shown
    assert url("deadline_count", case) in shown
    sent = {"period": "documentation_cancelled", "event_on": "2026-10-05", "run": run.pk}
    client.post(url("deadline_count", case), sent)
    law = Deadline.objects.get(period="documentation_cancelled")
    coming = client.get(url("case_deadlines", case)).context["coming"]
    assert law.get_absolute_url() in [one.url for one in coming]
    assert url("deadline_keep", case, law.pk) in client.get(law.get_absolute_url()).text
    client.post(url("deadline_keep", case, law.pk))
    law.refresh_from_db()
    assert law.state == DeadlineState.DONE
    own = Deadline.objects.get(period="")
    assert url("deadline_keep", case, own.pk) not in client.get(own.get_absolute_url()).text


def test_a_case_that_is_over_offers_no_phase_that_never_began(case, people):
    first, *later = case.phases_in_order
    assert later
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))

    form = signed_in(people.per).get(url("deadline_count", case)).context["form"]
    assert [run for run, _title in form.fields["run"].choices] == [first.pk]
    assert form.initial["run"] == first.pk


def test_a_day_counted_on_another_track_says_so_on_its_page_and_in_the_list(case, people):
    deadline = count_deadline(
        case=case,
        case_phase=case.current_phase,
        period="standstill_electronic",
        event_on=at_start_of(case).date(),
        by=people.per,
        at=at_start_of(case),
    )
    pages = (url("deadline", case, deadline.pk), url("case_deadlines", case))
    words = "Fristen gäller inte på det rättsliga spår som ärendet har nu."
    assert [words in page(people.per, one) for one in pages] == [False, False]

    Case.objects.filter(pk=case.pk).update(legal_track="pcp_outside_lou")
    assert [words in page(people.per, one) for one in pages] == [True, True]

    # Kept on its track, it is what it was.
    keep_deadline(case=case, deadline=deadline, by=people.per, at=at_start_of(case))
    assert words not in page(people.per, pages[0])


def test_a_number_the_act_does_not_give_is_said_to_be_unknown(case, people):
    Case.objects.filter(pk=case.pk).update(legal_track="direct_award_19a")
    sent = {"period": "standstill_voluntary", "event_on": "2026-10-05", "run": 1, "preview": "yes"}
    sent["run"] = case.current_phase.pk

    shown = signed_in(people.per).post(url("deadline_count", case), sent).text

    assert "Inte känd" in shown
    assert "Lagen anger inget antal dagar" in shown


def test_without_a_legal_track_the_page_says_where_to_decide_it(case, people):
    Case.objects.filter(pk=case.pk).update(legal_track="undecided")

    shown = page(people.per, url("deadline_count", case))

    assert url("case_legal", case) in shown
    assert "<select" not in shown


def test_an_announced_day_is_moved_only_with_a_reason(case, people):
    deadline = a_deadline(case, people)
    client = signed_in(people.per)
    client.post(url("deadline_announce", case, deadline.pk))
    sent = {"title": deadline.title, "due_on": str(deadline.due_on + DAY), "was": deadline.due_on}

    refused = client.post(url("deadline_change", case, deadline.pk), sent)
    assert refused.status_code == 422
    assert "Dagen är meddelad. Skriv varför den flyttas." in refused.text

    client.post(url("deadline_change", case, deadline.pk), sent | {"reasons": "Mer tid."})
    deadline.refresh_from_db()
    assert deadline.due_on == date.fromisoformat(sent["due_on"])
    assert "Mer tid." in page(people.lena, url("case_history", case))


def test_a_day_moved_since_it_was_announced_is_another_to_tell(case, people, time_machine):
    deadline = a_deadline(case, people)
    client, address = signed_in(people.per), url("deadline", case, deadline.pk)
    sent = {"title": "Svara nämnden", "responsible": "", "reasons": "Mer tid."}
    told, offered = "en annan dag", "Andra har fått veta dagen"

    client.post(url("deadline_announce", case, deadline.pk), {"was": deadline.due_on.isoformat()})
    assert offered not in client.get(address).text
    assert "meddelad" in client.get(url("case_deadlines", case)).text
    time_machine.shift(timedelta(hours=1))
    day = deadline.due_on + 7 * DAY
    client.post(url("deadline_change", case, deadline.pk), sent | {"due_on": day.isoformat()})

    shown = client.get(address).text
    assert told in shown
    assert offered in shown
    assert "Dagen är meddelad: skriv varför den flyttas." in shown
    assert "meddelad" not in client.get(url("case_deadlines", case)).text

    time_machine.shift(timedelta(hours=1))
    client.post(url("deadline_announce", case, deadline.pk), {"was": day.isoformat()})
    shown = client.get(address).text
    assert told not in shown
    assert offered not in shown


def test_a_kept_day_moves_down_and_can_be_taken_back(case, people):
    deadline = a_deadline(case, people)
    client = signed_in(people.per)

    client.post(url("deadline_keep", case, deadline.pk))
    shown = client.get(url("case_deadlines", case)).text
    assert shown.index("Hållna, passerade och återtagna") < shown.index("Svara nämnden")

    client.post(url("deadline_reopen", case, deadline.pk))
    shown = client.get(url("case_deadlines", case)).text
    assert "Hållna, passerade och återtagna" not in shown


def test_a_day_is_withdrawn_with_its_reason(case, people):
    deadline = a_deadline(case, people)
    client = signed_in(people.per)

    assert client.post(url("deadline_withdraw", case, deadline.pk), {}).status_code == 422
    client.post(url("deadline_withdraw", case, deadline.pk), {"reason": "Behövs inte."})

    shown = client.get(url("deadline", case, deadline.pk)).text
    assert "Återtagen" in shown
    assert "Fristen är hållen" not in shown


def test_one_that_is_withdrawn_cannot_be_kept_and_its_page_says_so(case, people):
    deadline = a_deadline(case, people)
    client = signed_in(people.per)
    client.post(url("deadline_withdraw", case, deadline.pk), {"reason": "Behövs inte."})

    answer = client.post(url("deadline_keep", case, deadline.pk))

    assert answer.status_code == 422
    assert "Någon har redan ändrat fristen." in answer.text


def test_inside_a_secrecy_window_others_see_neither_the_day_nor_its_words(people, time_machine):
    case = a_case_in_admission(
        people.per, people.authority, roles={"observer": people.lena, "need_owner": people.nora}
    )
    at = at_start_of(case)
    time_machine.move_to(at + timedelta(minutes=1), tick=False)
    hidden = a_deadline(case, people, title="Svar till Ask AB", at=at)
    mine = a_deadline(case, people, title="Ring Ask AB", at=at, responsible=people.nora)

    assert "Ask AB" not in page(people.lena, url("case_deadlines", case))
    shown = page(people.nora, url("case_deadlines", case))
    assert "Ring Ask AB" in shown
    assert "Svar till Ask AB" not in shown
    assert signed_in(people.nora).get(url("deadline", case, hidden.pk)).status_code == 404
    assert signed_in(people.nora).get(url("deadline", case, mine.pk)).status_code == 200
    assert "Ask AB" not in page(people.lena, url("case_history", case))


def test_a_deadline_of_another_case_is_not_found(case, people):
    other = a_case(by=people.per, authority=people.authority, edition=case.edition)
    deadline = a_deadline(other, people, at=at_start_of(other))

    assert signed_in(people.per).get(url("deadline", case, deadline.pk)).status_code == 404


def test_many_days_take_no_more_queries_than_one(case, people):
    client = signed_in(people.per)
    a_deadline(case, people, responsible=people.nora)
    client.get(url("case_deadlines", case))
    with CaptureQueriesContext(connection) as few:
        client.get(url("case_deadlines", case))
    for number in range(8):
        a_deadline(case, people, title=f"Dag {number}", responsible=people.per)
    for period in ("standstill_electronic", "damages", "result_notice"):
        count_deadline(
            case=case,
            case_phase=case.current_phase,
            period=period,
            event_on=at_start_of(case).date(),
            by=people.per,
            at=at_start_of(case),
        )
    with CaptureQueriesContext(connection) as many:
        client.get(url("case_deadlines", case))

    assert len(many) == len(few) <= 12


def test_who_may_not_know_a_deadline_set_for_another_is_led_to_the_list(people, time_machine):
    case = a_case_in_admission(
        by=people.per, authority=people.authority, roles={"need_owner": people.nora}
    )
    Case.objects.filter(pk=case.pk).update(legal_track="lou_above")
    time_machine.move_to(at_start_of(case) + timedelta(minutes=1), tick=False)
    client, run = signed_in(people.nora), case.current_phase
    sent = {
        "title": "Svara nämnden",
        "due_on": at_start_of(case).date() + 20 * DAY,
        "run": run.pk,
        "responsible": people.per.pk,
    }

    done = client.post(url("deadline_new", case), sent)

    assert done.status_code == 303
    assert done["Location"] == url("case_deadlines", case)
    assert client.get(done["Location"]).status_code == 200
    assert Deadline.objects.get().responsible == people.per
    kinds = client.get(url("deadline_count", case)).context["form"].fields["run"].choices
    assert run.pk not in [value for value, _title in kinds]
    sees_all = signed_in(people.per).get(url("deadline_count", case)).context["form"].fields["run"]
    assert run.pk in [value for value, _title in sees_all.choices]


def test_two_who_change_other_facts_of_a_deadline_both_keep_theirs(people, case):
    one = a_deadline(case, people)
    address = url("deadline", case, one.pk)
    change = url("deadline_change", case, one.pk)
    (per, nora) = (signed_in(person) for person in (people.per, people.nora))
    begun = fields_of(nora.get(address).text, change)
    day = one.due_on + 7 * DAY

    per.post(change, begun | {"responsible": [str(people.nora.pk)], "title": ["Svara i tid"]})
    done = nora.post(change, begun | {"due_on": [str(day)], "reasons": ["Mötet flyttades."]})

    one.refresh_from_db()
    assert done.status_code == 303
    assert (one.title, one.responsible, one.due_on) == ("Svara i tid", people.nora, day)
