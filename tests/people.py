"""Named people, the same in every test.

Lena leads (process leader at the science park), Per procures and Nora needs (at the
municipality's nämnd), Sam supplies, Olle is outside, and Anna administrates the municipality.
"""

from dataclasses import dataclass

from django.test import Client

from teams.models import Organisation, Team, User
from tests.builders_teams import a_part, a_person, a_role, a_team, an_organisation


@dataclass(frozen=True)
class People:
    """Everybody, and where they belong."""

    lena: User
    per: User
    nora: User
    sam: User
    olle: User
    anna: User
    municipality: Organisation
    authority: Organisation
    science_park: Organisation
    company: Organisation
    elsewhere: Organisation
    team: Team


def everybody() -> People:
    municipality = an_organisation("Lindhaga kommun")
    authority = a_part(municipality, "Omsorgsnämnden")
    science_park = an_organisation("Tallviken Science Park", kind="science_park")
    company = an_organisation("Solrosens teknik AB", kind="company")
    elsewhere = an_organisation("Granåkers kommun")
    anna = a_person("Anna Alm")
    team = a_team(municipality, science_park, intermediary=science_park, agreed_by=anna)
    people = People(
        lena=a_person("Lena Leander", "lena@tallviken.example"),
        per=a_person("Per Palm"),
        nora=a_person("Nora Nord"),
        sam=a_person("Sam Sandberg", "sam@solrosen.example"),
        olle=a_person("Olle Ottosson", "olle@granaker.example"),
        anna=anna,
        municipality=municipality,
        authority=authority,
        science_park=science_park,
        company=company,
        elsewhere=elsewhere,
        team=team,
    )
    a_role(people.lena, science_park, "editor")
    a_role(people.lena, team, "lead")
    a_role(people.per, authority, "editor")
    a_role(people.nora, authority, "member")
    a_role(people.sam, company, "administrator")
    a_role(people.olle, elsewhere, "administrator")
    a_role(people.anna, municipality, "administrator")
    return people


def signed_in(user: User) -> Client:
    """Somebody at a browser of their own, past the door."""
    client = Client()
    client.force_login(user)
    return client
