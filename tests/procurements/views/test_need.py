import pytest
from django.urls import reverse

from tests.forms import fields_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def test_a_solution_in_the_need_is_pointed_out(people, case):
    response = signed_in(people.nora).post(
        reverse("need_write", args=[case.number]),
        {"title": "Vi behöver en app för hemgång", "started_from": 0, "act": "look"},
    )

    assert [hint.word for _label, hint in response.context["found"]]
    assert case.needs.count() == 0


def test_who_saves_a_need_without_looking_is_told_of_a_solution_in_it_all_the_same(people, case):
    client = signed_in(people.nora)
    address = reverse("need_write", args=[case.number])

    first = client.post(address, {"title": "Vi behöver en app", "started_from": 0, "act": "save"})
    told = client.get(first["Location"]).context["messages"]
    second = client.post(
        address, {"title": "Trygga nätter", "started_from": 1, "reason": "Ny.", "act": "save"}
    )
    untold = client.get(second["Location"]).context["messages"]

    assert [": app." in str(one) for one in told] == [False, True]
    assert len(untold) == 1
    assert case.needs.count() == 2


def test_a_word_of_both_languages_is_pointed_out_once_in_a_field(people, case):
    typed = {"title": "En app och en robot, och appen igen: app", "today": "Ingen app"}
    response = signed_in(people.nora).post(
        reverse("need_write", args=[case.number]), typed | {"started_from": 0, "act": "look"}
    )

    found = [hint.word for _label, hint in response.context["found"]]
    assert found == ["app", "robot", "appen"]


def test_two_versions_stand_side_by_side(people, case):
    client = signed_in(people.nora)
    url = reverse("need_write", args=[case.number])
    client.post(url, {"title": "Hela veckan", "started_from": 0, "act": "save"})
    client.post(
        url, {"title": "Hela kvällen", "started_from": 1, "reason": "Så är det", "act": "save"}
    )

    html = client.get(reverse("need_compare", args=[case.number])).content.decode()

    assert "<del>veckan</del>" in html
    assert "<ins>kvällen</ins>" in html


def test_versions_that_are_not_there_are_not_compared(people, case):
    client, compare = signed_in(people.nora), reverse("need_compare", args=[case.number])
    url = reverse("need_write", args=[case.number])
    client.post(url, {"title": "Hela veckan", "started_from": 0, "act": "save"})
    assert client.get(compare).status_code == 404

    client.post(url, {"title": "Hela dygnet", "started_from": 1, "reason": "Ja", "act": "save"})
    assert client.get(compare, {"before": "1", "after": "2"}).status_code == 200
    for asked in ({"before": "3"}, {"after": "0"}, {"before": "1", "after": "två"}):
        assert client.get(compare, asked).status_code == 404


def test_a_change_of_the_need_asks_why_and_does_not_call_it_optional(people, case):
    client = signed_in(people.nora)
    write = reverse("need_write", args=[case.number])
    client.post(write, {"title": "Hela veckan", "started_from": 0, "act": "save"})

    form = client.get(write).context["form"]
    assert "field__opt" not in form["reason"].as_field_group()
    assert "field__opt" in form["who"].as_field_group()


def test_why_the_need_was_changed_is_corrected_on_its_page(people, case):
    client = signed_in(people.nora)
    write = reverse("need_write", args=[case.number])
    client.post(write, {"title": "Hela veckan", "started_from": 0, "act": "save"})
    client.post(write, {"title": "Natten", "started_from": 1, "reason": "Så är det", "act": "save"})
    url = reverse("need_reason", args=[case.number, 2])
    assert url in client.get(reverse("case_need", args=[case.number])).text

    client.post(url, fields_of(client.get(url).text, url) | {"reason": ["Natten är svårast."]})
    assert case.needs.get(number=2).reason == "Natten är svårast."
    assert client.get(reverse("need_reason", args=[case.number, 1])).status_code == 404
    stale = client.post(url, {"reason": "Helgen är svårast.", "was": "Så är det"})
    assert stale.status_code == 422
    assert "<del>Natten</del>" in stale.text


def test_why_the_need_is_changed_is_no_longer_than_what_can_be_corrected(people, case):
    client = signed_in(people.nora)
    write = reverse("need_write", args=[case.number])
    client.post(write, {"title": "Hela veckan", "started_from": 0, "act": "save"})
    typed = {"title": "Natten", "started_from": 1, "act": "save"}

    refused = client.post(write, typed | {"reason": "x" * 2001})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"reason"}

    assert client.post(write, typed | {"reason": "x" * 2000}).status_code == 302
    url = reverse("need_reason", args=[case.number, 2])
    corrected = client.post(url, {"reason": "y" * 2000, "was": "x" * 2000})
    assert corrected.status_code == 302
    assert case.needs.get(number=2).reason == "y" * 2000


def test_a_long_reason_from_before_the_limit_can_be_corrected(people, case):
    client = signed_in(people.nora)
    write = reverse("need_write", args=[case.number])
    client.post(write, {"title": "Hela veckan", "started_from": 0, "act": "save"})
    client.post(write, {"title": "Natten", "started_from": 1, "reason": "Så", "act": "save"})
    case.needs.filter(number=2).update(reason="Så är det. " * 600 + "Jo.")
    url = reverse("need_reason", args=[case.number, 2])

    sent = fields_of(client.get(url).text, url)
    corrected = client.post(url, sent | {"reason": ["Natten är svårast."]})

    assert corrected.status_code == 302
    assert case.needs.get(number=2).reason == "Natten är svårast."


def test_a_need_saved_meanwhile_is_shown_beside_and_an_informed_press_saves(people, case):
    nora, per = signed_in(people.nora), signed_in(people.per)
    url = reverse("need_write", args=[case.number])
    nora.post(url, {"title": "Hela veckan", "started_from": 0, "act": "save"})
    page = nora.get(url).content.decode()
    per.post(url, {"title": "Hela dygnet", "started_from": 1, "reason": "Så", "act": "save"})
    mine = fields_of(page, url) | {"title": ["Hela natten"], "reason": ["Jo"], "act": ["save"]}

    refused = nora.post(url, mine)
    shown = refused.content.decode()
    again = fields_of(shown, url) | {"act": ["save"]}
    saved = nora.post(url, again)

    assert refused.status_code == 422
    assert "<del>dygnet</del>" in shown
    assert "<ins>natten</ins>" in shown
    assert (again["title"], again["reason"]) == (["Hela natten"], ["Jo"])
    assert saved.status_code == 302
    titles = case.needs.order_by("number").values_list("title", flat=True)
    assert list(titles) == ["Hela veckan", "Hela dygnet", "Hela natten"]
