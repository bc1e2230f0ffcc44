"""Every form of the people's pages, with everything nasty in every field: no page breaks."""

import base64
from pathlib import Path

import pytest
import yaml
from django.core.cache import cache
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HOSTILE = Path(__file__).parents[2] / "data" / "hostile.yaml"


def raw(entry) -> str:
    if "base64" in entry:
        return base64.b64decode(entry["base64"]).decode("utf-8", "replace")
    if "repeat" in entry:
        return entry["repeat"]["text"] * entry["repeat"]["times"]
    return entry["value"]


VALUES = [raw(entry) for entry in yaml.safe_load(HOSTILE.read_text())["inputs"]]
VALUES += ["x" * 1_000_000, "9" * 400, "\ufffd", "-1", "true"]
FORMS = [
    ("account", None, "anna"),
    ("account_change_password", None, "anna"),
    ("edit_organisation", "municipality", "anna"),
    ("add_part", "municipality", "anna"),
    ("edit_statement", "municipality", "anna"),
    ("invite_to_organisation", "municipality", "anna"),
    ("add_team", None, "anna"),
    ("edit_team", "team", "lena"),
    ("invite_to_team", "team", "lena"),
    ("accessibility_feedback", None, None),
    ("account_login", None, None),
    ("account_reset_password", None, None),
]


def address_of(people, name, place):
    return reverse(name, args=[getattr(people, place).pk] if place else [])


def fields_of(client, address):
    return list(client.get(address).context["form"].fields)


@pytest.mark.parametrize(("name", "place", "who"), FORMS, ids=[form[0] for form in FORMS])
def test_hostile_values_get_an_answer(client, people, name, place, who):
    if who:
        client.force_login(getattr(people, who))
    address = address_of(people, name, place)
    fields = fields_of(client, address)

    for value in VALUES:
        cache.clear()
        answer = client.post(address, dict.fromkeys(fields, value))
        assert answer.status_code in (200, 302, 400, 422, 429), value[:40]


@pytest.mark.parametrize(("name", "place", "who"), FORMS, ids=[form[0] for form in FORMS])
def test_random_values_get_an_answer(client, people, name, place, who):
    if who:
        client.force_login(getattr(people, who))
    address = address_of(people, name, place)
    fields = fields_of(client, address)

    @settings(max_examples=6, suppress_health_check=list(HealthCheck))
    @given(st.fixed_dictionaries({field: st.text(max_size=80) for field in fields}))
    def post(given_values):
        cache.clear()
        answer = client.post(
            address,
            {
                name: text.encode("utf-8", "replace").decode("utf-8")
                for name, text in given_values.items()
            },
        )
        assert answer.status_code in (200, 302, 422, 429)

    post()


def test_bytes_that_are_no_text_get_an_answer(client, people):
    client.force_login(people.anna)

    answer = client.post(
        reverse("account"),
        b"name=%ED%A0%80%FE%FF&title=%00&language=sv&scheme=auto",
        content_type="application/x-www-form-urlencoded",
    )

    assert answer.status_code == 422
    assert b'id="id_name_error"' in answer.content
