"""The first page of an installation, which is there only while nobody is, with everything nasty."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from teams.models import User
from tests.matrix.addresses import POSTS
from tests.matrix.world import undone
from tests.test_hostile import ENTRIES, NASTY, text_of

pytestmark = pytest.mark.django_db


def test_the_first_page_of_an_installation_bears_everything_too(client: Any) -> None:
    valid = POSTS["welcome"](None)  # type: ignore[arg-type]

    for text in [*map(text_of, ENTRIES), *NASTY]:
        for field in valid:
            with undone():
                body = urlencode(valid | {field: text}, encoding="utf-8", errors="as_sent")
                kind = "application/x-www-form-urlencoded"
                answer = client.post(reverse("welcome"), body, content_type=kind)
                made = User.objects.people().count()
            assert (answer.status_code, made) in ((302, 1), (422, 0)), (field, text[:30])
