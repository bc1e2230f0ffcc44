"""A broker that needs no server: kombu's folder of files, with messages that are whole or absent.

The stock transport writes a message in place, so a reader may take it half written and
end the worker. Here it is written aside and renamed into the queue, and taken by a rename.
"""

import json
import os
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any, ClassVar

from kombu.transport import TRANSPORT_ALIASES, filesystem


class Channel(filesystem.Channel):
    """Queues as files in one folder; the first named queue is always asked first."""

    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        unfinished = folder / f".{name}.part"
        unfinished.write_text(json.dumps(payload))
        unfinished.replace(folder / name)

    def _get(self, queue: str) -> dict[str, Any]:  # type: ignore[override]
        folder = Path(self.data_folder_in)
        ending = f".{queue}.msg"
        for name in sorted(os.listdir(folder)):
            if name.startswith(".") or not name.endswith(ending):
                continue
            taken = folder / f".{name}.{os.getpid()}.taken"
            try:
                (folder / name).rename(taken)
            except FileNotFoundError:
                continue
            message: dict[str, Any] = json.loads(taken.read_text())
            taken.unlink()
            return message
        raise Empty

    def _reset_cycle(self) -> None:
        self._cycle = _InOrder(self._get_and_deliver, self._active_queues, Empty)


class _InOrder:
    """Asks the queues in their order every time, so that a person never waits for a heap."""

    def __init__(self, ask: Any, queues: list[str], nothing: type[Exception]) -> None:
        self.ask, self.queues, self.nothing = ask, queues, nothing

    def get(self, callback: Any, **kwargs: Any) -> Any:
        for queue in sorted(self.queues, key=_rank):
            try:
                return self.ask(queue, callback, **kwargs)
            except self.nothing:
                continue
        raise self.nothing

    def close(self) -> None:
        pass


ORDER = ["person", "mail", "bulk"]


def _rank(queue: str) -> int:
    return ORDER.index(queue) if queue in ORDER else len(ORDER)


class Transport(filesystem.Transport):
    """Named `fsatomic://`. Asked from within the worker's event loop, as Redis is: the pool that
    the stock transport is given shares a lock, which a process that is killed while it waits for
    work takes with it (docs/decisions/0021)."""

    Channel = Channel
    # A folder has no host; without one the stock transport warns at each first nudge.
    default_connection_params: ClassVar[dict[str, object]] = {}
    implements = filesystem.Transport.implements.extend(asynchronous=True)

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        loop.call_repeatedly(self.polling_interval, self._take)

    def _take(self) -> None:
        """All that the worker has room for."""
        assert self.cycle
        with suppress(Empty):
            while True:
                self.cycle.get(self._deliver)


TRANSPORT_ALIASES["fsatomic"] = "outbox.fsatomic:Transport"
