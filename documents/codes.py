"""The code printed on a paper: 100 random bits that a person can read aloud."""

import secrets

# Without I, L, O and U; what is misread as a digit is read as the digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 20
GROUP = 5
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def make() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read(typed: str) -> str:
    """The code as it is stored, or an empty string when it cannot be one."""
    kept = "".join(letter for letter in typed[:200].upper() if not letter.isspace())
    code = kept.replace("-", "").replace("–", "").translate(_READ_AS)
    is_code = len(code) == LENGTH and all(letter in ALPHABET for letter in code)
    return code if is_code else ""
