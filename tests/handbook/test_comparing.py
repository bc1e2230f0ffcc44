from hypothesis import given
from hypothesis import strategies as st

from handbook.comparing import compare, woven

texts = st.text(alphabet="abcåö .,\n", max_size=60)


@given(texts, texts)
def test_the_pieces_joined_are_the_texts(before, after):
    compared = compare(before, after)

    assert "".join(piece.text for piece in compared.before) == before
    assert "".join(piece.text for piece in compared.after) == after
    assert compared.differs == (before != after)


def test_only_the_changed_words_are_marked():
    compared = compare("Hela veckan hemma", "Hela kvällen hemma")

    assert [p.text for p in compared.before if p.is_changed] == ["veckan"]
    assert [p.text for p in compared.after if p.is_changed] == ["kvällen"]


def test_words_replaced_one_after_another_are_marked_as_one():
    compared = compare("Den gamla vården", "En nyare skolan")

    assert [p.text for p in compared.before if p.is_changed] == ["Den gamla vården"]
    assert [p.text for p in compared.after if p.is_changed] == ["En nyare skolan"]


def test_two_long_texts_that_repeat_themselves_are_not_looked_through():
    compared = compare("Först " + "a b " * 500 + "sist.", "Först " + "b a " * 500 + "sist.")

    assert [piece.is_changed for piece in compared.before] == [False, True, False]
    assert compared.after[1].text == ("b a " * 500).strip()


def test_long_texts_of_different_words_are_compared_word_by_word():
    words = [f"ord{number}" for number in range(3000)]
    after = [*words[:100], "nytt", *words[101:2000], *words[2001:]]
    compared = compare(" ".join(words), " ".join(after))

    assert [p.text.strip() for p in compared.before if p.is_changed] == ["ord100", "ord2000"]
    assert [p.text for p in compared.after if p.is_changed] == ["nytt"]


@given(texts, texts)
def test_a_woven_text_holds_both(before, after):
    pieces = woven(before, after)

    assert "".join(piece.text for piece in pieces if piece.how != "added") == before
    assert "".join(piece.text for piece in pieces if piece.how != "gone") == after
