"""Small papers for the tests of this app."""

from datetime import UTC, datetime
from typing import Any

from documents.models import Document
from documents.source import Given, Source
from teams.models import Organisation, User

AT = datetime(2026, 10, 9, 8, 0, tzinfo=UTC)
GIVEN = Given(AT, "3", "Lena Exempel", "7Q2MZ8R4K1W9X3T5B6VH")
TEMPLATE = """<article lang="sv" class="document">
<header><p class="sender">{{ organisation.name }}</p><h1>Beslut: {{ case.title }}</h1>
<dl class="facts"><div><dt>Datum</dt><dd>{{ document.date }}</dd></div></dl></header>
<h2>Skäl</h2>
<p data-passage="why" data-label="Skäl">{{ gate.reasons | newline_to_br }}</p>
<table><caption>Leverantörer</caption>
<thead><tr><th scope="col">Namn</th><th scope="col">Beslut</th></tr></thead><tbody>
{% for s in suppliers %}<tr><th scope="row">{{ s.name }}</th><td>{{ s.state }}</td></tr>{% endfor %}
</tbody></table>
{% if document.draft %}<aside class="legal"><p>Till juristen</p></aside>{% endif %}
<footer><p>Version: {{ document.version }}, {{ document.author }}</p></footer>
</article>"""
DATA: dict[str, Any] = {
    "organisation": {"name": "Lindhaga kommun"},
    "case": {"title": "Upplev min verklighet"},
    "gate": {"reasons": "Ett\nTvå"},
    "suppliers": [{"name": "Klarsyn", "state": "Går vidare"}],
}
FRAME: dict[str, Any] = {
    "title": "Beslut",
    "reference": "VON-2026-0118",
    "organisation": "Lindhaga kommun",
}


def a_source(text: str = TEMPLATE, **more: Any) -> Source:
    values = {"language": "sv", "data": DATA, "frame": FRAME, "template_text": text}
    return Source(**(values | more))


def a_person(name: str = "Lena Exempel") -> User:
    email = f"{name.split()[0].lower()}@lindhaga.example"
    return User.objects.get_or_create(email=email, defaults={"name": name})[0]


def a_document(key: str = "1", **more: Any) -> Document:
    organisation, _ = Organisation.objects.get_or_create(
        name="Lindhaga kommun", defaults={"kind": "municipality"}
    )
    values = {"purpose": "phase_decision", "title": "Beslut", "language": "sv"}
    return Document.objects.open(organisation=organisation, key=key, **(values | more))
