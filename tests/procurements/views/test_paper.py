import re
from datetime import timedelta
from email.message import Message as Headers

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from documents.checking import Answer, answer
from documents.models import StoredFile
from documents.states import RevisionState
from handbook.models import DocumentTemplate, TextSet
from journal import guards
from outbox.models import Message
from outbox.work import carry_out_one
from procurements.models import Case, CaseRole, PhaseDocument
from procurements.operations.case import change_case
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from tests.builders import (
    MONDAY,
    SUPPLIERS,
    a_case,
    a_case_in_admission,
    an_edition,
    at_start_of,
    passed_gate,
)
from tests.handbook.shelves import loaded, shipped
from tests.people import People, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(people: People, time_machine) -> Case:
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles={"need_owner": people.nora, "observer": people.lena},
    )
    admit_suppliers(
        case=case,
        suppliers=[TypedSupplier("Exempelföretaget Ask")],
        by=people.per,
        at=at_start_of(case),
    )
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    return case


def address(case: Case, serves: str, name: str = "paper_prepare") -> str:
    template = DocumentTemplate.objects.get(edition=case.edition, serves=serves)
    return reverse(name, args=[case.number, case.current_phase.phase.key, template.key])


def ordered(client: Client, case: Case, serves: str = "need_description", **more) -> PhaseDocument:
    response = client.post(
        address(case, serves), {"language": "sv", "fill_words": "Ord", "act": "order"} | more
    )
    assert response.status_code == 302
    return PhaseDocument.objects.latest("pk")


def make_all() -> None:
    for message in Message.objects.waiting():
        carry_out_one(message.pk)


def signed_copy() -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("behov.txt", "Påskrivet".encode())}


def fail(paper: PhaseDocument) -> None:
    with transaction.atomic():
        revision = paper.document.revisions.get()
        revision.move_to(RevisionState.RENDERING)
        revision.move_to(
            RevisionState.FAILED,
            error_code="too_many_pages",
            error_details={"pages": 200, "most": 120},
        )


def test_the_preview_shows_the_facts_and_what_was_typed(people, case):
    response = signed_in(people.per).post(
        address(case, "need_description"),
        {"language": "sv", "fill_words": "Våra egna ord", "act": "preview"},
    )

    html = response.content.decode()
    assert "Våra egna ord" in html
    assert case.title in html
    assert PhaseDocument.objects.count() == 0


def test_a_rewritten_passage_stands_in_this_paper_only(people, case):
    response = signed_in(people.per).post(
        address(case, "need_description"),
        {
            "language": "sv",
            "fill_words": "Ord",
            "passage_greeting": "Välkommen hit <script>",
            "act": "preview",
        },
    )

    preview = response.context["preview"]["html"]
    assert "Välkommen hit &lt;script&gt;" in preview


def test_the_page_says_whether_the_paper_has_changed_since_it_was_ordered(people, case):
    client, url = signed_in(people.per), address(case, "need_description")
    assert client.get(url).context["before"] is None

    ordered(client, case)
    same = client.get(url)
    english = client.get(url, {"language": "en"})
    change_case(case=case, title="Nytt namn", by=people.per, at=timezone.now())
    changed = client.get(url)

    assert same.context["before"] == {"number": 1, "is_same": True, "is_latest": True}
    assert "Version 1 säger just detta." in same.content.decode()
    assert english.context["before"] is None
    assert changed.context["before"] == {"number": 1, "is_same": False, "is_latest": True}
    assert "Ändrat sedan version 1 beställdes." in changed.content.decode()


def test_a_required_field_is_asked_for_when_the_paper_is_ordered(people, case):
    response = signed_in(people.per).post(
        address(case, "need_description"), {"language": "sv", "act": "order"}
    )

    assert response.status_code == 422
    assert "fill_words" in response.context["form"].errors
    assert PhaseDocument.objects.count() == 0


def test_an_odd_day_is_pointed_out_and_a_slip_in_the_year_is_refused(people, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    case = a_case(by=people.per, authority=people.authority, edition=loaded(shipped()))
    client, today = signed_in(people.per), timezone.localdate()
    page = reverse("paper_prepare", args=[case.number, case.current_phase.phase.key, "mandate"])

    def previewed(on):
        return client.post(page, {"language": "sv", "act": "preview", "fill_report_on": str(on)})

    def pointed_out(response):
        told = response.context["told_days"]
        return [(what, label) for what, days in told for label, _day in days]

    asked = "Återkommer senast"
    assert pointed_out(previewed(today)) == []
    assert pointed_out(previewed(today - timedelta(days=1))) == [("Dagar som har passerat", asked)]
    assert pointed_out(previewed(today + timedelta(days=3 * 366))) == []
    assert pointed_out(previewed(today + timedelta(days=3653))) == [("Dagar långt fram", asked)]
    for slip in (today - timedelta(days=367), today + timedelta(days=26 * 366)):
        response = previewed(slip)
        assert response.status_code == 422
        assert response.context["form"].has_error("fill_report_on", "out_of_range")


def test_a_draft_can_be_ordered_unfinished(people, case):
    paper = ordered(signed_in(people.per), case, act="draft", fill_words="")

    draft = paper.document.revisions.get()
    assert draft.draft
    assert draft.data["fill"] == {"words": "[Ord]"}
    assert paper.fill == {"words": ""}


def test_the_page_asks_again_while_the_paper_is_made(people, case):
    client = signed_in(people.per)
    paper = ordered(client, case)

    html = client.get(reverse("paper", args=[case.number, paper.pk])).content.decode()

    assert f'hx-get="{reverse("paper_status", args=[case.number, paper.pk])}"' in html


def test_a_failed_paper_says_why_and_can_be_tried_again(people, case):
    client = signed_in(people.per)
    paper = ordered(client, case)
    fail(paper)

    html = client.get(reverse("paper", args=[case.number, paper.pk])).content.decode()

    assert "200" in html
    client.post(reverse("paper_retry", args=[case.number, paper.pk]))
    assert paper.document.revisions.get().state == "ordered"


def test_trying_again_twice_is_a_friendly_refusal(people, case):
    client = signed_in(people.per)
    paper = ordered(client, case)
    fail(paper)
    for _ in range(2):
        response = client.post(reverse("paper_retry", args=[case.number, paper.pk]))

    assert response.status_code == 302
    assert paper.document.revisions.get().tries == 2


def test_a_copy_made_elsewhere_is_filed_and_opens(people, case):
    client = signed_in(people.per)
    copy = SimpleUploadedFile("behov.txt", "Påskrivet".encode())
    client.post(address(case, "need_description", "paper_copy"), {"file": copy})
    paper = PhaseDocument.objects.get()

    response = client.get(reverse("paper_file", args=[case.number, paper.pk, 1]))

    assert b"".join(response.streaming_content) == "Påskrivet".encode()
    assert saved_as(response) == "behov.txt"


def saved_as(response) -> str | None:
    told = Headers()
    told["Content-Disposition"] = response["Content-Disposition"]
    return told.get_filename()


def test_a_paper_made_here_is_saved_under_its_case_phase_and_version(people, case):
    client = signed_in(people.per)
    paper = ordered(client, case)
    make_all()

    response = client.get(reverse("paper_file", args=[case.number, paper.pk, 1]))
    b"".join(response.streaming_content)

    run = case.current_phase
    title = paper.document.revisions.get().title
    assert saved_as(response) == f"{case.number} {title}, fas {run.number}, version 1.pdf"


def test_a_copy_made_elsewhere_was_neither_ordered_nor_made(people, case):
    client = signed_in(people.per)
    paper = ordered(client, case, "need_description")
    page = reverse("paper", args=[case.number, paper.pk])
    assert 'class="progress"' in client.get(page).text

    copy = SimpleUploadedFile("behov.txt", "Påskrivet".encode())
    client.post(address(case, "need_description", "paper_copy"), {"file": copy})

    assert 'class="progress"' not in client.get(page).text


def test_a_signed_copy_is_filed_beside_what_it_is_a_copy_of(people, case):
    client = signed_in(people.per)
    there = address(case, "need_description", "paper_copy")
    assert "is_signed_copy" not in client.get(there).text
    paper = ordered(client, case, "need_description")
    for message in Message.objects.waiting():
        carry_out_one(message.pk)

    assert "is_signed_copy" in client.get(there).text
    copy = SimpleUploadedFile("behov.txt", "Påskrivet".encode())
    client.post(there, {"file": copy, "is_signed_copy": "on"})

    first, second = paper.document.revisions.order_by("number")
    assert (second.number, second.is_signed_copy) == (2, True)
    assert answer(first.code) is Answer.NEWEST
    shown = client.get(reverse("paper", args=[case.number, paper.pk]), {"lang": "en"})
    assert "Signed copy" in shown.text
    # What it is called is Swedish in a page in English too.
    assert f'<h2 lang="sv">{paper.document.title}</h2>' in shown.text
    assert "signed copy" in client.get(reverse("case_history", args=[case.number])).text
    # Another text is newer than both.
    other = SimpleUploadedFile("nytt.txt", b"Ny text")
    client.post(there, {"file": other})
    assert answer(first.code) is Answer.SUPERSEDED
    assert "is_signed_copy" not in client.get(there).text


@pytest.mark.parametrize("is_made", [True, False])
def test_what_is_signed_is_not_filed_as_a_copy_of_a_version_that_came_meanwhile(
    people, case, is_made
):
    per, nora = signed_in(people.per), signed_in(people.nora)
    there = address(case, "need_description", "paper_copy")
    paper = ordered(per, case)
    make_all()
    # Also where it is filed beside the writing of the paper.
    for page in (address(case, "need_description"), there):
        assert '<input type="hidden" name="was" value="1"' in nora.get(page).text
    ordered(per, case, fill_words="Andra ord")
    if is_made:
        make_all()

    refused = nora.post(there, signed_copy() | {"was": "1", "is_signed_copy": "on"})

    form = refused.context["form"]
    assert (refused.status_code, list(form.errors)) == (422, ["is_signed_copy"])
    assert "Version 2" in form.errors["is_signed_copy"][0]
    assert (form["was"].value(), form["is_signed_copy"].value()) == ("2", False)
    assert paper.document.revisions.count() == 2
    assert StoredFile.objects.filter(name="behov.txt").count() == 0
    # Ticked again it is meant, of a version that is there.
    again = nora.post(there, signed_copy() | {"was": "2", "is_signed_copy": "on"})
    if is_made:
        assert paper.document.revisions.get(number=3).is_signed_copy
    else:
        assert list(again.context["form"].errors) == ["is_signed_copy"]
        assert paper.document.revisions.count() == 2
        # Without it, it is a newer text.
        nora.post(there, signed_copy() | {"was": "2"})
        assert not paper.document.revisions.get(number=3).is_signed_copy


def test_two_who_sign_the_same_version_each_file_their_copy(people, case):
    per = signed_in(people.per)
    there = address(case, "need_description", "paper_copy")
    paper = ordered(per, case)
    make_all()
    for signer in (b"Per", b"Nora"):
        copy = SimpleUploadedFile("behov.txt", signer)
        per.post(there, {"file": copy, "was": "1", "is_signed_copy": "on"})

    told = paper.document.revisions.order_by("number").values_list("number", "is_signed_copy")
    assert list(told) == [(1, False), (2, True), (3, True)]


def test_a_file_that_is_not_what_its_name_says_is_refused_in_the_page(people, case):
    copy = SimpleUploadedFile("beslut.pdf", b"MZ this is no pdf")
    response = signed_in(people.per).post(
        address(case, "need_description", "paper_copy"), {"file": copy}
    )

    assert response.status_code == 422
    assert "file" in response.context["form"].errors
    assert PhaseDocument.objects.count() == 0


def test_the_page_of_a_ready_paper_leads_to_where_its_signed_copy_is_filed(people, case):
    per = signed_in(people.per)
    paper = ordered(per, case)
    page = reverse("paper", args=[case.number, paper.pk])
    there = address(case, "need_description", "paper_copy")
    assert f'href="{there}' not in per.get(page).content.decode()

    make_all()
    ready = per.get(page)
    link = ready.context["signed_copy_url"]
    assert f'href="{link}"' in ready.content.decode()
    assert link.startswith(there)
    assert "is_signed_copy" in per.get(link).context["form"].fields
    assert f'href="{there}' not in signed_in(people.lena).get(page).content.decode()

    per.post(there, {"file": SimpleUploadedFile("annat.txt", b"Annat")})
    assert per.get(page).context["signed_copy_url"] == ""


def test_a_paper_to_a_supplier_asks_which(people, case):
    html = signed_in(people.per).get(address(case, "order")).content.decode()

    assert "Exempelföretaget Ask" in html


def test_where_a_supplier_is_chosen_it_is_told_who_has_the_paper_already(people, case):
    per, there = signed_in(people.per), address(case, "order")
    ask = case.participants.get()
    assert per.get(there).context["suppliers"] == [(ask, None)]

    ordered(per, case, "order", supplier=str(ask.pk))

    assert per.get(there).context["suppliers"] == [(ask, 1)]
    assert "Version 1" in per.get(there).content.decode()


def test_where_a_supplier_is_chosen_the_case_is_shown_as_on_its_other_pages(people, case):
    per = signed_in(people.per)
    choosing = per.get(address(case, "order")).context
    papers = per.get(reverse("case_papers", args=[case.number])).context

    assert choosing["facts"] == papers["facts"]
    assert choosing["tabs"] == papers["tabs"]


def test_inside_the_window_secret_papers_do_not_exist_for_others(people, case):
    paper = ordered(signed_in(people.per), case, "phase_decision")
    nora = signed_in(people.nora)

    assert nora.get(reverse("paper", args=[case.number, paper.pk])).status_code == 404
    assert nora.get(address(case, "phase_decision")).status_code == 404
    assert nora.get(address(case, "order")).status_code == 404
    listed = nora.get(reverse("case_papers", args=[case.number])).content.decode()
    assert paper.document.title not in listed


def test_a_paper_that_names_suppliers_in_one_language_is_secret_in_all(people, case):
    template = DocumentTemplate.objects.get(edition=case.edition, serves="need_description")
    english = TextSet.objects.get(edition=case.edition, language="en")
    english.texts[template.path]["body"] += SUPPLIERS
    with guards.lifted():
        TextSet.objects.filter(pk=english.pk).update(texts=english.texts, hash="0" * 64)
    place = address(case, "need_description")
    left_out = signed_in(people.nora)

    assert left_out.get(f"{place}?language=en").status_code == 404
    assert left_out.post(place, {"language": "en", "fill_words": "Ord"}).status_code == 404
    assert place not in left_out.get(reverse("case_papers", args=[case.number])).content.decode()
    paper = ordered(signed_in(people.per), case)
    assert paper.document.revisions.get().language == "sv"
    for who in (people.nora, people.lena):
        page = signed_in(who).get(reverse("paper", args=[case.number, paper.pk]))
        assert page.status_code == 404


def test_an_observer_reads_papers_but_orders_none(people, case):
    paper = ordered(signed_in(people.per), case)
    lena = signed_in(people.lena)

    assert lena.get(reverse("paper", args=[case.number, paper.pk])).status_code == 200
    assert lena.get(address(case, "need_description")).status_code == 403


def test_a_history_tells_its_reader_only_what_its_orderer_could_read(people, case):
    signed_in(people.per).post(reverse("history_paper", args=[case.number]))
    paper = PhaseDocument.objects.get()
    lena = signed_in(people.lena)

    assert lena.get(reverse("paper", args=[case.number, paper.pk])).status_code == 404
    lena.post(reverse("history_paper", args=[case.number]))
    html = lena.get(reverse("paper", args=[case.number, paper.pk])).content.decode()
    assert people.lena.name in html
    assert people.per.name not in html.split('id="status"')[1]
    own = paper.document.revisions.get(ordered_by=people.lena)
    assert "Ask" not in str(own.data)


def test_the_list_reads_the_latest_version_of_each_paper_and_ones_own_of_the_history(people, case):
    per, lena = signed_in(people.per), signed_in(people.lena)
    for words in ("Ett", "Två", "Tre"):
        paper = ordered(per, case, fill_words=words)
    for reader in (lena, per):
        reader.post(reverse("history_paper", args=[case.number]))

    page = lena.get(reverse("case_papers", args=[case.number]))

    [shown] = [
        rows for group in page.context["groups"] for one, rows in group["papers"] if one == paper
    ]
    assert [revision.number for revision in shown] == [3]
    [(_history, own)] = page.context["history"]
    assert [revision.ordered_by for revision in own] == [people.lena]


def test_ones_own_histories_are_not_read_one_by_one(people, case):
    lena = signed_in(people.lena)
    readers = [signed_in(people.per), lena]

    def order() -> None:
        for reader in readers:
            reader.post(reverse("history_paper", args=[case.number]))

    def asked(page: str) -> int:
        lena.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert lena.get(page).status_code == 200
        return len(queries)

    order()
    paper = PhaseDocument.objects.get()
    one = reverse("paper", args=[case.number, paper.pk])
    every = reverse("case_papers", args=[case.number])
    with_one = [asked(one), asked(every)]
    order()
    order()

    assert paper.document.revisions.filter(ordered_by=people.lena).count() == 3
    assert [asked(one), asked(every)] == with_one


def test_ones_own_history_is_closed_with_the_role_that_let_one_read_it(people, case):
    per = signed_in(people.per)
    per.post(reverse("history_paper", args=[case.number]))
    paper = PhaseDocument.objects.get()
    assert "Ask" in str(paper.document.revisions.get().data)
    page = reverse("paper", args=[case.number, paper.pk])
    assert per.get(page).status_code == 200

    held = CaseRole.objects.filter(case=case, user=people.per)
    with guards.lifted():
        held.exclude(role="owner").delete()
        held.update(role="observer")
    assert per.get(page).status_code == 404
    # Ordered anew it tells what he may read now.
    per.post(reverse("history_paper", args=[case.number]))
    assert per.get(page).status_code == 200
    assert "Ask" not in str(paper.document.revisions.newest_first().first().data)


def test_a_paper_that_the_team_writes_for_itself_is_not_for_who_has_not_promised_secrecy(
    people, time_machine
):
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"process_leader": people.lena},
        edition=an_edition(papers=["mandate"]),
    )
    role = CaseRole.objects.filter(case=case, user=people.lena)
    role.update(is_engagement=True)
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    paper = ordered(signed_in(people.per), case, "mandate")
    assert not paper.is_secret
    link = reverse("paper", args=[case.number, paper.pk])
    prepare = address(case, "mandate")
    lists = [reverse("case_papers", args=[case.number]), case.get_absolute_url(), "/"]
    lena = signed_in(people.lena)

    told = "".join(lena.get(page).content.decode() for page in lists)
    assert "Papper mandate" not in told
    assert {link, prepare} & set(told.split('"')) == set()
    assert [lena.get(page).status_code for page in (link, prepare)] == [404, 404]
    assert lena.get(address(case, "mandate", "paper_copy")).status_code == 404
    assert lena.get(address(case, "need_description")).status_code == 200

    role.update(undertaking_on=at_start_of(case).date(), interests="Inga.")
    assert [lena.get(page).status_code for page in (link, prepare)] == [200, 200]
    assert "Papper mandate" in lena.get(lists[0]).content.decode()


def test_the_page_of_a_paper_asks_at_most_twelve_times(people, case, django_assert_max_num_queries):
    client = signed_in(people.per)
    paper = ordered(client, case)
    for url in (
        reverse("paper", args=[case.number, paper.pk]),
        reverse("case_papers", args=[case.number]),
        address(case, "need_description"),
    ):
        client.get(url)
        with django_assert_max_num_queries(12):
            client.get(url)


def test_the_paper_of_a_decision_to_repeat_is_written_for_the_run_it_ended(
    people, case, time_machine
):
    at = at_start_of(case)
    template = DocumentTemplate.objects.get(edition=case.edition, serves="phase_decision")
    first = case.current_phase
    case = passed_gate(case, by=people.per, at=at, outcome="repeat", reasons="En gång till.")
    time_machine.move_to(at + timedelta(days=3), tick=False)
    client = signed_in(people.per)
    listed = client.get(reverse("case_papers", args=[case.number])).content.decode()
    earlier = (
        f"{reverse('paper_prepare', args=[case.number, first.phase.key, template.key])}?attempt=1"
    )
    assert earlier in listed
    assert "omgång 1" in listed

    client.post(earlier, {"language": "sv", "fill_words": "Ord", "act": "order"})

    paper = PhaseDocument.objects.get(template=template)
    assert paper.case_phase == first
    again = client.get(reverse("paper", args=[case.number, paper.pk])).content.decode()
    assert earlier in again
    assert client.get(earlier.replace("=1", "=9")).status_code == 404


def test_another_language_has_its_own_passages(people, case):
    client, url = signed_in(people.per), address(case, "need_description")
    shown = client.get(url).context["form"]["passage_greeting"].value()
    typed = {"shown_in": "sv", "language": "en", "fill_words": "Ord"}
    in_english = f"{shown} (en)"

    page = client.post(url, typed | {"passage_greeting": shown, "act": "preview"})
    assert page.context["form"]["passage_greeting"].value() == in_english
    assert page.context["shown_in"] == "en"
    client.post(url, typed | {"passage_greeting": shown, "act": "order"})

    revision = PhaseDocument.objects.get().document.revisions.get()
    assert (revision.language, revision.passages) == ("en", {})


def test_the_questions_of_a_paper_say_which_language_they_are_in(people, case):
    client, url = signed_in(people.per), address(case, "need_description")

    same = client.get(f"{url}?language=sv").content.decode()
    other = client.get(f"{url}?language=en").content.decode()

    assert '<span lang="' not in same
    assert '<label class="ds-label" for="id_fill_words"><span lang="en">' in other
    for name in ("fill_words", "passage_greeting"):
        assert re.search(rf'<[^>]*name="{name}"[^>]* lang="en"', other)
        assert not re.search(rf'<[^>]*name="{name}"[^>]* lang=', same)


def test_a_rewritten_passage_goes_along_to_another_language_once(people, case):
    client, url = signed_in(people.per), address(case, "need_description")
    rewritten = {"shown_in": "sv", "language": "sv", "passage_greeting": "Hej alla"}
    client.post(url, rewritten | {"fill_words": "Ord", "act": "save"})
    assert PhaseDocument.objects.get().passages == {"sv": {"greeting": "Hej alla"}}

    page = client.get(f"{url}?language=en")
    assert page.context["form"]["passage_greeting"].value().endswith("(en)")
    # Saved in Swedish and seen there: English has words of its own.
    started = client.get(url).context["started_from"]
    told = rewritten | {"language": "en", "started_from": started, "fill_words": "Ord"}
    page = client.post(url, told | {"act": "preview"})
    assert page.context["form"]["passage_greeting"].value().endswith("(en)")
    # Typed just now, it is what the person wants.
    page = client.post(url, told | {"passage_greeting": "Hello all", "act": "save"})
    assert page.headers["Location"].endswith("?language=en")
    kept = {"sv": {"greeting": "Hej alla"}, "en": {"greeting": "Hello all"}}
    assert PhaseDocument.objects.get().passages == kept


def corrected(case: Case, words: str) -> None:
    """An erratum in the title of the phase, which the passage of the papers tells."""
    first = case.edition.text_sets.get(language="sv")
    path = case.current_phase.phase.path
    TextSet.objects.create(
        edition=case.edition, language="sv", number=2, state="published", hash="corrected",
        texts=first.texts | {path: first.texts[path] | {"title": words}},
        corrected_at=MONDAY, section=path, reason="Fel ord.",
    )  # fmt: skip


def test_a_passage_left_alone_follows_the_template_that_is_corrected_meanwhile(people, case):
    client, url = signed_in(people.per), address(case, "need_description")
    form = client.get(url).context["form"]
    sent = dict(form.own_words) | {"passage_greeting": form["passage_greeting"].value()}
    sent |= {"language": "sv", "shown_in": "sv", "fill_words": "Ord"}
    assert sent["initial-passage_greeting"] == sent["passage_greeting"] == "Del 1"
    corrected(case, "Rättad del")

    page = client.post(url, sent | {"act": "preview"})
    assert page.context["form"]["passage_greeting"].value() == "Rättad del"
    assert 'name="initial-passage_greeting" value="Rättad del"' in page.content.decode()
    client.post(url, sent | {"act": "order"})
    client.post(url, sent | {"passage_greeting": "Hej alla", "act": "draft"})

    paper = PhaseDocument.objects.get()
    newest, first = paper.document.revisions.newest_first()
    assert (first.passages, newest.passages) == ({}, {"greeting": "Hej alla"})
    assert "Rättad del" in str(first.data)


def test_a_passage_left_alone_follows_the_template_into_another_language_too(people, case):
    client, url = signed_in(people.per), address(case, "need_description")
    sent = dict(client.get(url).context["form"].own_words) | {"passage_greeting": "Del 1"}
    corrected(case, "Rättad del")

    typed = {"shown_in": "sv", "language": "en", "fill_words": "Ord", "act": "order"}
    client.post(url, sent | typed)

    assert PhaseDocument.objects.get().passages == {"en": {}}


def test_of_two_who_fill_in_the_same_paper_the_second_sees_both_texts(people, case, time_machine):
    url = address(case, "need_description")
    per, lena = signed_in(people.per), signed_in(people.per)
    begun = {"language": "sv", "shown_in": "sv", "started_from": "", "act": "save"}
    assert per.get(url).context["started_from"] == ""
    per.post(url, begun | {"fill_words": "Tre sidor text"})
    time_machine.shift(60)

    page = lena.post(url, begun | {"fill_words": "Ett ord"})

    assert page.status_code == 422
    assert PhaseDocument.objects.get().fill == {"words": "Tre sidor text"}
    html = page.content.decode()
    assert "Tre sidor text" in re.sub("</?(del|ins)>", "", html)
    assert page.context["form"]["fill_words"].value() == "Ett ord"
    # She has seen both: the next press is meant.
    meant = begun | {"fill_words": "Ett ord", "started_from": page.context["started_from"]}
    assert lena.post(url, meant).status_code == 302
    assert PhaseDocument.objects.get().fill == {"words": "Ett ord"}


def test_what_is_filled_in_has_one_name_on_the_device_in_each_language_of_the_page(people, case):
    client, url = signed_in(people.per), address(case, "need_description")

    kept = [
        re.findall(r'data-keep="([^"]*)"', client.get(url + more).content.decode())
        for more in ("", "?attempt=1", "?attempt=1&lang=en")
    ]

    assert kept == [["1"], ["1"], ["1"]]


def test_the_preview_adds_no_heading_above_its_own(case, people):
    page = signed_in(people.per).get(address(case, "need_description")).text

    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
    assert levels.count(1) == 1
    _before, preview = page.split('id="preview-h"')
    preview, _after = preview.split('class="paper__foot"')
    assert min(int(level) for level in re.findall(r"<h([1-6])\b", preview)) == 4
