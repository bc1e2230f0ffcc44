from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation

from documents import checking, codes
from documents.checking import Answer
from documents.models import Revision
from documents.states import RevisionState
from teams.models import Installation
from tests.documents.papers import AT, a_document, a_person, a_source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_count():
    cache.clear()


def a_ready(document, *, draft=False, **more):
    from documents import files

    stored = files.store(
        [b"%PDF"],
        organisation=document.organisation,
        name="a.pdf",
        media_type="application/pdf",
    )
    source = a_source(draft=draft, frame={"title": str(document.revisions.count())})
    revision = document.order(source, by=a_person(), at=AT)
    Revision.objects.filter(pk=revision.pk).update(
        state=RevisionState.READY, file=stored, ready_at=AT, **more
    )
    return revision


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_a_code_is_a_hundred_bits_that_a_person_can_read():
    code = codes.make()

    assert len(code) == 20
    assert set(code) <= set(codes.ALPHABET)
    assert codes.read(codes.shown(code).lower().replace("0", "o").replace("1", "l")) == code
    assert codes.read(f" {codes.shown(code)}\n") == code


@pytest.mark.parametrize("typed", ["", "x", "A" * 19, "U" * 20, "Ö" * 20, "A" * 5000, "\ud800"])
def test_what_cannot_be_a_code_is_read_as_nothing(typed):
    assert codes.read(typed) == ""


def test_issued_superseded_and_unknown_are_told_apart():
    document = a_document()
    first = a_ready(document)
    assert checking.answer(first.shown_code) == Answer.NEWEST

    second = a_ready(document)

    assert checking.answer(first.code) == Answer.SUPERSEDED
    assert checking.answer(second.code) == Answer.NEWEST
    assert checking.answer(codes.make()) == Answer.UNKNOWN


def test_drafts_failures_and_what_is_not_ready_are_unknown():
    document = a_document()
    issued = a_ready(document)
    draft = a_ready(document, draft=True)
    waiting = document.order(a_source(), by=a_person(), at=AT)

    assert checking.answer(draft.code) == Answer.UNKNOWN
    assert checking.answer(waiting.code) == Answer.UNKNOWN
    assert checking.answer(issued.code) == Answer.NEWEST


@pytest.mark.parametrize(
    "typed", ["2345-6789-ABCD-EFGH-JKMN", "x", "A" * 200, "' OR 1=1; --", "../../etc"]
)
def test_the_work_is_the_same_for_every_unknown_code(typed, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert checking.answer(typed) == Answer.UNKNOWN


def test_the_work_is_the_same_for_a_known_code(django_assert_num_queries):
    revision = a_ready(a_document())

    with django_assert_num_queries(2):
        checking.answer(revision.code)


@pytest.fixture
def begun():
    """An installation that has its first administrator, as any that issues papers."""
    lena, organisation = a_person(), a_document().organisation
    Installation.objects.create(organisation=organisation, begun_by=lena, begun_at=AT)


@pytest.fixture
def client(begun, client):
    return client


def ask(client, code):
    return client.post(reverse("verify"), {"code": code})


def test_the_page_answers_without_signing_in_and_tells_nothing_else(client):
    revision = a_ready(a_document(title="Hemlig order till Klarsyn"))

    known, unknown, malformed = (
        ask(client, code).content.decode() for code in (revision.shown_code, codes.make(), "x")
    )

    with translation.override("sv"):
        yes = translation.gettext("The paper was issued here")
        no = translation.gettext("No paper that was issued here has that code")
    assert yes in known
    assert no in unknown
    assert no in malformed
    assert "Klarsyn" not in known
    assert "Lindhaga" not in known


def test_the_address_printed_on_the_paper_answers(client):
    revision = a_ready(a_document())

    response = client.get(reverse("verify_code", args=[revision.code]))

    assert response.status_code == 200
    assert response.context["answer"] == "newest"
    assert "no-store" in response["Cache-Control"]


def test_nothing_asked_is_a_form_and_an_empty_code_says_so(client):
    assert client.get(reverse("verify")).context["answer"] is None

    response = ask(client, "  ")

    assert response.context["form"].errors["code"]


@pytest.mark.parametrize("code", ["a\0b", "<script>", "Ö" * 199, "x" * 100_000, "%s%n"])
def test_hostile_codes_are_answered_in_words(client, code):
    assert ask(client, code).status_code == 200


@pytest.mark.slow
def test_who_asks_too_often_is_stopped_and_others_are_not(client):
    for _ in range(checking.ASKS_MOST):
        assert ask(client, codes.make()).status_code == 200

    assert ask(client, codes.make()).status_code == 429
    assert client.get(reverse("verify_code", args=["x"])).status_code == 429
    other = client.post(reverse("verify"), {"code": "x"}, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200
    assert client.get(reverse("verify")).status_code == 200


def test_one_network_of_long_addresses_asks_as_one():
    assert [checking.may_ask(f"2001:db8::{n:x}") for n in range(checking.ASKS_MOST + 1)] == [
        *[True] * checking.ASKS_MOST,
        False,
    ]
    assert checking.may_ask("2001:db8:0:1::1")


@pytest.mark.slow
def test_many_who_ask_wash_no_limit_away():
    stopped = [f"192.0.2.{number}" for number in range(1, 6)]
    for address in stopped:
        while checking.may_ask(address):
            pass

    for number in range(500):
        checking.may_ask(f"198.51.{number // 250}.{number % 250}")
    assert not any(checking.may_ask(address) for address in stopped)


@pytest.mark.slow
def test_who_was_stopped_may_ask_again_ten_minutes_after_the_first_question(client, time_machine):
    time_machine.move_to(AT, tick=False)
    for _ in range(checking.ASKS_MOST):
        ask(client, "x")
    time_machine.move_to(AT + timedelta(seconds=checking.WITHIN_SECONDS - 1), tick=False)
    assert ask(client, "x").status_code == 429

    time_machine.move_to(AT + timedelta(seconds=checking.WITHIN_SECONDS), tick=False)
    assert ask(client, "x").status_code == 200


def test_asking_on_and_on_takes_few_queries(client, django_assert_max_num_queries):
    ask(client, "x")

    with django_assert_max_num_queries(12):
        ask(client, "x")


@pytest.mark.slow
def test_behind_a_proxy_the_visitors_own_address_is_counted(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def asked_by(address):
        forwarded = {"HTTP_X_FORWARDED_FOR": f"203.0.113.9, {address}"}
        return client.post(reverse("verify"), {"code": "x"}, **forwarded).status_code

    assert {asked_by("192.0.2.1") for _ in range(checking.ASKS_MOST)} == {200}
    assert asked_by("192.0.2.1") == 429
    assert asked_by("192.0.2.2") == 200
