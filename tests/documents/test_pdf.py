import hashlib
import io
import re
import shutil
import sys
from collections import Counter
from itertools import pairwise

import pytest
from cssselect2 import ElementWrapper
from django.utils import translation
from pypdf import PdfReader
from weasyprint import HTML

from documents import pdf
from documents.refusals import RefusedTemplate, TooManyPages
from documents.source import Source
from tests.documents.papers import DATA, FRAME, GIVEN, TEMPLATE, a_source
from tests.documents.tagtree import tags, wrong_with

TRACK = '<svg viewBox="0 0 10 10"><title>Sju faser</title><path d="M0 0h10" stroke="#000"/></svg>'


def read(content):
    return PdfReader(io.BytesIO(content))


def text_of(content):
    return "\n".join(page.extract_text() for page in read(content).pages)


@pytest.fixture(scope="module")
def paper():
    frame = FRAME | {"kind": "Grindbeslut", "track_svg": TRACK}
    frame |= {"funnel": {"from": 7, "to": 3, "text": "Tre går vidare."}, "note": "Demodata."}
    source = a_source(
        frame=frame, edition_title="Handbok", edition_version="0.8", licence="CC BY 4.0"
    )
    return pdf.write(source, GIVEN)


def test_the_paper_is_tagged_titled_and_in_its_language(paper):
    document, _ = tags(paper)

    assert document.Root.MarkInfo.Marked
    assert str(document.Root.Lang) == "sv"
    assert document.Root.ViewerPreferences.DisplayDocTitle
    assert document.open_metadata()["pdfuaid:part"] == "1"
    assert read(paper).metadata.title == "Beslut – VON-2026-0118"
    assert read(paper).metadata.author == "Lindhaga kommun"


def test_headings_tables_lists_and_figures_are_in_the_tag_tree(paper):
    _, found = tags(paper)
    kinds = [kind for kind, _ in found]

    assert [kind for kind in kinds if kind.startswith("H")] == ["H1", "H2"]
    assert [kinds.count(kind) for kind in ("Table", "Caption", "TH")] == [1, 1, 3]
    headings = [str(node.ID) for kind, node in found if kind == "TH"]
    cells = [[str(name) for name in node.A.Headers] for kind, node in found if kind == "TD"]
    assert cells == [[headings[2], headings[1]]]


def test_a_term_and_what_is_said_of_it_are_one_item_of_a_list(paper):
    _, found = tags(paper)
    items = [[str(part.S) for part in node.K] for kind, node in found if kind == "LI"]

    assert items == [["/Lbl", "/LBody"]] * 2
    assert wrong_with(paper, "sv") == []


def test_a_line_of_an_item_is_no_item_of_its_own():
    columns = [{"number": 1, "title": "Behov", "words": "7 → 3", "is_focus": True}]
    source = a_source(frame=FRAME | {"track_svg": TRACK, "track_columns": columns})

    content = pdf.write(source, GIVEN)

    assert wrong_with(content, "sv") == []


def test_every_figure_has_words(paper):
    _, found = tags(paper)
    with translation.override("sv"):
        logo, arrow = translation.gettext("Logo"), pdf.arrow_word()

    figures = [str(node.get("/Alt", "")) for kind, node in found if kind == "Figure"]

    assert figures == [logo, "Sju faser", arrow]


def test_the_frame_says_what_it_must(paper):
    text = " ".join(text_of(paper).split())

    assert "Beslut: Upplev min verklighet" in text
    assert "Tre går vidare." in text
    assert "7Q2MZ-8R4K1-W9X3T-5B6VH" in text
    assert "CC BY 4.0" in text
    assert "Demodata." in text
    assert "→" not in text


def test_the_columns_of_a_track_are_equally_wide_whatever_the_phases_are_called():
    titles = ["Innovationsupphandlingsförberedelse", "Implementering", "Nästa"] * 5
    columns = [
        {"number": f"{number}:", "title": title, "words": "", "is_focus": False}
        for number, title in enumerate(titles[:14])
    ]
    source = a_source(frame=FRAME | {"track_svg": TRACK, "track_columns": columns})
    starts: dict[str, float] = {}

    def note_where(text, page, matrix, _font, _size):
        if found := re.match(r"(\d+):", text.strip()):
            starts[found[1]] = page[0] * matrix[4]

    read(pdf.write(source, GIVEN)).pages[0].extract_text(visitor_text=note_where)

    across = list(starts.values())
    widths = {round(later - one, 1) for one, later in pairwise(across)}
    assert len(across) == 14
    assert widths == {round(170 * 72 / 25.4 / 14, 1)}


def test_a_long_name_of_a_phase_is_whole_under_a_track_of_eight():
    columns = [
        {
            "number": str(number),
            "title": "Implementation",
            "words": "7 suppliers",
            "is_focus": False,
        }
        for number in range(8)
    ]
    frame = FRAME | {"track_svg": TRACK, "track_columns": columns}

    text = read(pdf.write(a_source(language="en", frame=frame), GIVEN)).pages[0].extract_text()

    assert text.count("Implementation") == 8
    assert text.count("7 suppliers") == 8


@pytest.mark.slow
@pytest.mark.parametrize("language", ["sv", "en"])
def test_page_numbers_and_running_head_speak_the_papers_language(language):
    suppliers = [{"name": f"L{n}", "state": "x"} for n in range(60)]
    data = DATA | {"suppliers": suppliers}
    frame = FRAME | {"kind": "Grindbeslut"}

    with translation.override("en" if language == "sv" else "sv"):
        made = pdf.write(a_source(language=language, data=data, frame=frame), GIVEN)

    pages = [page.extract_text() for page in read(made).pages]
    with translation.override(language):
        page, of = pdf.page_words()
    assert len(pages) == 3
    for number, text in enumerate(pages, 1):
        assert f"{page} {number} {of} 3" in text
    head = "Grindbeslut VON-2026-0118"
    assert [head in text for text in pages] == [False, True, True]


def test_a_draft_says_so_and_shows_no_code():
    with translation.override("sv"):
        draft, in_version = pdf.draft_word(), a_source(draft=True).shown_version(GIVEN)

    text = text_of(pdf.write(a_source(draft=True), GIVEN))

    assert in_version in text
    assert draft
    assert "7Q2MZ" not in text


def test_only_shipped_faces_are_embedded():
    embedded = embedded_for("Łódź Ğ Привет Ελλάδα שלום مرحبا 👩🏽‍⚕️ 漢字 → ←")
    families = {font["family"].replace(" ", "-") for font in pdf.shipped_fonts()}
    weights = ("-Medium", "-Semi-Bold", "-Bold", "-Italic", ",", "-Semi-Bold-Italic")
    allowed = families | {family + weight for family in families for weight in weights}

    assert embedded
    assert embedded - allowed == set()


@pytest.mark.parametrize(
    ("typed", "face"), [("≥ 80 % ✓ ☐ ★ ‰", "DejaVu-Sans"), ("👍 👩🏽‍⚕️ 🇸🇪", "Noto-Emoji")]
)
def test_a_sign_that_a_person_types_is_drawn_and_needs_no_face_else(typed, face):
    assert face in embedded_for(typed)
    assert face not in embedded_for("Å ä ö é – 25 000 kr, 19 § 2 st. → ½ m² 5 × 3 °C €")


def embedded_for(reasons: str) -> set[str]:
    """The faces that a paper with these words carries."""
    made = pdf.write(a_source(data=DATA | {"gate": {"reasons": reasons}}), GIVEN)
    return {
        font.get_object()["/BaseFont"].split("+")[-1]
        for page in read(made).pages
        for font in page["/Resources"]["/Font"].values()
    }


def test_the_shipped_faces_are_those_of_the_manifest():
    fonts = pdf.shipped_fonts()
    folder = pdf.PAPER / "fonts"

    assert {font["file"] for font in fonts} == {path.name for path in folder.glob("*.woff")}
    for font in fonts:
        content = (folder / font["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == font["sha256"]
        assert (folder / font["licence_file"]).exists()


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_no_paper_is_made_when_a_face_is_not_there(tmp_path, monkeypatch, how):
    """It would be kept and sealed with other letters, or with boxes for some of them."""
    copy = shutil.copytree(pdf.PAPER, tmp_path / "paper")
    face = copy / "fonts" / pdf.shipped_fonts()[-1]["file"]
    if how == "missing":
        face.unlink()
    else:
        face.write_bytes(b"half of it")
    monkeypatch.setattr(pdf, "PAPER", copy)
    pdf.let_go_of_fonts()

    with pytest.raises(RuntimeError, match=f"{face.name} is missing or damaged"):
        pdf.write(a_source(), GIVEN)

    # Nothing of it is remembered.
    monkeypatch.undo()
    assert pdf.write(a_source(), GIVEN)


def test_the_same_source_makes_the_same_bytes(paper):
    assert pdf.write(a_source(), GIVEN) == pdf.write(a_source(), GIVEN)


OUTSIDE = [
    "http://ond.example/x",
    "https://ond.example/x",
    "file:///etc/passwd",
    "data:image/png;base64,iVBORw0KGgo=",
    "../../config/settings.py",
    "/etc/passwd",
    "upptakt:font/../manifest.json",
    "upptakt:font/unknown.woff",
    "ftp://ond.example/x",
]


@pytest.mark.parametrize("address", OUTSIDE)
@pytest.mark.parametrize(
    "markup",
    [
        '<img src="{}" alt="x">',
        '<link rel="stylesheet" href="{}">',
        '<link rel="attachment" href="{}">',
        "<style>@import url({});</style>",
        '<p style="background:url({})">x</p>',
        "<style>@font-face{{font-family:x;src:url({})}} p{{font-family:x}}</style><p>x</p>",
        '<object data="{}"></object>',
        '<svg viewBox="0 0 9 9"><image href="{}" width="9" height="9"/></svg>',
    ],
)
def test_nothing_outside_the_manifest_is_reached_for(address, markup):
    frame = pdf.frame_of(a_source(), GIVEN)

    with pytest.raises(RefusedTemplate) as refusal:
        pdf.make_html(markup.format(address), frame)

    assert refusal.value.code == "reaches_out"


def test_a_paper_that_is_too_long_is_refused_with_its_length(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    suppliers = [{"name": f"L{n}", "state": "x"} for n in range(60)]

    with pytest.raises(TooManyPages) as refusal:
        pdf.write(a_source(data=DATA | {"suppliers": suppliers}), GIVEN)

    assert refusal.value.details == {"pages": 3, "most": 2}


def test_what_happened_may_be_longer_than_a_paper(monkeypatch):
    monkeypatch.setattr(pdf, "MOST_PAGES", 2)
    happened = "<p>Så var det.</p>" * 200
    source = a_source("<h1>{{ title }}</h1>" + happened, kind="system", data={"title": "Historik"})

    assert pdf.make(source, GIVEN).pages > 2
    assert pdf.made_with(pdf.look_of("system"))["pages_at_most"] == "600"


def test_a_paper_of_the_system_itself_has_the_same_frame():
    source = a_source("<h1>{{ title }}</h1>", kind="system", data={"title": "<Historik>"})

    text = text_of(pdf.write(source, GIVEN))

    assert "<Historik>" in text
    assert "7Q2MZ" in text


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_history_of_a_case_is_a_paper(language):
    event = {"at": "2026-10-09T08:00:00+00:00", "by": "Lena Exempel", "sentence": "Gjorde <det>"}
    data = {"title": "Historik", "case": "Vårt ärende", "reference": "1042", "events": [event] * 3}
    source = Source(
        kind="system",
        template_name="documents/history.html",
        language=language,
        data=data,
        frame=FRAME,
    )

    made = pdf.write(source, GIVEN)

    text = " ".join(text_of(made).split())
    assert text.count("Gjorde <det>") == 3
    assert "10" in text
    assert "Vårt ärende" in text
    assert source.template_text.startswith("{% load")


def test_what_made_the_paper_is_named():
    assert {"weasyprint", "pango", "fonts", "nh3", "python-liquid", "sheet"} <= set(pdf.made_with())


def test_the_edition_is_named_once_with_its_licence_and_its_origin():
    licence = "Handbok i Demand Acceleration, utgåva 0.8. Licens CC BY 4.0."
    origin = "Detta är inte den officiella handboken."
    source = a_source(
        edition_title="Handbok",
        edition_version="0.8",
        licence=licence,
        frame=FRAME | {"origin": origin},
    )

    foot = " ".join(text_of(pdf.write(source, GIVEN)).split())

    assert foot.count(f"Metodtext: {licence}") == 1
    assert foot.count("0.8") == 1
    assert origin in foot


def test_a_long_word_in_the_title_is_hyphenated_and_others_are_not():
    word = "Dokumenthanteringssystemsupphandlingsunderlaget"
    text = TEMPLATE.replace("Beslut: {{ case.title }}", f"Upphandlingsdokument {word}")

    found = text_of(pdf.write(a_source(text), GIVEN))

    assert "Upphandlingsdokument" in found
    assert word not in found
    assert word in found.replace("-\n", "").replace("\u2010\n", "")


SIGNED = '<p class="signature"><span class="line">Namnteckning</span>Lena</p>'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "before"),
    [
        ("Granskning", "<h2>Granskning</h2><dl><div><dt>Jurist</dt><dd>Yasmin</dd></div></dl>"),
        ("Mandat", "<h2>Mandat</h2><p>Ett år.</p><dl><div><dt>Av</dt><dd>Lena</dd></div></dl>"),
        ("Gäller", "<p>Gäller när alla skrivit under.</p><section><h2>Underskrifter</h2>"),
    ],
)
def test_no_signature_stands_alone_on_a_page(first, before):
    end = "</section>" if "<section>" in before else ""

    lasts = set()
    for lines in range(22, 34):
        reasons = "<p>Skäl.</p>" * lines
        text = f"<article><h1>Beslut</h1>{reasons}{before}{SIGNED}{end}</article>"
        *_, last = read(pdf.write(a_source(text), GIVEN)).pages
        lasts.add(last.extract_text())

    assert any("Skäl." not in last for last in lasts)
    assert all(first in last for last in lasts)


@pytest.mark.slow
def test_a_greeting_takes_the_last_words_of_its_letter_along():
    lasts = set()
    for lines in range(22, 36):
        letter = f"<article><h1>Brev</h1>{'<p>Skäl.</p>' * lines}<p>Tack för ert arbete.</p>"
        end = '<p>Med vänlig hälsning</p><p class="signature">Lena<br>lena@lindhaga.example</p>'
        *_, last = read(pdf.write(a_source(f"{letter}{end}</article>"), GIVEN)).pages
        lasts.add(last.extract_text())

    assert any("Skäl." not in last for last in lasts)
    assert all("Tack för ert arbete." in last for last in lasts)


def calls_to_dress(rows: int) -> int:
    """How many calls it takes to find which rules of the sheet each element of a table follows."""
    page = f"<table><tbody>{'<tr><td>A</td><td>B</td></tr>' * rows}</tbody></table>"
    root = ElementWrapper.from_html_root(HTML(string=page).etree_element)
    calls, matcher = Counter(), pdf._style("sv", "paged.css").matcher
    sys.setprofile(lambda _frame, event, _given: calls.update([event]))
    try:
        for element in root.iter_subtree():
            matcher.match(element)
    finally:
        sys.setprofile(None)
    return calls["call"]


def test_a_row_is_dressed_as_quickly_in_a_table_of_thousands_as_in_one_of_few() -> None:
    assert calls_to_dress(400) < 5 * calls_to_dress(100)


def test_a_long_word_in_a_cell_is_divided_and_the_next_columns_stay_on_the_paper() -> None:
    """Its letters are the same to who copies them, and what stands for a sign is not divided."""
    name = "bilaga_2_kravspecifikation&amp;svar_slutversion_2026-11-30_undertecknad_" * 2 + "x.pdf"
    cells = f'<tr><td><a href="https://upp.example/{name}">{name}</a></td><td>Bifogad</td></tr>'
    heads = '<tr><th scope="col">Fil</th><th scope="col">Vad</th></tr>'
    table = f"<table><caption>Filer</caption><thead>{heads}</thead><tbody>{cells}</tbody></table>"
    found: dict[str, float] = {}
    [page] = read(
        pdf.write(a_source(template_text=f"<article><h1>Filer</h1>{table}</article>"), GIVEN)
    ).pages

    said = page.extract_text(
        visitor_text=lambda text, cm, tm, _font, _size: found.update({text.strip(): cm[0] * tm[4]})
    )

    assert name.replace("&amp;", "&") in said.replace("\n", "")
    assert 0 < found["Bifogad"] < float(page.mediabox.width) * 0.9


def test_long_words_beside_a_table_stay_within_their_own_column() -> None:
    number = "SAMHÄLLSBYGGNADSNÄMNDEN2026UPPHANDLING18"
    facts = f"<div><dt>Beteckning</dt><dd>{number}</dd></div><div><dt>Antal</dt><dd>7</dd></div>"
    body = f'<article><h1>Historik</h1><dl class="facts">{facts}</dl></article>'
    [page] = read(pdf.write(a_source(template_text=body), GIVEN)).pages

    assert number not in page.extract_text()
    assert number in page.extract_text().replace("\n", "")
