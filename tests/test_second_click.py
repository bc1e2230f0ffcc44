"""Every form of the house, sent twice: the second click changes nothing and gets an answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.test_matrix import AREAS
from tests.matrix.world import World
from tests.test_hostile import Form, for_each_form, rows

pytestmark = pytest.mark.django_db
# Done and led on; shown; gone; or refused in words.
ANSWERS = {200, 302, 303, 404, 410, 422}


@pytest.mark.parametrize("area", [*AREAS, "house"])
def test_a_second_click_changes_nothing(area: str, world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")
    grown: list[str] = []

    def try_it(form: Form) -> None:
        sent = form.valid
        first = form.post(sent)
        assert first.status_code in (200, 302, 303), (form.name, first.status_code)
        once = rows()
        second = form.post(sent)
        assert second.status_code in ANSWERS, (form.name, second.status_code)
        after = rows()
        more = {
            name: after[name] - number for name, number in once.items() if after[name] != number
        }
        if more:
            grown.append(f"{form.name}: {first.status_code} {second.status_code} {more}")

    for_each_form(world, area, try_it)
    assert "\n".join(grown) == ""
