"""What anyone may learn about a paper from its code, and how often they may ask."""

import hashlib
from enum import Enum

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from documents import codes
from documents.models import Revision

ASKS_MOST = 30
WITHIN_SECONDS = 600


class Answer(Enum):
    """All that is ever told. A draft is not issued, so its code is as unknown as any other."""

    UNKNOWN = "unknown"
    NEWEST = "newest"
    SUPERSEDED = "superseded"


def answer(typed: str) -> Answer:
    """Whether the code is on a paper that was issued here, and whether a newer one is.

    What cannot be a code is looked up all the same, so that it takes as long.
    """
    code = codes.read(typed) or hashlib.sha256(typed.encode("utf-8", "replace")).hexdigest()[:20]
    revision = Revision.objects.issued().filter(code=code, made_elsewhere=False).first()
    document_id, number = (revision.document_id, revision.number) if revision else (None, 0)
    is_superseded = (
        Revision.objects.issued().filter(document=document_id, number__gt=number).exists()
    )
    if revision is None:
        return Answer.UNKNOWN
    return Answer.SUPERSEDED if is_superseded else Answer.NEWEST


def may_ask(address: str) -> bool:
    """Count one question from an address, which is kept only as a keyed hash, for ten minutes."""
    key = "verify:" + salted_hmac("documents.checking", address).hexdigest()
    if cache.add(key, 1, WITHIN_SECONDS):
        return True
    try:
        return int(cache.incr(key)) <= ASKS_MOST
    except ValueError:
        # It ran out between the two.
        return True
