import logging

import pytest

from config.logs import WithoutLinks


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (
            'GET /cases/invitations/0a1b2c3d4e5f6a7b8c9d/ HTTP/1.1" 200',
            'GET /cases/invitations/…/ HTTP/1.1" 200',
        ),
        ("Gone: /invitations/0a1b2c3d4e5f6a7b8c9d", "Gone: /invitations/…"),
        (
            "Not Found: /account/password/reset/key/4-cx9a1b-0a1b2c3d4e5f/",
            "Not Found: /account/password/reset/key/…/",
        ),
        ("POST /invitations/12/resend/", "POST /invitations/12/resend/"),
        ("GET /cases/1001/?page=100%", "GET /cases/1001/?page=100%"),
    ],
)
def test_the_secret_of_a_link_is_not_written(line: str, written: str) -> None:
    record = logging.LogRecord(
        "gunicorn.access", logging.INFO, "", 0, "%(r)s", ({"r": line},), None
    )

    assert WithoutLinks().filter(record)
    assert record.getMessage() == written
