from teams.models import User
from teams.namesakes import namesakes, told_apart

ANNA = User(pk=1, name="Anna Ek", title="Jurist", email="anna.ek@lindhaga.example")
SAME = User(pk=2, name="anna ek", title="jurist", email="anna.ek2@lindhaga.example")
COACH = User(pk=3, name="Anna Ek", title="Coach", email="anna@park.example")
PER = User(pk=4, name="Per Palm", title="Jurist", email="per@lindhaga.example")
EVERYBODY = [ANNA, SAME, COACH, PER]


def test_who_is_alone_with_a_name_is_called_by_it():
    assert told_apart([ANNA, PER]) == {1: "Anna Ek", 4: "Per Palm"}
    assert told_apart([ANNA, PER], titled=True) == {1: "Anna Ek, Jurist", 4: "Per Palm, Jurist"}


def test_of_namesakes_the_title_is_told_and_where_it_is_the_same_the_address():
    assert told_apart(EVERYBODY) == {
        1: "Anna Ek, Jurist, anna.ek@lindhaga.example",
        2: "anna ek, jurist, anna.ek2@lindhaga.example",
        3: "Anna Ek, Coach",
        4: "Per Palm",
    }


def test_somebody_who_stands_twice_in_a_list_is_no_namesake():
    assert namesakes([ANNA, PER, ANNA]) == set()
    assert namesakes(EVERYBODY) == {1, 2}
