"""Organisations, their parts and the teams they form: add and edit."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.record import record
from outbox.models import Lane, Message
from teams.merging import Began, Overtaken, merged, row_merged
from teams.models import (
    Affiliation,
    Membership,
    Organisation,
    Team,
    TeamRole,
    User,
    administrators_of,
)
from teams.refusals import NameTaken, Refused


@transaction.atomic(durable=True)
def add_organisation(
    *, details: Mapping[str, str], parts: Sequence[str] = (), by: User, at: datetime
) -> Organisation:
    """Add an organisation with its parts. Its first administrator is invited afterwards.

    Raises NameTaken.
    """
    made = Organisation(**details, is_demo=by.is_demo, created_at=at)
    _save(made, "name")
    record(made, "organisation.added", by=by, at=at, texts={"name": made.name})
    for name in parts:
        _add_part(made, name, by=by, at=at)
    return made


@transaction.atomic(durable=True)
def add_part(*, organisation: Organisation, name: str, by: User, at: datetime) -> Organisation:
    """Add a part, such as a nämnd or förvaltning. Raises NameTaken."""
    place = Organisation.objects.select_for_update().get(pk=organisation.pk)
    return _add_part(place, name, by=by, at=at)


@transaction.atomic(durable=True)
def edit_organisation(
    *,
    organisation: Organisation,
    details: Mapping[str, str],
    began: Began | None = None,
    by: User,
    at: datetime,
) -> Organisation:
    """Change the organisation's details; history tells which, and what stood there before.

    What was left alone on a page that showed what `began` holds stays as it is now. Raises
    NameTaken and Overtaken.
    """
    place = Organisation.objects.select_for_update().get(pk=organisation.pk)
    details = row_merged(place, details, began)
    _change(place, details, "organisation.changed", by=by, at=at)
    return place


@transaction.atomic(durable=True)
def add_team(
    *,
    details: Mapping[str, Any],
    organisations: Iterable[Organisation],
    by: User,
    at: datetime,
) -> Team:
    """Add a team of organisations, with whoever adds it as its first lead. Raises NameTaken.

    Whoever administrates one of them agrees to the team thereby; who administrates another is
    asked by a letter.
    """
    made = Team(**details, is_demo=by.is_demo, created_at=at)
    _save(made, "name_sv")
    _let_in(made, organisations, by=by, at=at)
    Membership.objects.create(
        user=by, team=made, role=TeamRole.LEAD, from_on=timezone.localdate(at)
    )
    record(
        made,
        "team.added",
        by=by,
        at=at,
        facts={"organisations": _keys(made)},
        texts={"name": made.name_sv},
    )
    return made


@transaction.atomic(durable=True)
def edit_team(
    *,
    team: Team,
    details: Mapping[str, Any],
    organisations: Iterable[Organisation],
    began: Began | None = None,
    began_members: Collection[int] | None = None,
    by: User,
    at: datetime,
) -> Team:
    """Change the team's names, organisations and intermediary. Raises NameTaken and Overtaken.

    `began` and `began_members` are the details and organisations that the writer began with: what
    somebody else has changed, added or taken away meanwhile stays so. Who administrates an
    organisation that is added is asked, as by `add_team`.
    """
    place = Team.objects.select_for_update().get(pk=team.pk)
    before = _keys(place)
    chosen = {one.pk for one in organisations}
    wanted = merged(before, chosen, began_members)
    details = row_merged(place, details, began)
    leads = details.get("intermediary", place.intermediary)
    if leads and leads.pk in chosen - wanted:
        # Somebody has taken it out of the team meanwhile.
        raise Overtaken(["organisations"], {"organisations": before})
    if leads and leads.pk not in wanted:
        raise Refused({"intermediary": _("The intermediary is one of the organisations.")})
    place.affiliations.exclude(organisation__in=wanted).delete()
    _let_in(place, Organisation.objects.filter(pk__in=wanted - {*before}), by=by, at=at)
    after = _keys(place)
    extra = {"organisations": [before, after]} if before != after else {}
    _change(place, details, "team.changed", by=by, at=at, extra=extra)
    return place


@transaction.atomic(durable=True)
def agree_to_team(*, affiliation: Affiliation, by: User, at: datetime) -> None:
    """From now on the team's leads start cases in the organisation's name. Twice is once. Refused
    when the organisation is no longer in the team."""
    place = _locked(affiliation)
    if place.agreed_at is None:
        _agree(place, by=by, at=at)


@transaction.atomic(durable=True)
def take_back_agreement(*, affiliation: Affiliation, by: User, at: datetime) -> None:
    """The team's leads start no more cases in the organisation's name; those begun go on. Twice is
    once. Refused when the organisation is no longer in the team."""
    place = _locked(affiliation)
    if place.agreed_at is None:
        return
    place.agreed_at = place.agreed_by = None
    place.save(update_fields=["agreed_at", "agreed_by"])
    _record(place, "team.agreement_taken_back", by=by, at=at)


def _let_in(team: Team, organisations: Iterable[Organisation], *, by: User, at: datetime) -> None:
    today = timezone.localdate(at)
    own = {*Organisation.objects.administered_by(by, on=today).values_list("pk", flat=True)}
    for organisation in organisations:
        place = Affiliation.objects.create(team=team, organisation=organisation)
        if organisation.pk in own:
            _agree(place, by=by, at=at)
        else:
            _ask(place, on=today)


def _ask(place: Affiliation, *, on: date) -> None:
    """Promise a letter to each administrator of the organisation, at most one a day."""
    for address in administrators_of(place.organisation, on=on):
        Message.objects.post(
            "mail.team_asks",
            subject=f"teams.team:{place.team_id}",
            recipient=address,
            occasion=f"{place.organisation_id}/{on}",
            lane=Lane.MAIL,
        )


def _locked(affiliation: Affiliation) -> Affiliation:
    rows = Affiliation.objects.select_for_update(of=("self",))
    row = rows.select_related("team", "organisation").filter(pk=affiliation.pk).first()
    if row is None:
        raise Refused(_("The organisation has been taken out of the team meanwhile."))
    return row


def _agree(place: Affiliation, *, by: User, at: datetime) -> None:
    place.agreed_at, place.agreed_by = at, by
    place.save(update_fields=["agreed_at", "agreed_by"])
    _record(place, "team.agreed_to", by=by, at=at)


def _record(place: Affiliation, verb: str, *, by: User, at: datetime) -> None:
    texts = {"name": place.organisation.name}
    record(place.team, verb, by=by, at=at, about=place.organisation, texts=texts)


def _keys(team: Team) -> list[int]:
    return sorted(team.organisations.values_list("pk", flat=True))


def _add_part(place: Organisation, name: str, *, by: User, at: datetime) -> Organisation:
    part = Organisation(
        parent=place, name=name, kind=place.kind, is_demo=place.is_demo, created_at=at
    )
    _save(part, "name")
    record(place, "organisation.part_added", by=by, at=at, about=part, texts={"name": name})
    return part


def _change(
    place: Organisation | Team,
    details: Mapping[str, Any],
    verb: str,
    *,
    by: User,
    at: datetime,
    extra: Mapping[str, Any] | None = None,
) -> None:
    changed = {
        name: getattr(place, name)
        for name, value in details.items()
        if getattr(place, name) != value
    }
    if not changed and not extra:
        return
    for name in changed:
        setattr(place, name, details[name])
    _save(place, "name" if isinstance(place, Organisation) else "name_sv")
    record(
        place,
        verb,
        by=by,
        at=at,
        facts={"changed": [*changed, *(extra or {})], **(extra or {})},
        texts={f"was_{name}": str(was or "") for name, was in changed.items()},
    )


def _save(row: models.Model, unique: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as taken:
        raise NameTaken({unique: _("The name is taken.")}) from taken
