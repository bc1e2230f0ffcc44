"""Production is a switch that refuses what is for demos, and leaves nothing to be found fault with.

Each case is a process of its own: settings are read once.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent.parent
SAFE = {
    "UPPTAKT_PRODUCTION": "1",
    "UPPTAKT_SECRET_KEY": secrets.token_urlsafe(50),
    "UPPTAKT_URL": "https://upptakt.example",
    "UPPTAKT_HOSTS": "upptakt.example",
}


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = ("UPPTAKT_", "DJANGO_")
    quiet = {name: one for name, one in os.environ.items() if not name.startswith(ours)}
    quiet |= {"UPPTAKT_VAR": os.environ["UPPTAKT_VAR"]}
    return subprocess.run(
        [sys.executable, *command],
        cwd=TOP,
        env=quiet | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def settings_with(**environment: str) -> subprocess.CompletedProcess[str]:
    return run("-c", "import config.settings", **environment)


@pytest.mark.parametrize(
    "fault",
    [
        {"UPPTAKT_SECRET_KEY": "not-secret-only-for-demo-and-tests"},
        {"UPPTAKT_SECRET_KEY": ""},
        {"UPPTAKT_DEBUG": "1"},
        {"UPPTAKT_DEMO": "1"},
    ],
    ids=["the demo's secret", "no secret", "debug", "demo"],
)
def test_production_refuses_what_is_for_demos(fault: dict[str, str]) -> None:
    done = settings_with(**SAFE | fault)

    assert done.returncode == 1
    assert "UPPTAKT_PRODUCTION needs its own UPPTAKT_SECRET_KEY" in done.stderr


def test_production_without_a_secret_of_its_own_does_not_start() -> None:
    without = {name: one for name, one in SAFE.items() if name != "UPPTAKT_SECRET_KEY"}

    assert settings_with(**without).returncode == 1
    assert settings_with(**SAFE).returncode == 0


def test_production_takes_no_identity_provider_that_can_be_listened_to() -> None:
    told = {"UPPTAKT_OIDC_URL": "http://id.lindhaga.example", "UPPTAKT_OIDC_CLIENT_ID": "x"}

    done = settings_with(**SAFE | told)
    assert done.returncode == 1
    assert "UPPTAKT_OIDC_URL must begin with https://" in done.stderr
    told["UPPTAKT_OIDC_URL"] = "https://id.lindhaga.example"
    assert settings_with(**SAFE | told).returncode == 0


@pytest.mark.parametrize("address", ["", "http://upptakt.example", "upptakt.example"])
def test_production_has_an_address_that_its_papers_can_carry(address: str) -> None:
    done = settings_with(**SAFE | {"UPPTAKT_URL": address})

    assert done.returncode == 1
    assert "links in letters and on papers lead there" in done.stderr
    assert "It begins with https://." in done.stderr


@pytest.mark.parametrize(("first", "last"), [("19", ""), ("7", "7"), ("7", "25")])
def test_hours_in_which_no_reminder_would_be_sent_are_refused(first: str, last: str) -> None:
    done = settings_with(UPPTAKT_SENDING_FROM=first, UPPTAKT_SENDING_UNTIL=last)

    assert done.returncode == 1
    assert "No reminder would ever be sent" in done.stderr


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("UPPTAKT_PROXIES", "-1"),
        ("UPPTAKT_INVITATIONS", "0"),
        ("UPPTAKT_UPLOAD_MAX_BYTES", "-26214400"),
        ("UPPTAKT_MAIL_PORT", "70000"),
        ("UPPTAKT_LEASE_SECONDS", "0"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_by_its_name(name: str, number: str) -> None:
    done = settings_with(**{name: number})

    assert done.returncode == 1
    assert name in done.stderr.splitlines()[-1]


def test_what_stands_empty_is_left_out() -> None:
    names = [
        *("UPPTAKT_URL", "UPPTAKT_HOSTS", "UPPTAKT_MAIL_PORT", "UPPTAKT_STATIC", "DATABASE_URL"),
        *("UPPTAKT_SECRET_KEY", "UPPTAKT_PROXIES", "UPPTAKT_PRODUCTION", "REDIS_URL"),
    ]
    tell = (
        "import config.settings as it; print(it.PUBLIC_URL, it.ALLOWED_HOSTS[0], it.EMAIL_PORT,"
        " it.STATIC_ROOT.name, it.DATABASES['default']['NAME'] == f'{it.VAR_DIR}/upptakt.sqlite3')"
    )

    told = run("-c", tell, **dict.fromkeys(names, ""))

    assert told.stdout == "http://localhost:8000 localhost 25 staticfiles True\n", told.stderr


def test_no_letter_is_written_to_a_log_in_production() -> None:
    told = run("-c", "import config.settings as it; print(it.EMAIL_BACKEND)", **SAFE)

    assert told.stdout == "django.core.mail.backends.smtp.EmailBackend\n"


def test_django_finds_no_fault_with_production() -> None:
    found = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **SAFE)

    assert (found.returncode, found.stdout) == (
        0,
        "System check identified no issues (1 silenced).\n",
    ), found.stderr


def test_a_short_secret_is_found_fault_with() -> None:
    short = SAFE | {"UPPTAKT_SECRET_KEY": "hemligt"}

    found = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **short)

    assert found.returncode == 1
    assert "security.W009" in found.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "createcachetable"],
        ["-c", "from config import celery_app as it; open(it.conf.beat_schedule_filename, 'x')"],
    ],
    ids=["a table", "beat"],
)
def test_with_redis_too_it_begins_where_nobody_has_made_a_folder(
    command: list[str], tmp_path: Path
) -> None:
    var = tmp_path / "nobody" / "was-here"
    fresh = {
        "UPPTAKT_VAR": str(var),
        "DATABASE_URL": f"sqlite:///{var}/upptakt.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    done = run(*command, **SAFE | fresh)

    assert done.returncode == 0, done.stderr
    assert len(list(var.iterdir())) == 1
