"""Nothing of suppliers leaves an open secrecy window, and no secret is written in a log."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from difflib import unified_diff

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from documents import files
from documents.models import Revision
from handbook.models import DocumentTemplate
from journal.models import Event
from outbox.models import Message
from procurements.days import swedish_day
from procurements.models import Case, CaseInvitation, Deadline
from procurements.operations.deadline import change_deadline, set_deadline
from procurements.operations.insight import write_insight
from procurements.operations.paper import Place, order_paper
from procurements.operations.people import withdraw_case_invitation
from procurements.operations.supplier import (
    TypedSupplier,
    admit_suppliers,
    correct_supplier,
    take_away_suppliers,
    withdraw_supplier,
)
from procurements.operations.task import add_task, attach_evidence, write_note
from tests.builders_teams import PASSWORD
from tests.logs import written
from tests.matrix.addresses import Asked, addresses, path_of
from tests.matrix.world import TELLING, WITHOUT_A_ROLE, World, a_pdf, state, undone

pytestmark = pytest.mark.django_db
MORE = TypedSupplier("Dalkarl AB", "SE", "556074-7569", "Dan Dal", "dan@dalkarl.example")
NEVER = [*TELLING, MORE.name, MORE.number, MORE.contact_name, MORE.contact_email]
LINK = re.compile(r'(?:href|action|hx-get|src)="(/[^"#]*)')
# What differs between two answers although nothing has changed.
TOKENS = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"|name="key" value="[^"]+"|F-\d{6}'
    r"|'X-Request-ID', '[0-9a-f]{16}'"
)
# Pages that take the page one comes from in their address, and the handbook, which knows no case.
ASIDE = ("/handbook/", "/account/login/?", "/accessibility/feedback/?")
PAGES_AT_MOST = 600


@pytest.fixture(autouse=True)
def one_case(world: World) -> None:
    # One case, so that what may be told of another does not hide what may not of this.
    other = Case.objects.filter(pk=world.cases["outside"].case.pk)
    other.update(title="Ett annat ärende")
    Deadline.objects.filter(case_phase__case__in=other).update(title="En annan frist")


@pytest.fixture(scope="module")
def untouched() -> dict[str, dict[str, str]]:
    """By person every page of the world as it stands, which is the same to every test."""
    return {}


def before(world: World, who: str, untouched: dict[str, dict[str, str]]) -> dict[str, str]:
    """What somebody may open before anything is done to the world."""
    if who not in untouched:
        untouched[who] = crawl(world, who)
    return untouched[who]


def signed_in(world: World, who: str) -> Client:
    client = Client()
    if user := world.people.get(who):
        client.force_login(user)
    return client


def crawl(world: World, who: str) -> dict[str, str]:
    """Every page that can be reached by links from the first, and every one that can be guessed."""
    client = signed_in(world, who)
    other = f"/cases/{world.cases['outside'].case.number}/"
    waiting = ["/", *guessed(world, who)]
    seen: dict[str, str] = {}
    while waiting:
        address = waiting.pop()
        leaves = address.startswith((other, settings.STATIC_URL, reverse("account_logout"), *ASIDE))
        if address in seen or leaves:
            continue
        answer = client.get(address)
        assert answer.status_code < 500, address
        told = f"{answer.status_code} {sorted(answer.headers.items())}\n"
        if answer.streaming:
            told += b"".join(answer.streaming_content).decode("latin-1")
        else:
            told += answer.content.decode()
            waiting += [link.replace("&amp;", "&") for link in LINK.findall(told)]
        seen[address] = TOKENS.sub("", told)
        assert len(seen) < PAGES_AT_MOST
    return seen


def guessed(world: World, who: str) -> list[str]:
    """The address of everything in the case, also what no page links to."""
    found = []
    for name in addresses():
        if name == "account_logout":
            continue
        for situation in ("inside", "own task inside", "secret inside", "order inside"):
            asked = Asked(world, world.cases["inside"], situation, who)
            found.append(reverse(name, args=path_of(name, asked)))
    return list(dict.fromkeys(found))


def told_of(pages: dict[str, str]) -> list[str]:
    return [f"{page}: {words}" for page, text in pages.items() for words in NEVER if words in text]


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """The pages that are not the same to the letter, with the lines that differ."""
    changed = {page: after.get(page, "") for page in before if after.get(page) != before[page]}
    return {
        page: list(unified_diff(before[page].split("\n"), text.split("\n"), n=0, lineterm=""))
        for page, text in changed.items()
    }


def more_goes_on(world: World) -> None:
    """What happens to suppliers in a secrecy window, each thing once more."""
    it, at, by = world.cases["inside"], world.now, world.starter
    case = it.case
    added = admit_suppliers(case=case, suppliers=[MORE], by=by, at=at)[0]
    withdraw_supplier(
        case=case, participant=case.participants.last(), reason="Hinner inte.", by=by, at=at
    )
    run = case.current_phase
    for serves, whom in (("phase_decision", None), ("order", added), ("feedback_letter", added)):
        template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
        order_paper(
            case=case, place=Place(run, template, whom), language="sv", fill={"words": "Nya"},
            passages={}, draft=False, by=by, at=at,
        )  # fmt: skip
    add_task(case=case, case_phase=run, title=f"Ring {MORE.name}", assignee=None, due_on=None,
             by=by, at=at)  # fmt: skip
    write_note(case=case, task=it.task, text=f"{MORE.name} svarade.", by=by, at=at)
    upload = files.keep(a_pdf(f"{MORE.name}.pdf"), organisation=world.authority)
    attach_evidence(case=case, task=it.task, file=upload, by=by, at=at)
    write_insight(
        case=case, title=f"{MORE.name} frågar", text=MORE.contact_name, source="test",
        audience="team", by=by, at=at,
    )  # fmt: skip
    first = case.participants.first()
    typed = TypedSupplier.of(first)._replace(contact_name="Vera Askgren")
    correct_supplier(case=case, participant=first, typed=typed, by=by, at=at)
    wrong = admit_suppliers(case=case, suppliers=[TypedSupplier("Ekvall AB")], by=by, at=at)
    take_away_suppliers(case=case, suppliers=wrong, reason="Fel lista.", by=by, at=at)
    day = swedish_day(at) + timedelta(days=3)
    own = set_deadline(
        case=case, case_phase=run, title=f"Svar till {MORE.name}", due_on=day, by=by, at=at
    )
    change_deadline(
        case=case, deadline=own, responsible=None, due_on=day + timedelta(days=1),
        title=own.title, by=by, at=at,
    )  # fmt: skip


@pytest.mark.parametrize("who", ["observer", "need", "coach", "bare", "admin", "anonymous"])
def test_no_page_tells_who_takes_part_or_that_anything_happens(
    world: World, untouched: dict[str, dict[str, str]], who: str
) -> None:
    earlier = before(world, who, untouched)
    more_goes_on(world)
    after = crawl(world, who)

    assert told_of(earlier) == []
    assert told_of(after) == []
    # Neither a count nor a number nor a day betrays it: every page is the same to the letter.
    assert differences(earlier, after) == {}
    assert set(after) == set(earlier)


def test_the_crawl_finds_what_it_looks_for(world: World) -> None:
    pages = crawl(world, "procurer")

    assert {words for words in TELLING if words in "".join(pages.values())} == set(TELLING)
    assert len(pages) > 60


@pytest.mark.parametrize("who", ["observer", "admin", "owner"])
def test_a_decision_that_waits_for_signatures_is_not_told(
    world: World, untouched: dict[str, dict[str, str]], who: str
) -> None:
    earlier = before(world, who, untouched)
    decision = state(world, "unsigned").decision
    after = crawl(world, who)

    assert told_of(after) == []
    address = reverse("gate", args=[world.cases["inside"].case.number, decision])
    assert all(address not in text for text in after.values())
    assert all("Vi går vidare." not in after[page] for page in after if page not in earlier)
    assert differences(earlier, after) == {}


@pytest.mark.parametrize("who", ["ended", "outsider", "host", *WITHOUT_A_ROLE])
def test_who_has_no_role_is_told_nothing_of_the_case(world: World, who: str) -> None:
    title = world.cases["inside"].case.title

    assert [page for page, text in crawl(world, who).items() if title in text] == []


def test_when_the_window_has_ended_everybody_with_a_role_knows(world: World) -> None:
    number = world.cases["outside"].case.number
    for who in ("observer", "need", "coach", "owner"):
        html = signed_in(world, who).get(reverse("case_suppliers", args=[number]))
        assert "Askgrens Digital AB" in html.content.decode()


@pytest.mark.parametrize("who", ["observer", "need", "coach", "owner", "manager"])
def test_a_history_as_a_paper_tells_what_its_reader_may_know(world: World, who: str) -> None:
    number = world.cases["inside"].case.number
    answer = signed_in(world, who).post(reverse("history_paper", args=[number]))

    assert answer.status_code == 302
    revision = Revision.objects.latest("pk")
    everything = json.dumps([revision.data, revision.frame, revision.title], ensure_ascii=False)
    assert "Trygg första vecka hemma" in everything
    assert [words for words in NEVER if words in everything] == []


def test_no_letter_tells_of_suppliers(world: World) -> None:
    more_goes_on(world)
    signed_in(world, "anonymous").post(
        reverse("account_reset_password"), {"email": world.people["observer"].email}
    )
    for message in Message.objects.filter(kind__startswith="mail."):
        import_string(settings.OUTBOX_HANDLERS[message.kind])(message)

    assert len(mail.outbox) > 4
    for letter in mail.outbox:
        whole = letter.message().as_string() + letter.subject + str(letter.body)
        assert [words for words in NEVER if words in whole] == []


def test_the_chain_of_the_history_holds_no_words(world: World) -> None:
    """They lie beside it, so that a text can be erased: what is hashed are codes, numbers, days."""
    more_goes_on(world)
    state(world, "unsigned")
    facts = [event.facts for event in Event.objects.all()]

    assert len(facts) > 100
    written = re.findall(r'"([^"]*)"', json.dumps(facts, ensure_ascii=False))
    assert [words for words in written if not re.fullmatch(r"[a-z0-9_.:+-]*", words, re.I)] == []


# Logs


def everything_that_logs(world: World) -> None:
    """Pages, refusals and wrong links of all kinds, with secrets in their addresses and bodies."""
    it = world.cases["inside"]
    client = Client(raise_request_exception=False)
    token = it.token
    link = reverse("case_invitation", args=[token])
    client.get(link)
    client.post(link, {"password": PASSWORD, "password_again": "nej"})
    for kind in ("new", "known"):
        other = reverse("invitation", args=[world.invitations[kind].token])
        client.get(other)
        client.post(other, {"password": PASSWORD, "password_again": "nej"})
        signed_in(world, "observer").get(other)
    signed_in(world, "observer").get(link)
    invitation = CaseInvitation.objects.get(pk=it.invitation)
    withdraw_case_invitation(case=it.case, invitation=invitation, by=world.starter, at=world.now)
    client.get(link)
    client.get(link.rstrip("/"))
    Client(enforce_csrf_checks=True).post(link, {"password": PASSWORD})
    asked = Asked(world, it, "-", "anonymous")
    reset = path_of("account_reset_password_from_key", asked)
    address = reverse("account_reset_password_from_key", args=reset)
    client.get(address)
    Client(enforce_csrf_checks=True).post(address, {"password1": PASSWORD})
    client.post(reverse("account_login"), {"login": "per@upp.example", "password": PASSWORD})
    for who in ("observer", "outsider"):
        crawl(world, who)


def test_no_log_holds_a_supplier_a_person_a_link_or_a_password(world: World) -> None:
    tokens = [world.cases["inside"].token, *(one.token for one in world.invitations.values())]
    reset = path_of(
        "account_reset_password_from_key", Asked(world, world.cases["inside"], "-", "anonymous")
    )
    people = [who for one in world.people.values() for who in (one.email, one.name)]
    feeds = [one.token for one in (*world.feeds.values(), *world.case_feeds.values())]
    with written() as out:
        everything_that_logs(world)
        more_goes_on(world)

    assert len(out.lines) > 100
    secrets = [*NEVER, *people, *tokens, *feeds, reset[1], PASSWORD]
    assert [words for words in secrets if words in out.getvalue()] == []


def test_what_is_undone_leaves_no_trace(world: World) -> None:
    before = Case.objects.count()
    with undone():
        state(world, "draft")
        Case.objects.filter(pk=world.cases["own draft"].case.pk).delete()
        assert Case.objects.count() < before

    assert Case.objects.count() == before
