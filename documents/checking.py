"""What anyone may learn about a paper from its code, and how often they may ask."""

import hashlib
import time
from enum import Enum

from allauth.core.internal.ratelimit import truncate_ip
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
    # A copy of it that was signed on paper says the same.
    newer = Revision.objects.issued().filter(document=document_id, number__gt=number)
    is_superseded = newer.filter(is_signed_copy=False).exists()
    if revision is None:
        return Answer.UNKNOWN
    return Answer.SUPERSEDED if is_superseded else Answer.NEWEST


def may_ask(address: str) -> bool:
    """Count one question from an address, which is kept only as a keyed hash, for ten minutes
    from the first. The addresses of one network of IPv6 count as one."""
    address = truncate_ip(address)
    key = "verify:" + salted_hmac("documents.checking", address).hexdigest()
    now = time.time()
    asked, until = cache.get(key, (0, 0))
    if until <= now:
        asked, until = 0, now + WITHIN_SECONDS
    if asked >= ASKS_MOST:
        return False
    cache.set(key, (asked + 1, until), until - now)
    return True
