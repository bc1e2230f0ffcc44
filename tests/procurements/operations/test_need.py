import pytest
from django.utils import translation

from journal.models import Event
from procurements.operations.insight import correct_insight, share_insight, write_insight
from procurements.operations.need import correct_need_reason, save_need
from procurements.refusals import Refused, Stale
from tests.builders import MONDAY

pytestmark = pytest.mark.django_db


def save(case, people, title, **fields):
    return save_need(case=case, title=title, by=people.nora, at=MONDAY, **fields)


def write(case, people, audience="team", by=None):
    return write_insight(
        case=case,
        title="Kvällen är svårast",
        text="Inte morgonen.",
        source="interview",
        audience=audience,
        by=by or people.nora,
        at=MONDAY,
    )


def test_versions_follow_each_other_with_reason_and_insights(case, people):
    insight = write(case, people)
    save(case, people, "Den som kommer hem ska klara första veckan")
    second = save(
        case,
        people,
        "Den som kommer hem ska klara första kvällen",
        reason="Kvällarna är svårast.",
        insights=[insight],
        started_from=1,
    )

    assert second.number == 2
    assert list(second.insights.all()) == [insight]


def test_why_the_need_was_changed_is_corrected_and_the_earlier_words_are_kept(case, people):
    save(case, people, "Ett")
    second = save(case, people, "Två", reason="Kvällarna är svårast.", started_from=1)
    facts = {"case": case, "need": second, "by": people.per, "at": MONDAY}

    corrected = correct_need_reason(**facts, reason="Nätterna är svårast.", was=second.reason)

    assert (corrected.reason, corrected.title) == ("Nätterna är svårast.", "Två")
    event = Event.objects.of(case).readable().last()
    with translation.override("en"):
        assert str(event.sentence) == (
            "Corrected why version 2 of the need was written. Before: “Kvällarna är svårast.”. "
            "Now: “Nätterna är svårast.”."
        )
    # The same again changes nothing; words written from others are shown beside them.
    correct_need_reason(**facts, reason="Nätterna är svårast.", was="Kvällarna är svårast.")
    assert Event.objects.of(case).filter(verb="need.reason_corrected").count() == 1
    with pytest.raises(Stale):
        correct_need_reason(**facts, reason="Helgerna.", was="Kvällarna är svårast.")


def test_the_first_version_has_no_reason_to_correct(case, people):
    first = save(case, people, "Ett")

    with pytest.raises(Refused):
        correct_need_reason(case=case, need=first, reason="Så.", by=people.per, at=MONDAY)
    first.refresh_from_db()
    assert first.reason == ""


def test_a_change_without_a_reason_is_refused(case, people):
    save(case, people, "Ett")

    with pytest.raises(Refused) as refusal:
        save(case, people, "Två", started_from=1)

    assert list(refusal.value.message_dict) == ["reason"]


def test_nothing_changed_is_no_new_version(case, people):
    save(case, people, "Ett")
    save(case, people, "Ett", started_from=1)

    assert case.needs.count() == 1


def test_a_reason_for_no_change_is_not_swallowed(case, people):
    save(case, people, "Ett")
    save(case, people, "Två", reason="Så", started_from=1)
    save(case, people, "Två", reason="Så", started_from=1)

    with pytest.raises(Refused, match="som förut"):
        save(case, people, "Två", reason="Och så", started_from=2)

    assert case.needs.count() == 2


def test_two_writers_do_not_lose_each_others_text(case, people):
    save(case, people, "Ett")
    save(case, people, "Två", reason="Så", started_from=1)

    with pytest.raises(Refused):
        save(case, people, "Tre", reason="Så", started_from=1)

    assert case.needs.count() == 2


def test_insights_are_numbered_in_the_case(case, people):
    assert [write(case, people).number, write(case, people, "suppliers").number] == [1, 2]


def test_the_same_insight_again_at_once_is_one(case, people):
    assert write(case, people) == write(case, people)
    assert case.insights.count() == 1


def test_the_same_insight_by_somebody_else_is_kept_too(case, people):
    assert write(case, people) != write(case, people, by=people.per)
    assert case.insights.count() == 2


def test_an_insight_for_suppliers_says_when_it_was_shared(case, people):
    assert write(case, people, "suppliers").shared_at == MONDAY
    assert write(case, people).shared_at is None


def test_sharing_afterwards_is_harmless_twice(case, people):
    insight = write(case, people)
    for _ in range(2):
        share_insight(case=case, insight=insight, by=people.nora, at=MONDAY)

    insight.refresh_from_db()
    assert (insight.audience, insight.shared_at) == ("suppliers", MONDAY)
    assert Event.objects.of(case).filter(verb="insight.shared").count() == 1


def test_a_corrected_insight_keeps_the_earlier_text_in_the_history(case, people):
    insight = write(case, people)
    correct_insight(
        case=case, insight=insight, title="Natten", text="Egentligen.", source="test",
        by=people.nora, at=MONDAY,
    )  # fmt: skip

    event = Event.objects.of(case).readable().get(verb="insight.corrected")
    assert event.fields()["before"] == "Kvällen är svårast. Inte morgonen."
    with translation.override("sv"):
        assert "vars källa gick från ”Intervju” till ”Test”. Förut: Kvällen" in event.sentence
