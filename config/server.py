"""How gunicorn serves the house: `gunicorn --config python:config.server config.wsgi`.

What is given beside it on the command line holds before this.
"""

import os
from importlib import import_module
from typing import Any

from django.conf import settings

from config.memory import settle

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# Where a container's file system may be written to; a heartbeat on a disk can be slow.
worker_tmp_dir = "/dev/shm" if settings.IS_PRODUCTION else None  # noqa: S108
logconfig_dict = settings.LOGGING


def post_worker_init(worker: Any) -> None:
    """The first page finds every view read in, and nothing of it is looked through again."""
    import_module(settings.ROOT_URLCONF)
    settle()
