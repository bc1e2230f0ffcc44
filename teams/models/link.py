"""A link with a secret part: whoever has it comes in."""

import hashlib
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.crypto import get_random_string, salted_hmac


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class SecretLink(models.Model):
    """A row that a secret address leads to.

    The token is made of the row's nonce and the installation's secret and is never stored; the
    row keeps its hash, so that neither the database nor a backup opens the door.
    Retention: that of what it opens.
    """

    # Before the name of the model: nothing else that the secret makes is mistaken for it.
    salt: ClassVar[str] = "teams.link"

    nonce = models.CharField(max_length=32, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        abstract = True

    def make_token(self) -> str:
        """Give the row a new link, and return the link's token. The old one leads nowhere."""
        self.nonce = get_random_string(32)
        self.token_hash = _hash(self.token)
        return self.token

    @property
    def token(self) -> str:
        """The secret part of the link, made anew from nonce and installation each time."""
        salt = f"{self.salt}.{self._meta.label_lower}"
        return salted_hmac(salt, self.nonce, algorithm="sha256").hexdigest()[:40]

    @classmethod
    def find(cls, token: str) -> Self | None:
        """The row that the link belongs to, whatever its state."""
        found: Any = cls._default_manager.filter(token_hash=_hash(token)).first()
        return found
