import pytest
from liquid import BoundTemplate

from documents import liquid
from documents.refusals import LiquidRefused


def refusal(text, data=None):
    with pytest.raises(LiquidRefused) as caught:
        liquid.render(text, data if data is not None else {"need": {"title": "x"}})
    return caught.value


def test_a_template_is_read_once_for_its_text():
    assert isinstance(liquid.compile("{{ a }}"), BoundTemplate)
    assert liquid.compile("{{ a }}") is liquid.compile("{{ a }}")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a\n{{ need.title", "template", 2),
        ("{% if need.title %}", "template", 1),
        ("a\n{% if need.title %}\nb\n{% if need.title %}{% endif %}\n", "template", 2),
        ("{% if need.title %}\n{%- for a in need.items -%}\nb{% endif %}", "template", 3),
        ("\n\n{% include '../../config/settings.py' %}", "template", 3),
        ("{% render 'secret' %}", "template", 1),
        ("{% capture x %}{% endcapture %}", "template", 1),
        ("{% liquid echo need.title %}", "template", 1),
        ("{% tablerow a in (1..3) %}{% endtablerow %}", "template", 1),
        ("a\n{{ need.title | safe }}", "filter", 2),
        ("a\n{% if false %}\n{{ need.title | base64_decode }}{% endif %}", "filter", 3),
        ("{{ case.__class__.__mro__ }}", "field", 1),
        ("{{ need.__class__ }}", "field", 1),
        ("a\n{{ settings.SECRET_KEY }}", "field", 2),
        ("{{ need.title.upper }}", "field", 1),
    ],
)
def test_hostile_and_wrong_templates_are_refused_with_their_line(text, code, line):
    error = refusal(text)

    assert (error.code, error.line) == (code, line)
    assert error.messages[0]


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in (1..100000000) %}{% for b in (1..100000000) %}x{% endfor %}{% endfor %}",
        "{% for a in (1..40000) %}" + "x" * 1000 + "{% endfor %}",
        "{% for a in (1..100) %}{% endfor %}" * 1000,
        "{% if true %}" * 200 + "{% endif %}" * 200,
        "x" * 600_000,
    ],
)
def test_what_would_never_end_or_grow_too_large_is_refused(text):
    assert refusal(text).code == "limit"


@pytest.mark.parametrize(
    "opened", ["{{", "{% a ", "{{ a\n", "{% raw %}", "{%-  raw -%}{{ a }}", "{% doc %}"]
)
def test_what_is_opened_again_and_again_and_never_closed_is_refused(opened):
    error = refusal("a\n{% comment %}" + opened * 5000 + "{% endcomment %}")

    assert (error.code, error.line) == ("template", 2)
    assert refusal("a\n" + opened * 5000).code == "template"


def test_a_template_may_speak_of_marks():
    said = "{% comment %}{{ a }} is a mark{% endcomment %}{% raw %}{{ a }}{% endraw %}"

    assert liquid.render(said * 3, {}) == "{{ a }}" * 3


@pytest.mark.parametrize("name", ["join", "first", "last", "size"])
def test_a_range_is_looped_over_and_nothing_else(name):
    error = refusal(f"a\n{{{{ (1..9000000) | {name} }}}}")

    assert (error.code, error.line) == ("template", 2)
    for text in (
        "{% assign a = (1..9000000) %}{{ a | join: 'x' | size }}",
        "{% if false %}{% if (1..9000000000) contains 'x' %}{% endif %}{% endif %}",
        "{% for a in (1..3) %}{{ 'x' | default: (1..9000000) }}{% endfor %}",
        "{% case 'x' %}{% when (1..9000000000) %}{% endcase %}",
        "{% for a in (1..90000000) reversed %}x{% endfor %}",
        "{% for a in (1..90000000000) limit: 1 offset: 89999999999 %}x{% endfor %}",
        "{% for a in (1..90000000000) limit: 1 offset: continue %}x{% endfor %}",
    ):
        assert refusal(text).code == "template", text
    assert liquid.render("{% for a in (1..3) %}{{ a }}{% endfor %}", {}) == "123"
    for part, shown in (("reversed", "cba"), ("offset: 1", "bc")):
        text = f"{{% for a in rows {part} %}}{{{{ a }}}}{{% endfor %}}"
        assert liquid.render(text, {"rows": list("abc")}) == shown


def test_values_are_escaped_also_through_filters():
    data = {"a": "<b>\n&", "list": ["<i>", "b"]}

    assert liquid.render("{{ a }}", data) == "&lt;b&gt;\n&amp;"
    assert liquid.render("{{ a | newline_to_br }}", data) == "&lt;b&gt;<br />\n&amp;"
    assert liquid.render("{{ list | join: ', ' }}", data) == "&lt;i&gt;, b"
    assert liquid.render("{{ a | upcase | strip }}", data) == "&lt;B&gt;\n&amp;"


def test_liquid_in_a_value_stays_as_it_was_written():
    text = "Skriv {{ supplier.name }} och {% if true %}så{% endif %}"

    assert liquid.render("{{ a }}", {"a": text}) == text


def test_names_sees_every_branch_loop_and_alias():
    text = """{% if case.open %}{{ case.title }}{% elsif need.kind == "x" %}{{ need.title }}
    {% else %}{{ hidden.one | upcase }}{% endif %}
    {% for s in suppliers %}{{ s.name }}{{ forloop.index }}{% for t in s.tags %}{{ t }}{% endfor %}
    {% else %}{{ lacking.text }}{% endfor %}
    {% assign g = gate.basis %}{{ g.first }}{% unless p %}{{ q }}{% endunless %}
    {% case phase.kind %}{% when "a" %}{{ w }}{% endcase %}"""

    assert liquid.names(text) == {
        "case.open",
        "case.title",
        "need.kind",
        "need.title",
        "hidden.one",
        "suppliers",
        "suppliers[].name",
        "suppliers[].tags",
        "suppliers[].tags[]",
        "lacking.text",
        "gate.basis",
        "gate.basis.first",
        "p",
        "q",
        "phase.kind",
        "w",
    }


def test_names_are_found_with_their_line():
    assert liquid.lines_of_names("{{ a }}\n{% if false %}\n{{ b.c }}{% endif %}") == {
        "a": 1,
        "b.c": 3,
    }
