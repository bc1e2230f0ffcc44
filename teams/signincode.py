"""A code to sign in with: made of a nonce, so that the promise of its letter does not hold it."""

from django.utils.crypto import salted_hmac

# Without vowels no word comes of it, without digits none is misread.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
HALF = 4


def code_of(nonce: str) -> str:
    """Two times four letters, the same for the same nonce: some thirty-five bits."""
    digest = salted_hmac("teams.signincode", nonce, algorithm="sha256").digest()
    number, letters = int.from_bytes(digest), ""
    for _place in range(2 * HALF):
        number, rest = divmod(number, len(ALPHABET))
        letters += ALPHABET[rest]
    return f"{letters[:HALF]}-{letters[HALF:]}"
