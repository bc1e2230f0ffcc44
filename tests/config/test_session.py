"""What somebody who has signed in is shown stays nowhere after them."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.builders import a_case
from tests.people import everybody

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_no_browser_keeps_what_somebody_who_has_signed_in_is_shown() -> None:
    people = everybody()
    case = a_case(by=people.per, authority=people.authority)
    client = Client()
    client.force_login(people.per)

    for address in ("/", f"/cases/{case.number}/", "/portfolio/", "/nowhere/"):
        kept = client.get(address).headers["Cache-Control"]
        assert {"private", "no-store"} <= set(kept.split(", ")), address


def test_what_is_open_to_all_may_be_kept() -> None:
    everybody()

    assert "no-store" not in Client().get(reverse("handbooks")).headers.get("Cache-Control", "")
