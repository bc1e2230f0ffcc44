"""How the logs are written, and what is taken out of them.

One line each: JSON for machines, or something to read at a terminal (UPPTAKT_LOG). Every line
carries what is known of why it is written: the request, the promise, the task. The secret part of
a link opens a door for whoever reads it, and addresses of people are theirs: both are left out,
also of traces.
"""

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, Processor

# Each begins where it can begin and nowhere within, so that a long line is gone through once.
# Links of invitations, calendars and forgotten passwords, also with what follows them.
SECRET = re.compile(r"(/invitations/|/calendar/|/password/reset/key/)[^/\s\"']{12,}")
_NAME, _DOMAIN = r"[^\s<>\"'(=:,/@]", r"@[\w-]+\.[\w.-]*\w"
PERSON = re.compile(f"(?<!{_NAME}){_NAME}+{_DOMAIN}(?:{_NAME}*{_DOMAIN})*")
# From where somebody sent what is no request, as gunicorn says it.
VISITOR = re.compile(r"\bip=[\da-fA-F.:]*[\da-fA-F]")
# The page somebody came from, as Django says why it refused a post: of it the server is enough.
REFERER = re.compile(r"(Referer checking failed - \w+://[^\s/?#]*)\S*")
# What PostgreSQL says below a refused row: the row. Its texts stand there with their line breaks,
# so all goes until Python says what came of it: a text may hold any line of PostgreSQL's.
_NEXT = (
    "The above exception was the direct cause of the following exception:"
    "|During handling of the above exception, another exception occurred:"
)
ROW = re.compile(rf"^([ \t|]*DETAIL:).*?(?=\n[ \t|]*(?:{_NEXT})$|\Z)", re.MULTILINE | re.DOTALL)
# And where in a statement it found a fault: what was to be kept stands there as it was typed.
STATEMENT = re.compile(r"^([ \t|]*LINE \d+:).*$", re.MULTILINE)
# The server's and the database's addresses can hold a password.
PASSWORD = re.compile(r"(\b\w+://[^\s:/@]*:)[^\s/@]+@")


def without_secrets(text: str) -> str:
    """Write … for what opens a door or names a person, wherever it stands."""
    text = PASSWORD.sub(r"\1…@", text)
    text = VISITOR.sub("ip=…", SECRET.sub(r"\1…", text))
    text = STATEMENT.sub(r"\1 …", REFERER.sub(r"\1", text))
    return ROW.sub(r"\1 …", PERSON.sub("…@…", text))


def hide(logger: object, name: str, line: EventDict) -> EventDict:
    for key, value in line.items():
        if isinstance(value, str):
            line[key] = without_secrets(value)
    return line


# What a line may say beside its words. Celery's own lines hold what a task was given; ours say it.
BESIDE = {"page", "of", "method", "status", "ms"}
FIRST: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(allow=BESIDE),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
    structlog.processors.StackInfoRenderer(),
    hide,
]


def _formatter(last: Processor) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=FIRST,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def lines() -> logging.Formatter:
    """One JSON object a line."""
    return _formatter(structlog.processors.JSONRenderer(ensure_ascii=False))


def terminal() -> logging.Formatter:
    return _formatter(
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            timestamp_key="at",
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
