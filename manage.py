#!/usr/bin/env python
"""Every command of the house. What is wrong with the installation, and not with the command, is
told in words: what it is, where, and what to look at."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError
    from environs.exceptions import EnvError

    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as fault:
        stop(
            f"A setting is wrong: {fault}\n"
            "Settings are read from the environment of this command: docs/running.md lists them."
        )
    except (OperationalError, ProgrammingError) as fault:
        stop(f"The database could not do it: {fault}\n{way_on(str(fault))}")
    except OSError as fault:
        stop(f"It could not be done: {fault}")


def way_on(fault: str) -> str:
    from django.conf import settings

    known = settings.DATABASES["default"]
    place = f"{known['NAME']} at {known['HOST'] or 'this machine'}"
    if "sqlite" in known["ENGINE"]:
        place = str(known["NAME"])
    if "no such" in fault or "does not exist" in fault:
        ask = "Is it the right one, and are its tables up to date (manage.py migrate)?"
    elif "is locked" in fault:
        ask = "Somebody else was writing to it all the time: run this again."
    else:
        ask = "Is it the right one, does it answer, and has its disk room?"
    return f"The database is {place}, by UPPTAKT_VAR or DATABASE_URL. {ask}"


def stop(words: str) -> None:
    if "--traceback" in sys.argv:
        raise
    sys.exit(f"{words}\nWith --traceback it tells where it stopped.")


if __name__ == "__main__":
    main()
