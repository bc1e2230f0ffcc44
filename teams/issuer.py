"""Whom an identity is of: one server may call its person what another calls somebody else."""

import hashlib
from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider


def bound(issuer: str, subject: str) -> str:
    """A person of one issuer as a text of one length: OpenID Connect (section 2) promises that a
    `sub` is one person's within its issuer only. Neither holds a line break."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


class IssuedIdentity(OpenIDConnectProvider):
    """The organisation's sign-in, with each connection bound to the server that it was made at.

    allauth binds it to the name of the provider: with another server in the environment, somebody
    of the new one would sign in as whoever the old one called the same.
    """

    def extract_uid(self, data: dict[str, Any]) -> str:
        told = data.get("id_token")
        if not told:
            raise OAuth2Error("no ID token: nothing says which server the person is of")
        return bound(told["iss"], told["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is kept of what the server tells: which it is, and the name and address by which the
        person knows the connection again. A personal number, which many servers of Swedish eIDs
        tell beside, or as `sub`, is not."""
        told = self.extract_common_fields(data)
        kept = {name: told[name] for name in ("name", "email") if told[name]}
        return {"id_token": kept | {"iss": data["id_token"]["iss"]}}
