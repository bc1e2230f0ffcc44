import pytest
from django.core.exceptions import ValidationError

from procurements.forms.legal import CodeField


@pytest.mark.parametrize(
    "typed", ["73120000-9", "73120000", " 73120000-9 ", "73110000-6", "72000000-5"]
)
def test_a_code_is_kept_as_it_is_written(typed: str) -> None:
    assert CodeField().clean(typed) == typed.strip()


@pytest.mark.parametrize(
    "copied",
    [
        "73120000\u20119",
        "73120000 – 9",
        "CPV: 73120000-9.",
        "73120000-9 Experimentellt utvecklingsarbete",
    ],
)
def test_a_code_is_taken_as_a_register_gives_it(copied: str) -> None:
    assert CodeField().clean(copied) == "73120000-9"


@pytest.mark.parametrize(
    "typed",
    [
        "73120000-9 73110000-6",
        "73",
        "731200009",
        "73120000-",
        "73120000-99",
        "73120000-1",
        "x" * 200,
    ],
)
def test_what_is_no_code_is_refused_by_its_field(typed: str) -> None:
    with pytest.raises(ValidationError):
        CodeField().clean(typed)
