"""Letters about cases: the case's title, what, when and a link; never a supplier or an amount."""

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from outbox.models import Message
from procurements.models import CaseInvitation
from procurements.states import ROLE_SENTENCES, Role
from teams.letters import page_address, send
from teams.models import InviteState


def send_case_invitation(message: Message) -> None:
    """Send an invitation's link, unless it has been answered, withdrawn or has expired."""
    key = int(message.subject.rpartition(":")[2])
    invitation = CaseInvitation.objects.select_related("case__authority", "invited_by").get(pk=key)
    if invitation.state(at=timezone.now()) is not InviteState.WAITING:
        return
    role = Role(invitation.role)
    with translation.override(invitation.language):
        subject = _("Invitation to the case %(title)s in Upptakt") % {
            "title": invitation.case.title
        }
        body = render_to_string(
            "procurements/people/invitation.txt",
            {
                "invitation": invitation,
                "role": role.label,
                "explained": ROLE_SENTENCES[role],
                "link": page_address("case_invitation", invitation.token),
            },
        )
    send(message, to=[invitation.email], subject=subject, body=body)
