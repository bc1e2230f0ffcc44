"""An organisation's identity provider (OpenID Connect), as small as it can be: it signs in whoever
it is told to, without asking."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT = "upptakt"


class Identity(ThreadingHTTPServer):
    """Its `subject` is who sits at the browser; None breaks off, and `is_well` is whether it says
    where to sign in at all."""

    subject: str | None = "anna-17"
    is_well = True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Identity

    def log_message(self, *arguments: object) -> None:
        """Says nothing of what it answers."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        match asked.path:
            case "/.well-known/openid-configuration" if self.server.is_well:
                home = self.server.address
                self.say(
                    issuer=home,
                    authorization_endpoint=f"{home}/authorize",
                    token_endpoint=f"{home}/token",
                    userinfo_endpoint=f"{home}/userinfo",
                    jwks_uri=f"{home}/keys",
                )
            case "/authorize":
                given = {name: values[0] for name, values in parse_qs(asked.query).items()}
                said = {"code": "c"} if self.server.subject else {"error": "access_denied"}
                back = given["redirect_uri"] + "?" + urlencode(said | {"state": given["state"]})
                self.send_response(302)
                self.send_header("Location", back)
                self.end_headers()
            case "/userinfo":
                self.say(sub=self.server.subject, name="Anna Ek")
            case _:
                self.send_error(503)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        claims = {
            "iss": self.server.address,
            "aud": CLIENT,
            "sub": self.server.subject,
            "iat": int(time()),
            "exp": int(time()) + 60,
        }
        token = jwt.encode(claims, "a key that nobody reads the signature of", "HS256")
        self.say(access_token="t", token_type="Bearer", id_token=token)

    def say(self, **what: Any) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def identity_provider() -> Iterator[Identity]:
    with Identity(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
