from importlib import import_module

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.apps import apps

from teams.issuer import IssuedIdentity

HERE, ELSEWHERE = "https://id.lindhaga.example", "https://id.granaker.example"
to_issuers = import_module("teams.migrations.0005_identities_of_their_issuer")


def identity_of(rf, issuer, subject="anna-17"):
    app = SocialApp(provider="openid_connect", provider_id="organisation", name="Lindhaga")
    request = rf.get("/")
    said = {"userinfo": {"sub": subject}, "id_token": {"iss": issuer, "sub": subject}}
    return IssuedIdentity(request, app=app).sociallogin_from_response(request, said)


def connect(rf, person, issuer):
    login = identity_of(rf, issuer)
    login.account.user = person
    login.account.save()
    return login.account


def test_a_server_that_calls_somebody_the_same_is_another_persons(rf, people):
    connect(rf, people.anna, HERE)
    same, other = identity_of(rf, HERE), identity_of(rf, ELSEWHERE)

    for login in (same, other):
        login.lookup()

    assert same.user == people.anna
    assert not other.is_existing


def test_no_personal_number_that_a_server_tells_is_kept(rf, people):
    """Swedish eIDs tell it as a claim of its own, as the name of the account or as `sub`."""
    number = "19121212-1212"
    request, app = rf.get("/"), SocialApp(provider="openid_connect", provider_id="organisation")
    person = {"name": "Anna Alm", "email": "anna@lindhaga.example", "personnummer": number}
    said = {
        "userinfo": person | {"preferred_username": number, "sub": number},
        "id_token": {"iss": HERE, "sub": number, "ssn": number},
    }
    account = IssuedIdentity(request, app=app).sociallogin_from_response(request, said).account

    assert number not in f"{account.uid} {account.extra_data}"
    assert account.extra_data["id_token"]["iss"] == HERE
    assert account.extra_data["id_token"]["name"] == "Anna Alm"


def test_an_answer_that_names_no_server_is_nobodys(rf, people):
    app = SocialApp(provider="openid_connect", provider_id="organisation")

    with pytest.raises(OAuth2Error):
        IssuedIdentity(rf.get("/"), app=app).extract_uid({"userinfo": {"sub": "anna-17"}})


def test_connections_made_before_are_bound_to_their_server(rf, people):
    bound = connect(rf, people.anna, HERE).uid
    said = {"id_token": {"iss": HERE, "sub": "anna-17"}}
    SocialAccount.objects.update(uid="anna-17", extra_data=said)

    for _time in range(2):
        to_issuers.bind(apps, None)

    assert SocialAccount.objects.get().uid == bound
