import pytest
from django.core.exceptions import ValidationError

from procurements.forms.paper import LinesField


def test_lines_are_kept_one_by_one() -> None:
    assert LinesField().clean(" ett \r\n\ntvå") == ["ett", "två"]


@pytest.mark.parametrize("typed", ["x" * 20_001, "x\n" * 101])
def test_a_list_is_held_to_a_length_and_a_number_of_lines(typed: str) -> None:
    with pytest.raises(ValidationError):
        LinesField().clean(typed)
