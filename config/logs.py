"""What is taken out of the logs: the secret part of a link opens a door for whoever reads it."""

import logging
import re

# Links of invitations, calendars and forgotten passwords, also with what follows them.
SECRET = re.compile(r"(/invitations/|/calendar/|/password/reset/key/)[^/\s\"']{12,}")


class WithoutLinks(logging.Filter):
    """Write … for the secret part of every address in a line, wherever it stands."""

    def filter(self, record: logging.LogRecord) -> bool:
        line = record.getMessage()
        if SECRET.search(line):
            record.msg, record.args = SECRET.sub(r"\1…", line), ()
        return True
