import pytest

from teams.identity import RefusedNumber, is_person, masked, normalise


@pytest.mark.parametrize("number", ["212000-1850", "212000-1157", "556160-2722"])
def test_a_number_in_its_one_form_stays_as_it_is(number):
    assert normalise(number) == number


@pytest.mark.parametrize(
    "written",
    [
        "2120001850",
        "16212000-1850",
        "SE212000185001",
        " 212000 1850 ",
        "212000–1850",
        "212000\u22121850",
        "212000-1850;",
        "Org.nr: 212000-1850",
        "Organisationsnummer 212000-1850",
        "org nr 212000-1850.",
        "VAT SE2120001850",
        "Momsreg.nr SE212000185001",
    ],
)
def test_other_ways_of_writing_give_the_one_form(written):
    assert normalise(written) == "212000-1850"


@pytest.mark.parametrize(
    "written", ["212000-1851", "212000-185", "abc", "", "٢١٢٠٠٠١٨٥٠", "1" * 500, "000000-0000"]
)
def test_a_wrong_number_is_refused(written):
    with pytest.raises(RefusedNumber):
        normalise(written)


def test_a_sole_traders_number_is_a_person_and_is_masked():
    number = normalise("121212-1212")

    assert is_person(number)
    assert masked(number) == "121212-••••"


def test_a_legal_persons_number_is_shown_whole():
    assert not is_person("556160-2722")
    assert masked("556160-2722") == "556160-2722"
    assert masked("") == ""
