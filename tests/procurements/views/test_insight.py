import pytest
from django.urls import reverse

from procurements.operations.case import stop_case
from tests.builders import at_start_of
from tests.forms import fields_of
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def two_who_read_for_the_team(people, case):
    """Nora, who wrote an entry for the team, and Per."""
    nora, per = signed_in(people.nora), signed_in(people.per)
    first = {"title": "Kvällen", "text": "Svårast.", "source": "test", "audience": "team"}
    nora.post(reverse("case_diary", args=[case.number]), first)
    return nora, per


def test_the_diary_is_searched_for_the_first_of_many_words(people, case):
    _nora, per = two_who_read_for_the_team(people, case)
    diary = reverse("case_diary", args=[case.number])

    found = per.get(diary, {"q": "Kvällen k v ä l e n sv finns inte"}).context["insights"]
    assert [one.title for one in found] == ["Kvällen"]
    assert per.get(diary, {"q": "Kvällen finns inte"}).context["insights"] == []


def test_an_insight_corrected_meanwhile_is_shown_beside_and_an_informed_press_saves(people, case):
    nora, per = two_who_read_for_the_team(people, case)
    url = reverse("insight_correct", args=[case.number, 1])
    mine = fields_of(nora.get(url).content.decode(), url) | {"text": ["Svårast av allt."]}
    per.post(url, {"title": "Kvällen", "text": "Lättast.", "source": "test", "was": "Svårast."})

    refused = nora.post(url, mine)
    again = fields_of(refused.content.decode(), url)
    nora.post(url, again)

    assert refused.status_code == 422
    assert "<del>Lättast</del>" in refused.content.decode()
    assert case.insights.get().text == "Svårast av allt."


def test_words_meant_for_the_team_are_not_shared_by_a_correction(people, case):
    nora, per = two_who_read_for_the_team(people, case)
    url = reverse("insight_correct", args=[case.number, 1])
    mine = fields_of(nora.get(url).content.decode(), url) | {"text": ["Svårast. Bara för oss."]}
    per.post(reverse("insight_share", args=[case.number, 1]))

    refused = nora.post(url, mine)
    assert refused.status_code == 422
    assert "delade insikten" in refused.content.decode()
    assert case.insights.get().text == "Svårast."
    nora.post(url, fields_of(refused.content.decode(), url))
    assert case.insights.get().text == "Svårast. Bara för oss."


def test_who_will_read_is_said_also_where_the_words_were_corrected(people, case):
    nora, per = two_who_read_for_the_team(people, case)
    url = reverse("insight_correct", args=[case.number, 1])
    mine = fields_of(nora.get(url).content.decode(), url) | {"text": ["Svårast. Bara för oss."]}
    per.post(url, {"title": "Kvällen", "text": "Lättast.", "source": "test", "was": "Svårast."})
    per.post(reverse("insight_share", args=[case.number, 1]))

    refused = nora.post(url, mine).content.decode()

    assert "delade insikten" in refused
    assert "<del>Lättast" in refused


def test_what_is_shared_is_what_was_read(people, case):
    nora, per = two_who_read_for_the_team(people, case)
    diary, share = (reverse(name, args=[case.number, *more]) for name, *more in
                    (("case_diary",), ("insight_share", 1)))  # fmt: skip
    read = fields_of(per.get(diary).content.decode(), share)
    correct = reverse("insight_correct", args=[case.number, 1])
    nora.post(
        correct, {"title": "Kvällen", "text": "Bara för oss.", "source": "test", "was": "Svårast."}
    )

    told = per.post(share, read, follow=True).content.decode()
    assert "Någon har rättat insikten" in told
    assert case.insights.get().shared_at is None
    per.post(share, fields_of(per.get(diary).content.decode(), share))
    assert case.insights.get().shared_at


def test_nothing_more_is_shared_with_suppliers_when_the_case_is_over(people, case):
    _nora, per = two_who_read_for_the_team(people, case)
    diary, share = (reverse(name, args=[case.number, *more]) for name, *more in
                    (("case_diary",), ("insight_share", 1)))  # fmt: skip
    read = fields_of(per.get(diary).text, share)
    need = reverse("case_need", args=[case.number])
    assert "Skriv i dagboken" in per.get(diary).text
    assert reverse("need_write", args=[case.number]) in per.get(need).text
    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))

    told = per.post(share, read, follow=True).text

    assert "Ärendet är avslutat" in told
    assert case.insights.get().shared_at is None
    assert share not in told
    assert "Skriv i dagboken" not in told
    assert reverse("need_write", args=[case.number]) not in per.get(need).text
    assert reverse("insight_correct", args=[case.number, 1]) in told


def test_after_both_texts_the_first_can_be_put_back(people, case):
    nora, per = two_who_read_for_the_team(people, case)
    url = reverse("insight_correct", args=[case.number, 1])
    mine = fields_of(nora.get(url).content.decode(), url) | {"text": ["Svårast av allt."]}
    per.post(url, {"title": "Kvällen", "text": "Lättast.", "source": "test", "was": "Svårast."})

    again = fields_of(nora.post(url, mine).content.decode(), url)
    nora.post(url, again | {"text": ["Svårast."]})

    assert case.insights.get().text == "Svårast."


def test_an_insight_is_written_and_corrected(people, case):
    client = signed_in(people.nora)
    client.post(
        reverse("case_diary", args=[case.number]),
        {"title": "Kvällen", "text": "Svårast.", "source": "test", "audience": "suppliers"},
    )
    client.post(
        reverse("insight_correct", args=[case.number, 1]),
        {"title": "Natten", "text": "Svårast.", "source": "interview"},
    )

    html = signed_in(people.nora).get(reverse("case_diary", args=[case.number])).text
    assert "Natten" in html
    assert "Kvällen" not in html


def test_nobody_is_asked_to_write_in_the_diary_of_a_case_that_is_over(people, case):
    diary, overview = (reverse(name, args=[case.number]) for name in ("case_diary", "case"))
    client = signed_in(people.per)
    assert "Skriv ner" in client.get(diary).text
    assert "Skriv ner" in client.get(overview).text

    stop_case(case=case, reason="Behovet är borta.", by=people.per, at=at_start_of(case))

    assert "Inget i dagboken än." in client.get(diary).text
    assert "Skriv ner" not in client.get(diary).text
    assert "Skriv ner" not in client.get(overview).text
