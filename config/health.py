"""What machines ask: does this process live, and can it serve people now?

Answered before all else, so that neither host, session, language nor person is asked for. Tells
which part is not well and how long behind it is; never an address, a count or anything of a case.
"""

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.celery import app
from outbox.models import BEHIND_AT_MOST, Lane, Message
from outbox.tasks import SWEPT

# Room for this many of the largest files that may be attached.
ROOM_FOR_FILES = 4

Part = dict[str, Any]


def database() -> Part:
    """It answers, and has the tables that this code asks for."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return {"ok": False, "why": "no answer"}
    try:
        has_tables = wanted() <= set(
            MigrationRecorder(connection).migration_qs.values_list("app", "name")
        )
    except DatabaseError:
        has_tables = False
    return {"ok": True} if has_tables else {"ok": False, "why": "not up to date"}


@cache
def wanted() -> set[tuple[str, str]]:
    """The migrations of this code. Those of a newer one may have been made beside it."""
    return set(MigrationLoader(None).disk_migrations)


def broker() -> Part:
    """It takes nudges. Without it promises are kept by the sweep alone, once it is back."""
    try:
        if settings.REDIS_URL:
            with app.connection_for_write() as nudges:
                nudges.ensure_connection(max_retries=1, interval_start=0, timeout=2)
                nudges.default_channel  # noqa: B018 - asks the server whether it is there
        else:
            return _writable(settings.BROKER_DIR)
    except Exception:
        return {"ok": False, "why": "no answer"}
    return {"ok": True}


def outbox() -> Part:
    """How many seconds the oldest promise of each lane is behind. The heap (bulk) may be. Without
    sweeps nothing may be behind: what the clock is to promise is never promised."""
    now = timezone.now()
    try:
        oldest = dict(
            Message.objects.due(now).order_by().values_list("lane").annotate(Min("due_at"))
        )
        swept = shared.get(SWEPT)
    except DatabaseError:
        return {"ok": False, "why": "no answer"}
    behind = {lane.queue: now - oldest.get(lane, now) for lane in Lane}
    late = [lane for lane in (Lane.PERSON, Lane.MAIL) if behind[lane.queue] > BEHIND_AT_MOST]
    is_swept = swept is not None and abs(now - swept) <= BEHIND_AT_MOST
    part: Part = {"ok": is_swept and not late}
    if late:
        part["why"] = "behind"
    elif not is_swept:
        part["why"] = "no sweep"
    return part | {"seconds_behind": {name: int(by.total_seconds()) for name, by in behind.items()}}


def storage() -> Part:
    """Files can be kept, and there is room for some."""
    return _writable(Path(settings.MEDIA_ROOT))


def _writable(folder: Path) -> Part:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        room = shutil.disk_usage(folder).free
    except OSError:
        return {"ok": False, "why": "not writable"}
    if not os.access(folder, os.W_OK | os.X_OK):
        return {"ok": False, "why": "not writable"}
    if room < ROOM_FOR_FILES * settings.UPLOAD_MAX_BYTES:
        return {"ok": False, "why": "full"}
    return {"ok": True}


PARTS: list[Callable[[], Part]] = [database, broker, outbox, storage]


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """This process answers. Asks nothing of anything else: starting it again mends nothing else."""
    return _told({"ok": True}, status=200)


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Every part is well; 503 and which one when not."""
    parts = {part.__name__: part() for part in PARTS}
    is_ready = all(part["ok"] for part in parts.values())
    return _told({"ok": is_ready, "parts": parts}, status=200 if is_ready else 503)


def _told(answer: dict[str, Any], *, status: int) -> HttpResponse:
    response = JsonResponse(answer, status=status)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["X-Content-Type-Options"] = "nosniff"
    return response


ASKED_BY_MACHINES = {"/healthz": live, "/readyz": ready}


class HealthMiddleware:
    """Answer a machine before hosts, sessions and people are looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = ASKED_BY_MACHINES.get(request.path, self.get_response)
        return answer(request)
