"""How the history of organisations, teams and people reads."""

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.roles import OrganisationRole, TeamRole

ROLES = {str(role.value): role.label for role in (*TeamRole, *OrganisationRole)}


def _changed(model: str, words: str | Promise) -> Callable[[Mapping[str, Any]], str]:
    """A sentence that names the changed fields as the pages do."""

    def tell(fields: Mapping[str, Any]) -> str:
        meta = apps.get_model("teams", model)._meta
        names = fields["changed"].split(", ")
        labels = [str(getattr(meta.get_field(name), "verbose_name", name)) for name in names]
        return str(words) % {"changed": ", ".join(labels)}

    return tell


def _role(words: str | Promise) -> Callable[[Mapping[str, Any]], str]:
    """A sentence that says the roles in words."""

    def tell(fields: Mapping[str, Any]) -> str:
        said = {name: fields[name] for name in fields}
        for name in ("role", "was", "now"):
            if name in said:
                said[name] = str(ROLES.get(said[name], said[name])).lower()
        return str(words) % said

    return tell


def _closed(fields: Mapping[str, Any]) -> str:
    if "reason" in fields:
        return str(_("The account of %(name)s was closed: %(reason)s")) % fields
    return str(_("The account of %(name)s was closed.")) % fields


SENTENCES = {
    "journal.day_closed": _(
        "The %(streams)s chains up to %(day_on)s have the fingerprint %(fingerprint)s"
    ),
    "installation.begun": _("The installation was begun with %(organisation)s."),
    "organisation.added": _("The organisation %(name)s was added."),
    "organisation.changed": _changed(
        "Organisation", _("The organisation's details were changed: %(changed)s.")
    ),
    "organisation.part_added": _("The part %(name)s was added."),
    "team.added": _("The team %(name)s was added."),
    "team.changed": _changed("Team", _("The team's details were changed: %(changed)s.")),
    "team.agreed_to": _("%(name)s agreed that the team starts cases in its name."),
    "team.agreement_taken_back": _(
        "%(name)s took back that the team starts cases in its name; those begun go on."
    ),
    "invitation.sent": _role(_("%(email)s was invited as %(role)s.")),
    "invitation.sent_again": _("The invitation to %(email)s was sent again."),
    "invitation.withdrawn": _("The invitation to %(email)s was withdrawn."),
    "invitation.accepted": _role(_("%(name)s accepted the invitation as %(role)s.")),
    "role.changed": _role(_("%(name)s is %(now)s from %(from_on)s, before that %(was)s.")),
    "role.ended": _role(_("%(name)s is no longer %(role)s from %(until_on)s.")),
    "profile.changed": _changed("User", _("Own details were changed: %(changed)s.")),
    "account.closed": _closed,
    "account.opened": _("The account of %(name)s was opened again."),
    "accessibility.statement_changed": _("The accessibility statement was changed."),
    "letters.sent_again": _("Letters that could not be delivered were sent again: %(letters)s."),
    "roles.followed_again": _("What follows in cases from roles here was tried again: %(roles)s."),
    "accessibility.feedback_received": _("Feedback on accessibility came in."),
}
