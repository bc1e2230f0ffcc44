import pytest

from documents import article
from documents.article import Passage
from documents.refusals import RefusedTemplate
from tests.documents.papers import DATA, GIVEN, TEMPLATE, a_source


def html(text, **more):
    return article.render_article(a_source(text, **more), GIVEN)


def test_the_article_keeps_what_templates_need():
    text = (
        '<article lang="sv" class="document x"><header><p class="sender">A</p></header>'
        '<aside class="legal"><p><strong>B</strong> <em>C</em><br>D</p></aside>'
        '<table><caption>E</caption><thead><tr><th scope="col">F</th></tr></thead>'
        '<tbody><tr><td colspan="2">G</td></tr></tbody></table>'
        '<dl class="facts"><div><dt>H</dt><dd>I</dd></div></dl>'
        '<a href="https://lindhaga.example/">J</a><footer><p>K</p></footer></article>'
    )

    assert html(text) == text.replace("document x", "document")


def test_what_was_not_in_the_source_is_given_to_the_template():
    made = html(TEMPLATE)

    assert "<dd>9&nbsp;oktober&nbsp;2026</dd>" in made
    assert "Version: 3, Lena Exempel" in made
    assert "Till juristen" not in made
    assert "Till juristen" in html(TEMPLATE, draft=True)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<p>a</p>\n<script>alert(1)</script>", "<script>"),
        ("<p>a</p>\n<img src='http://ond.example/x.png'>", "<img>"),
        ("<p>a</p>\n<link rel='stylesheet' href='x.css'>", "<link>"),
        ("<p>a</p>\n<style>@import url(//ond.example/x.css)</style>", "<style>"),
        ("<p>a</p>\n<p style='background:url(file:///etc/passwd)'>", "<p style>"),
        ("<p>a</p>\n<p onclick='x()'>", "<p onclick>"),
        ("<p>a</p>\n<svg onload='x()'></svg>", "<svg>"),
        ("<p>a</p>\n<iframe src='x'></iframe>", "<iframe>"),
        ("<p>a</p>\n{% if false %}<object data='x'></object>{% endif %}", "<object>"),
        ("{% if\n true %}<form>{% endif %}", "<form>"),
        ("a\n<td colspan='100000000'>", '<td colspan="100000000">'),
        ("a\n<th rowspan='51'>", '<th rowspan="51">'),
        ("a\n<!DOCTYPE html>", "<!DOCTYPE html>"),
        ("a\n<?xml version='1.0'?>", "<?xml version='1.0'?>"),
    ],
)
def test_what_no_paper_may_hold_is_refused_with_its_line(text, what):
    with pytest.raises(RefusedTemplate) as caught:
        html(text)

    assert caught.value.code == "refused"
    assert caught.value.details == {"line": 2, "what": what}


@pytest.mark.parametrize("value", ["100000000", "51", "0", "-1", "x", "²"])
def test_a_cell_that_its_data_lets_go_over_too_much_goes_over_nothing(value):
    text = '<table><tr><td colspan="{{ gate.reasons }}" rowspan="50">A</td></tr></table>'

    assert '<td rowspan="50">A</td>' in html(text, data={"gate": {"reasons": value}})


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert('hej')</script>",
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        "<style>@import url(//ond.example/x.css)</style>",
    ],
)
def test_markup_in_values_and_passages_is_text(value):
    data = DATA | {"gate": {"reasons": value}}

    for made in (html(TEMPLATE, data=data), html(TEMPLATE, passages={"why": value})):
        assert "<script" not in made
        assert "<img" not in made
        assert "<style" not in made
        assert "&lt;" in made


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//ond.example", "/x", "x"],
)
def test_a_link_goes_only_where_a_link_may(address):
    made = html('<p><a href="{{ case.title }}">l</a></p>', data={"case": {"title": address}})

    assert made == "<p><a>l</a></p>"


def test_tags_written_as_liquid_words_are_cleaned_away():
    assert html("<p>{{ '<script>alert(1)</script><b>x</b>' }}</p>") == "<p><b>x</b></p>"


def test_passages_are_listed_with_label_and_the_templates_own_words():
    text = """<article><h2>Bakgrund</h2><div data-passage="background"><p>Ett  <b>två</b></p>
    <p>Tre</p></div><p data-passage="why" data-label="Skäl">{{ gate.reasons | newline_to_br }}</p>
    </article>"""

    assert article.passages(text, DATA) == [
        Passage("background", "Bakgrund", "Ett två\n\nTre"),
        Passage("why", "Skäl", "Ett\nTvå"),
    ]


def test_a_rewritten_passage_takes_the_place_of_the_templates_words():
    text = (
        '<p data-passage="a">Ett</p><div data-passage="b"><p>Två</p></div>'
        '<table><tbody><tr><td data-passage="c">Tre</td></tr></tbody></table><p>Fyra</p>'
    )

    made = html(text, passages={"a": "x\ny", "b": "m\nn\n\no", "c": "{{ z }}", "unknown": "q"})

    assert made == (
        '<p data-passage="a">x<br>y</p><div data-passage="b"><p>m<br>n</p><p>o</p></div>'
        '<table><tbody><tr><td data-passage="c">{{ z }}</td></tr></tbody></table><p>Fyra</p>'
    )


def test_in_a_page_its_headings_begin_below_those_of_the_page():
    html = '<h1 lang="sv">Beslut</h1><h2>Skäl</h2><h4>Mer</h4><hr><header>&lt;h1&gt;</header>'

    assert article.headed_below(html, 3) == (
        '<h4 lang="sv">Beslut</h4><h5>Skäl</h5><h6>Mer</h6><hr><header>&lt;h1&gt;</header>'
    )
