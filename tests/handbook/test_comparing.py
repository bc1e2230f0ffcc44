from hypothesis import given
from hypothesis import strategies as st

from handbook.comparing import compare

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
