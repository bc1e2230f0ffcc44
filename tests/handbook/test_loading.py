from collections import Counter
from random import Random

import pytest
from django.core.management import CommandError, call_command

from handbook import catalogue
from handbook.exporting import export_edition, manuscript_of, write_manuscript
from handbook.manuscript import read_manuscript
from handbook.models import Criterion, Edition, HandbookRole, Phase, Step, TextSet
from handbook.refusals import EditionRefused
from handbook.sections import Section
from handbook.shipped import CONTENT, shipped_folders
from handbook.states import EditionState
from journal.models import Event
from tests.handbook.drafts import mended
from tests.handbook.renaming import rename_keys
from tests.handbook.shelves import LOADED_AT, METHOD, OTHER_METHOD, loaded, shipped

pytestmark = pytest.mark.django_db


def test_a_loaded_edition_is_published_with_its_words_and_an_event():
    edition = loaded()

    assert (edition.state, edition.build, edition.version) == (EditionState.PUBLISHED, 1, "0.8")
    assert edition.content_hash == shipped().content_hash
    assert [s.state for s in edition.text_sets.order_by("language")] == ["published"] * 2
    assert [e.verb for e in Event.objects.of(edition.handbook)] == ["edition.published"]


def test_phases_hold_what_code_asks_about():
    phases = loaded().phases.all()

    assert [p.number for p in phases] == list(range(8))
    assert [p.length_days for p in phases] == [r["length_days"] for r in shipped().phases]
    assert [p.fee for p in phases if p.fee] == [5000, 25000, 50000]
    assert [p.number for p in phases if p.pays_suppliers] == [2, 4, 5, 6]
    assert [p.number for p in phases if p.admits_suppliers] == [3]
    assert [len(p.signatures) for p in phases] == [
        len(r["gate"]["signatures"]) for r in shipped().phases
    ]


def test_every_key_is_unique_in_its_edition_and_named_among_the_words():
    edition = loaded()

    for model in (Phase, Step, Criterion, HandbookRole):
        rows = list(model.objects.filter(edition=edition))
        assert max(Counter(row.key for row in rows).values()) == 1
        for language in ("sv", "en"):
            assert all(edition.words(language)(row, "title") for row in rows)


def test_words_are_said_in_the_language_asked_for():
    edition = loaded()
    phase = edition.phases.get(number=4)

    assert edition.words("sv")(phase, "title") == "Konceptfas"
    assert edition.words("en")(phase, "title") == "Concept phase"
    assert edition.words("en").lines(phase, "gate.on_the_table")[1].startswith("Assessment")
    assert set(edition.words("en").rows(phase, "risks")[0]) == {"risk", "response"}
    assert edition.words("fi").language == "sv"
    assert edition.words("sv")(phase, "nothing") == ""


def test_words_are_read_once_per_process(django_assert_num_queries):
    edition = loaded()
    edition.words("sv")

    other = Edition.objects.get(pk=edition.pk)

    with django_assert_num_queries(1):
        other.words("sv")


def test_guidance_is_clean_html():
    edition = loaded()
    step = edition.steps.first()

    html = edition.words("en").html(step, "guidance")

    assert html.startswith("<p>")
    assert "<strong>" in html


def test_markup_in_words_never_becomes_markup_of_the_page():
    from handbook.words import Words

    words = Words({"x": {"y": "<script>a</script> [l](javascript:b) **c**"}}, "en")

    html = words.html("x", "y")

    assert "<script" not in html
    assert "href" not in html
    assert "<strong>c</strong>" in html


def test_the_same_content_is_loaded_once():
    first = loaded()

    assert loaded() == first
    assert Edition.objects.count() == 1
    assert Event.objects.of(first.handbook).count() == 1


def test_other_content_of_the_same_version_is_the_next_build_beside_the_old():
    first = loaded()
    other, _names = rename_keys(shipped(), Random(1))
    other.book["key"] = METHOD

    second = loaded(other)

    first.refresh_from_db()
    assert (second.build, second.state) == (2, EditionState.PUBLISHED)
    assert (first.build, first.state) == (1, EditionState.SUPERSEDED)
    assert list(Edition.objects.current()) == [second]
    assert first.words("en")(first.phases.get(number=4), "title") == "Concept phase"


def test_a_superseded_edition_never_comes_back():
    edition = loaded()
    edition.move_to(EditionState.SUPERSEDED)

    with pytest.raises(EditionRefused):
        edition.move_to(EditionState.PUBLISHED)


@pytest.mark.parametrize("key", [METHOD, OTHER_METHOD])
def test_what_was_imported_is_exported(tmp_path, key):
    edition = loaded(shipped(key))

    assert manuscript_of(edition).data == shipped(key).data

    export_edition(edition, tmp_path)
    again = read_manuscript(tmp_path)

    assert again.data == shipped(key).data
    assert again.content_hash == edition.content_hash
    assert loaded(again) == edition


def test_renamed_keys_load_as_well_and_change_nothing_else(tmp_path):
    from tests.handbook.renaming import renamed

    other, names = renamed(shipped(OTHER_METHOD), tmp_path, Random(7))
    edition = loaded(other)

    assert [p.key for p in edition.phases.all()] == list(names["phase"].values())
    assert {s.key for s in edition.steps.all()} == set(names["step"].values())
    assert not {*names["phase"], *names["step"]} & {
        *names["phase"].values(),
        *names["step"].values(),
    }


def test_sample_values_fill_every_field_in_their_language():
    edition = loaded()
    english, blanks = (
        catalogue.sample_values(edition.catalogue, edition.words("en").speak, blanks=is_blank)
        for is_blank in (False, True)
    )

    assert english["case.title"] == "A safe first week at home"
    assert english["suppliers"][0]["name"] == "Example Firm Ash"
    assert blanks["suppliers"] == []
    assert english.keys() == blanks.keys() == set.union(*catalogue.names(edition.catalogue))


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_no_shipped_paper_itself_names_what_the_number_of_a_case_is(method):
    """It is the authority's own, or ours as long as there is none: the case knows which."""
    number, named = "{{ case.reference }}", "<dt>{{ case.reference_name }}</dt><dd>"
    texts = [path.read_text() for path in (CONTENT / method / "templates").glob("*.html")]

    assert texts
    assert [text for text in texts if text.count(number) != text.count(named + number)] == []


def test_fields_to_fill_in_speak_the_language_of_the_words():
    edition = loaded()
    template = edition.templates.get(serves="end_of_phase_report")

    fields = {field["key"]: field for field in template.fill_fields(edition.words("en"))}

    assert fields["completed"]["options"][1] == {"value": "partly", "label": "To be supplemented"}
    assert fields["delivered"]["sample"][2] == "Readiness sheet"
    assert template.body(edition.words("sv")).startswith('<article lang="sv"')


def test_the_command_tells_which_corrections_the_new_build_does_not_say(tmp_path, capsys):
    edition = loaded(shipped(OTHER_METHOD))
    first, step = edition.text_sets.get(language="sv"), edition.steps.first()
    mine = first.texts[step.path] | {"guidance": "Rättad här."}
    TextSet.objects.create(
        edition=edition, language="sv", number=2, state="published", hash="-",
        texts=first.texts | {step.path: mine}, corrected_at=LOADED_AT, section=step.path,
        reason="Fel ord.",
    )  # fmt: skip
    theirs = mended(shipped(OTHER_METHOD), Section.at(step.path), "Rättad där.")
    write_manuscript(theirs, tmp_path)

    call_command("load_handbook", str(tmp_path))

    assert f"the correction of {step.path} (sv), Fel ord." in capsys.readouterr().out


def test_commands_load_what_is_shipped_and_export_it(tmp_path, capsys):
    call_command("load_handbook", "--shipped")
    call_command("load_handbook", "--shipped")
    call_command("export_handbook", METHOD, "0.8", str(tmp_path / "out"))
    call_command("load_handbook", str(tmp_path / "out"))
    call_command("check_handbook", str(CONTENT / METHOD))
    for command in ("check_handbook", "load_handbook"):
        with pytest.raises(CommandError, match="there is no folder /nowhere"):
            call_command(command, "/nowhere")

    said = capsys.readouterr().out
    assert said.count("is published.") == len(shipped_folders()) + 1
    assert said.count("holds what is in") == len(shipped_folders())
    assert Edition.objects.count() == len(shipped_folders())
    assert TextSet.objects.count() == 2 * len(shipped_folders())
