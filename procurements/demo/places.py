"""The organisations, people and teams of the demo, through the operations that people use."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password

from procurements.demo.plan import FOLDER, Entry, read
from teams.models import Membership, Organisation, Team, TeamRole, User
from teams.operations.installation import begin_installation
from teams.operations.organisations import add_organisation, add_part, add_team, agree_to_team
from teams.operations.roles import accept_invitation, invite

HOUR = timedelta(hours=1)


class Places:
    """Everybody and everywhere, by the keys of the files."""

    def __init__(self, at: datetime, folder: Path = FOLDER) -> None:
        self.at = at
        self.folder = folder
        self.people: dict[str, User] = {}
        self.organisations: dict[str, Organisation] = {}
        self.parts: dict[tuple[str, str], Organisation] = {}
        self.teams: dict[str, Team] = {}
        self.password = make_password(settings.DEMO_PASSWORD)

    def fill(self) -> None:
        """Begin the installation with its administrator, then everybody else.

        Whoever is there already is found again, by address or by name.
        """
        if self.people:
            return
        organisations = read("organisations.yaml", self.folder)["organisations"]
        suppliers = read("suppliers.yaml", self.folder)["suppliers"]
        people = read("people.yaml", self.folder)["people"]
        self._find()
        first = next(p for p in people if "platform_admin" in p["roles"])
        self._begin(first, next(o for o in organisations if o["key"] == first["organisation"]))
        for organisation in organisations:
            if organisation["key"] != first["organisation"]:
                self._organisation(organisation)
        signing_in = {p["supplier"] for p in people if "supplier" in p}
        for supplier in suppliers:
            if supplier["key"] in signing_in:
                self._organisation(supplier | {"kind": "company"})
        for person in people:
            if person is not first:
                self._person(person)
        for team in read("teams.yaml", self.folder)["teams"]:
            self._team(team, people)

    def unit(self, organisation: str, name: str) -> Organisation:
        """A part of an organisation, added the first time somebody works there."""
        key = (organisation, name)
        if key not in self.parts:
            whole = self.organisations[organisation]
            known = self.known_parts.get((whole.name, name))
            self.parts[key] = known or add_part(
                organisation=whole, name=name, by=self.admin, at=self.at
            )
        return self.parts[key]

    def _find(self) -> None:
        self.known_people = {u.email: u for u in User.objects.people().filter(is_demo=True)}
        places = Organisation.objects.filter(is_demo=True).select_related("parent")
        self.known_places = {place.name: place for place in places if place.parent is None}
        self.known_parts = {
            (place.parent.name, place.name): place for place in places if place.parent
        }
        self.known_teams = {team.name_sv: team for team in Team.objects.all()}

    def _begin(self, person: Entry, organisation: Entry) -> None:
        known = self.known_people.get(person["email"])
        if known:
            self.admin = self.people[person["key"]] = known
            self.organisations[organisation["key"]] = self.known_places[organisation["name"]]
            return
        self.admin = begin_installation(
            name=person["name"],
            email=person["email"],
            password=settings.DEMO_PASSWORD,
            language=person["language"],
            organisation=_details(organisation),
            at=self.at,
        )
        # Nobody invites the first: what follows from being invited by a demo person is set here.
        self.admin.is_demo, self.admin.title = True, person["title"]
        self.admin.save(update_fields=["is_demo", "title"])
        place = Organisation.objects.get(memberships__user=self.admin)
        place.is_demo = True
        place.save(update_fields=["is_demo"])
        self.people[person["key"]] = self.admin
        self.organisations[organisation["key"]] = place

    def _organisation(self, organisation: Entry) -> None:
        known = self.known_places.get(organisation["name"])
        self.organisations[organisation["key"]] = known or add_organisation(
            details=_details(organisation), by=self.admin, at=self.at
        )

    def _person(self, person: Entry) -> None:
        if known := self.known_people.get(person["email"]):
            self.people[person["key"]] = known
            return
        user = User.objects.create_user(
            person["email"],
            name=person["name"],
            title=person["title"],
            language=person["language"],
            is_demo=True,
            joined_at=self.at,
        )
        # The same for all of them and shown to everybody: hashed once.
        user.password = self.password
        user.save(update_fields=["password"])
        self.people[person["key"]] = user
        key = person.get("organisation") or person["supplier"]
        place = self.unit(key, person["unit"]) if "unit" in person else self.organisations[key]
        self._join(user, place, person["access"], by=self.admin, at=self.at + HOUR)

    def _join(
        self, user: User, place: Organisation | Team, role: str, *, by: User, at: datetime
    ) -> Membership:
        invitation = invite(
            place=place,
            email=user.email,
            name=user.name,
            language=user.language,
            role=role,
            by=by,
            at=at,
        )
        return accept_invitation(invitation=invitation, by=user, at=at + HOUR)

    def _team(self, team: Entry, people: list[Entry]) -> None:
        if known := self.known_teams.get(team["name"]["sv"]):
            self.teams[team["key"]] = known
            return
        lead = self.people[team["lead"]]
        intermediary = team["intermediary"]
        made = add_team(
            details={
                "name_sv": team["name"]["sv"],
                "name_en": team["name"]["en"],
                "intermediary": self.organisations[intermediary] if intermediary else None,
            },
            organisations=[self.organisations[key] for key in team["organisations"]],
            by=lead,
            at=self.at + 3 * HOUR,
        )
        for affiliation in made.affiliations.filter(agreed_at=None):
            place = affiliation.organisation
            held = place.memberships.administrators().select_related("user").first()
            # The others have nobody yet who could.
            if held:
                agree_to_team(affiliation=affiliation, by=held.user, at=self.at + 4 * HOUR)
        self.teams[team["key"]] = made
        others = [p for p in people if p.get("organisation") in team["organisations"]]
        for person in others:
            if person["key"] != team["lead"]:
                user, at = self.people[person["key"]], self.at + 3 * HOUR
                self._join(user, made, TeamRole.MEMBER, by=lead, at=at)


def _details(organisation: Entry) -> dict[str, str]:
    return {
        "name": organisation["name"],
        "kind": organisation["kind"],
        "county_code": organisation.get("county_code", ""),
        "municipality_code": organisation.get("municipality_code", ""),
        "number": organisation.get("org_number", ""),
    }
