import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext
from lxml.html import fromstring

from handbook.models import Edition, Handbook, TextSet
from tests.builders import an_edition
from tests.handbook.shelves import METHOD, OTHER_METHOD, loaded, shipped
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    """Somebody without an account, once the installation has its people."""
    everybody()
    return client


def get(client, address, language="en"):
    """The page in a language; the address is followed where it leads."""
    response = client.get(address, {"lang": language}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def in_language(edition, language, name="handbook_edition", **more):
    named = {"key": edition.handbook.key, "version": edition.address[1], "language": language}
    return reverse(name, kwargs=named | more)


@pytest.fixture
def editor(client):
    people = everybody()
    client.force_login(people.lena)
    return client


def test_every_list_says_that_the_handbook_is_not_the_official_one(reader):
    loaded()
    loaded(shipped(OTHER_METHOD))

    page = get(reader, reverse("handbooks"))

    assert "This is not the official handbook." in page
    assert "builds on public descriptions" in page
    assert page.count('rel="license"') == 2


def test_the_first_page_holds_source_note_introduction_and_contents(reader):
    edition = loaded()

    page = get(reader, edition.get_absolute_url())

    assert "This is not the official handbook." in page
    assert [phase.get_absolute_url() in page for phase in edition.phases.all()] == [True] * 8
    assert 'rel="license"' in page


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_phase_can_be_read_with_a_permanent_name_for_each_step(reader, language):
    edition = loaded()
    words = edition.words(language)

    for phase in edition.phases.all():
        page = get(reader, phase.get_absolute_url(), language)
        for step in phase.steps.all():
            assert f'id="step-{step.key}"' in page
            assert words(step, "title").replace("'", "&#x27;") in page


def test_an_older_build_is_still_read_under_its_number(reader):
    from random import Random

    from tests.handbook.renaming import rename_keys

    first = loaded(shipped(OTHER_METHOD))
    other, _names = rename_keys(shipped(OTHER_METHOD), Random(3))
    other.book["key"] = OTHER_METHOD
    second = loaded(other)
    first.refresh_from_db()

    assert first.get_absolute_url() != second.get_absolute_url()
    assert second.get_absolute_url() in get(reader, first.get_absolute_url())


def test_an_edition_that_has_been_replaced_says_so_and_is_listed(reader):
    first = loaded(shipped(OTHER_METHOD))
    second = loaded(replace(shipped(OTHER_METHOD), law=shipped(OTHER_METHOD).law | {"as_of": "x"}))
    first.refresh_from_db()

    old, new = get(reader, first.get_absolute_url()), get(reader, second.get_absolute_url())

    assert "This build has been replaced." in old
    assert "replaced." not in new
    assert f'href="{second.get_absolute_url()}"' in old
    assert f'href="{first.get_absolute_url()}"' in new
    listed = get(reader, reverse("handbooks"))
    assert listed.count("<section") == 1
    assert f'href="{first.get_absolute_url()}"' in listed


def test_an_earlier_version_leads_to_the_newest(reader):
    handbook = an_edition(key="method").handbook
    newer = a_later_edition(handbook)
    older = handbook.editions.exclude(pk=newer.pk).get()

    assert "There is a newer edition." in get(reader, older.get_absolute_url())
    assert "There is a newer edition." not in get(reader, newer.get_absolute_url())


def a_later_edition(handbook):
    """The same handbook as version 2.0, published a day later."""
    edition = handbook.editions.get()
    later = Edition.objects.create(
        handbook=handbook, version="2.0", languages=["sv", "en"], licence_name="CC BY 4.0",
        state="published", content_hash="2", published_at=edition.published_at + timedelta(days=1),
    )  # fmt: skip
    words = {"edition": {"title": "Den nya"}}
    for language in ("sv", "en"):
        TextSet.objects.create(
            edition=later, language=language, state="published", hash=language, texts=words
        )
    return later


@pytest.mark.parametrize("version", ["9.9", "0.1+9", "0.1+x", "0.1+99999999999"])
@pytest.mark.parametrize("name", ["handbook_edition", "handbook_own_language"])
def test_an_edition_that_does_not_exist_is_not_found(reader, version, name):
    loaded(shipped(OTHER_METHOD))
    named = [OTHER_METHOD, version] + (["sv"] if name == "handbook_edition" else [])

    assert reader.get(reverse(name, args=named)).status_code == 404


@pytest.mark.parametrize("version", ["1.0", "1.0+1"])
def test_a_draft_is_as_unknown_as_what_does_not_exist(editor, version):
    handbook = Handbook.objects.create(key="secret")
    Edition.objects.create(handbook=handbook, version="1.0", licence_name="CC BY 4.0")

    for named in ([], ["sv"], ["sv", "phase"]):
        address = "/".join(["/handbook/secret", version, *named, ""])
        assert editor.get(address).status_code == 404, address
    assert "secret" not in get(editor, reverse("handbooks"))


def test_a_link_keeps_the_language_that_it_was_shared_in(editor):
    """Also for somebody who reads Swedish everywhere else, and it changes nothing for them."""
    edition = loaded()
    named = {"phase": edition.phases.get(number=4).key}
    address = in_language(edition, "en", "handbook_phase", **named)

    response = editor.get(address)

    page = response.content.decode()
    assert '<html lang="en"' in page
    assert "Concept phase" in page
    assert "Joint debrief" in page
    assert response.headers["Content-Language"] == "en"
    assert "noindex" not in page + str(response.headers)
    swedish = in_language(edition, "sv", "handbook_phase", **named)
    assert f'hreflang="sv" href="http://localhost:8000{swedish}"' in page
    assert f'href="{swedish}" lang="sv"' in page
    assert 'lang=""' not in page
    assert '<html lang="sv"' in editor.get(reverse("handbooks")).content.decode()


def test_asking_for_the_other_language_leads_to_its_address(reader):
    edition = loaded(shipped(OTHER_METHOD))

    response = reader.get(in_language(edition, "sv"), {"lang": "en"})

    assert response.headers["Location"] == in_language(edition, "en")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_an_address_without_a_language_leads_to_the_readers_own(reader, language):
    edition = loaded(shipped(OTHER_METHOD))
    phase = edition.phases.get(number=2).key
    reader.cookies["django_language"] = language

    bare = reader.get(reverse("handbook_own_language", args=edition.address))
    named = reader.get(reverse("handbook_phase_own_language", args=[*edition.address, phase]))
    wrong = reader.get(reverse("handbook_phase_own_language", args=[*edition.address, "nothing"]))

    assert bare.headers["Location"] == in_language(edition, language)
    assert named.headers["Location"] == in_language(
        edition, language, "handbook_phase", phase=phase
    )
    assert wrong.status_code == 404


def test_one_reads_from_the_first_page_to_the_last_by_what_comes_after(reader):
    edition = loaded(shipped(OTHER_METHOD))
    address, read = in_language(edition, "en"), []

    while address:
        read.append(address)
        page = get(reader, address)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        before = re.search(r'href="([^"]+)" rel="prev"', page)
        assert (before[1] if before else None) == (read[-2] if len(read) > 1 else None)
        address = found[1] if found else ""

    parts = ["roles", "words", "papers", "criteria", "readiness", "law", "sources"]
    assert len(read) == 1 + edition.phases.count() + len(parts)
    assert [one.split("/")[-2] for one in read[-7:]] == parts


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_every_part_holds_what_its_name_says_with_a_permanent_name(reader, method):
    edition = loaded(shipped(method))
    words = edition.words("en")
    pages = {
        part: get(reader, in_language(edition, "en", "handbook_part", part=part))
        for part in ("roles", "words", "papers", "criteria", "readiness", "law", "sources")
    }

    for role in edition.roles.all():
        assert f'id="role-{role.key}"' in pages["roles"]
    for template in edition.templates.all():
        assert f'id="paper-{template.key}"' in pages["papers"]
    for row in edition.details["glossary"]:
        assert f'id="word-{row["key"]}"' in pages["words"]
    for row in edition.law["references"]:
        assert f'id="law-{row["key"]}"' in pages["law"]
    for row in edition.readiness["dimensions"]:
        assert escape(words(f"dimension:{row['key']}", "levels.9.title")) in pages["readiness"]
    for row in edition.assessment["phases"]:
        assert f"/en/{row['phase']}/#criteria" in pages["criteria"]
    assert all("not the official handbook" in page for page in pages.values())


def test_a_part_that_the_edition_lacks_is_not_found_and_not_linked(reader):
    edition = an_edition()
    get(reader, edition.phases.get(number=1).get_absolute_url())

    page = get(reader, edition.get_absolute_url())

    assert "/part/roles/" in page
    assert "/part/words/" not in page
    for part in ("words", "nothing"):
        address = in_language(edition, "sv", "handbook_part", part=part)
        assert reader.get(address).status_code == 404


OURS = ["Contents", "Introduction", "Editions", "The gate", "Checklist", "Evidence", "Length",
        "About the phase", "The scale", "The rules", "Filled in by a person",
        "Dimension"]  # fmt: skip


def test_words_that_are_not_translated_are_marked_with_their_language(reader):
    edition = an_edition()
    edition.text_sets.filter(language="en").update(state="superseded")

    page = get(reader, in_language(edition, "en"))

    assert "This edition has no words in this language yet" in page
    assert '<div class="book" lang="sv">' in page
    # In its contents the words of the reader stay the reader's.
    gate = fromstring(page).xpath("//nav//li[a[contains(@href, '#gate')]]")[0]
    assert (gate.get("lang"), gate.text_content()) == ("en", "The gate")


def said_in(element) -> str:
    """The language that an element is in by the mark nearest above it."""
    return element.xpath("ancestor-or-self::*[@lang][1]/@lang")[-1]


def test_within_a_book_in_another_language_what_is_the_readers_is_marked_so(reader):
    edition = loaded()
    edition.text_sets.filter(language="en").update(state="superseded")
    phase = edition.phases.get(number=4)
    pages = [
        in_language(edition, "en"),
        in_language(edition, "en", "handbook_phase", phase=phase.key),
        *(in_language(edition, "en", "handbook_part", part=part)
          for part in ("criteria", "papers", "law", "readiness")),
    ]  # fmt: skip
    with translation.override("en"):
        ours = {gettext(words) for words in OURS}
    found = set()
    for page in pages:
        (book,) = fromstring(get(reader, page)).xpath("//div[@class='book']")
        for element in book.xpath(".//h2 | .//h3 | .//h4 | .//dt | .//caption | .//th"):
            words = " ".join(element.text_content().split())
            if words in ours:
                found.add(words)
                assert said_in(element) == "en", words
            elif element.tag in ("h3", "dt") and len(words) > 25:
                assert said_in(element) == "sv", words
    assert found == ours


def test_roles_named_in_a_sentence_of_ours_are_said_in_the_language_of_the_book(reader):
    edition = loaded()
    edition.text_sets.filter(language="en").update(state="superseded")
    phase = edition.phases.get(number=4)

    page = fromstring(get(reader, in_language(edition, "en", "handbook_phase", phase=phase.key)))

    (told,) = page.xpath("//section[@id='gate']//p[@lang='en']")
    assert told.text.startswith("Decided by")
    assert {span.get("lang") for span in told} == {"sv"}


def test_a_book_in_the_readers_own_language_marks_nothing(reader):
    phase = loaded().phases.get(number=4)

    page = fromstring(get(reader, phase.get_absolute_url()))

    assert not page.xpath("//div[@class='book']//@lang")


def test_a_phase_page_takes_few_queries(reader, django_assert_max_num_queries):
    phase = loaded().phases.get(number=4)
    reader.get(phase.get_absolute_url())

    with django_assert_max_num_queries(12):
        reader.get(phase.get_absolute_url())
