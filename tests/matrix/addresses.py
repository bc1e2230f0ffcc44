"""For each address of the house: what it names, and what a valid post to it holds.

The names are those of the URLs. What needs another row or text in one situation says so by
`name@situation`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import URLPattern, URLResolver, get_resolver

from handbook.differences import said
from handbook.sections import Kind, Section, find, revision_of
from procurements.models import CaseRole, TaskNote
from teams.models import Membership, User
from tests.builders_teams import PASSWORD
from tests.matrix.world import Setting, World, a_pdf

DAY = "2026-10-07"
LATER = "2026-12-01"
NEW_PASSWORD = "Granbarr-i-medvind-8"


@cache
def addresses() -> dict[str, str]:
    """Every address of the house by its name; static files are no addresses of the house."""
    return dict(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield str(pattern.name), route


class Asked:
    """One question of the matrix: the world, the case it is about and who asks."""

    def __init__(self, world: World, setting: Setting, situation: str, column: str) -> None:
        self.world, self.it, self.situation, self.column = world, setting, situation, column

    @property
    def user(self) -> User | None:
        return self.world.people.get(self.column)

    @property
    def number(self) -> int:
        return self.it.case.number

    @property
    def key(self) -> str:
        runs = self.it.case.phases_in_order
        return (self.it.case.current_phase or runs[0]).phase.key

    def own_role(self) -> int:
        held = CaseRole.objects.filter(case=self.it.case, user=self.user, until_on=None).first()
        return held.pk if held else self.it.spare.pk  # type: ignore[union-attr]

    def own_membership(self) -> int:
        held = Membership.objects.filter(user=self.user).order_by("pk").first()
        return held.pk if held else self.world.spare_membership.pk


PATHS: dict[str, Callable[[Asked], list[Any]]] = {
    "case_phase_move": lambda a: [a.number, a.it.run],
    "case_phase_shape": lambda a: [a.number, a.it.run],
    "case_role": lambda a: [a.number, a.it.spare.pk],
    "case_role_end": lambda a: [a.number, a.it.spare.pk],
    "case_role_end@own role": lambda a: [a.number, a.own_role()],
    "case_invitation": lambda a: [a.it.token],
    "case_invitation@known": lambda a: [a.world.invitations["case known"].token],
    "case_invitation@used": lambda a: [_used(a.world.invitations["case known"])],
    "case_invitation@unknown": lambda a: ["inget-sådant"],
    "case_invitation_again": lambda a: [a.number, a.it.invitation],
    "case_invitation_withdraw": lambda a: [a.number, a.it.invitation],
    # One's own: the address alone opens it. Of the case those have one who have a role in it.
    "calendar_feed": lambda a: [a.world.feeds.get(a.column, a.world.feeds["observer"]).token],
    "calendar_feed@inside": lambda a: [
        a.world.case_feeds[a.column].token if a.column in a.world.case_feeds else "inget-sådant"
    ],
    "calendar_feed@unknown": lambda a: ["inget-sådant"],
    "case_phase": lambda a: [a.number, a.key],
    "window_roles": lambda a: [a.number, a.key],
    "case_interests": lambda a: [a.number],
    "case_promise": lambda a: [a.number],
    "gate_decide": lambda a: [a.number, a.key],
    "own_task_new": lambda a: [a.number, a.key],
    "task_note_correct": lambda a: [a.number, a.it.task.pk, a.it.note],
    "task_file": lambda a: [a.number, a.it.task.pk, a.it.file],
    "task_file_remove": lambda a: [a.number, a.it.task.pk, a.it.file],
    "deadline_new": lambda a: [a.number],
    "deadline_count": lambda a: [a.number],
    "gate_signed_copy": lambda a: [a.number, a.it.decision, a.it.signature],
    "supplier_correct": lambda a: [a.number, a.it.participant],
    "supplier_withdraw": lambda a: [a.number, a.it.participant],
    "supplier_withdraw_correct": lambda a: [a.number, a.it.withdrawn or a.it.participant],
    "supplier_withdraw_undo": lambda a: [a.number, a.it.withdrawn or a.it.participant],
    "need_reason": lambda a: [a.number, 2],
    "insight_correct": lambda a: [a.number, a.it.insight],
    "insight_share": lambda a: [a.number, a.it.insight],
    "paper_file": lambda a: [*_paper(a), 1],
    "paper_prepare": lambda a: [a.number, a.key, "paper-need_description"],
    "paper_prepare@secret inside": lambda a: [a.number, a.key, "paper-phase_decision"],
    "paper_prepare@secret outside": lambda a: [a.number, a.key, "paper-phase_decision"],
    "paper_copy": lambda a: [a.number, a.key, "paper-need_description"],
    "paper_copy@secret inside": lambda a: [a.number, a.key, "paper-phase_decision"],
    "paper_copy@secret outside": lambda a: [a.number, a.key, "paper-phase_decision"],
    "organisation": lambda a: [a.world.municipality.pk],
    "edit_organisation": lambda a: [a.world.municipality.pk],
    "add_part": lambda a: [a.world.municipality.pk],
    "edit_statement": lambda a: [a.world.municipality.pk],
    "organisation_feedback": lambda a: [a.world.municipality.pk],
    "send_letters_again": lambda a: [a.world.municipality.pk],
    "invite_to_organisation": lambda a: [a.world.authority.pk],
    "accessibility_of": lambda a: [a.world.municipality.pk],
    "accessibility_feedback_of": lambda a: [a.world.municipality.pk],
    "team": lambda a: [a.world.team.pk],
    "edit_team": lambda a: [a.world.team.pk],
    "agree_to_team": lambda a: [a.world.team.pk, a.world.municipality.pk],
    "take_back_agreement": lambda a: [a.world.team.pk, a.world.municipality.pk],
    "invite_to_team": lambda a: [a.world.team.pk],
    "change_role": lambda a: [a.world.spare_membership.pk],
    "end_role": lambda a: [a.world.spare_membership.pk],
    "end_role@own role": lambda a: [a.own_membership()],
    "close_account": lambda a: [a.world.people["spare"].pk],
    "close_account@own": lambda a: [(a.user or a.world.people["spare"]).pk],
    "open_account": lambda a: [a.world.people["spare"].pk],
    "resend_invitation": lambda a: [a.world.invitations["new"].pk],
    "resend_invitation@team": lambda a: [a.world.invitations["team"].pk],
    "withdraw_invitation": lambda a: [a.world.invitations["new"].pk],
    "withdraw_invitation@team": lambda a: [a.world.invitations["team"].pk],
    "invitation": lambda a: [a.world.invitations["new"].token],
    "invitation@known": lambda a: [a.world.invitations["known"].token],
    "invitation@used": lambda a: [_used(a.world.invitations["known"])],
    "invitation@unknown": lambda a: ["inget-sådant"],
    "verify_code": lambda a: ["7Q2MZ-8R4K1-W9X3T-5B6VH"],
    "correct": lambda a: [_handbook(a)[0]],
    "correct_section": lambda a: _drafted_step(a),
    "draft": lambda a: [_handbook(a)[0]],
    "draft_begin": lambda a: [_handbook(a)[0]],
    "draft_begin@fresh": lambda a: _without_draft(a),
    "draft_add": lambda a: [_handbook(a)[0]],
    "draft_differences": lambda a: [_handbook(a)[0]],
    "draft_publish": lambda a: [_handbook(a)[0]],
    "draft_away": lambda a: [_handbook(a)[0]],
    "draft_section": lambda a: _drafted_step(a),
    "draft_paper": lambda a: _drafted_paper(a),
    "draft_paper_status": lambda a: _drafted_paper(a),
    "draft_paper_file": lambda a: _drafted_paper(a),
    "draft_as_case": lambda a: [_handbook(a)[0], a.world.draft.whole["phases"][0]["key"]],
    "draft_move": lambda a: _drafted_step(a),
    "draft_aside": lambda a: _drafted_step(a),
    "draft_back": lambda a: [_handbook(a)[0], *a.world.draft.aside[0]["path"].split(":")],
    "handbook_edition": lambda a: [*_handbook(a), "sv"],
    "handbook_pdf": lambda a: [*_handbook(a), "sv"],
    "handbook_pdf_again": lambda a: [*_handbook(a), "sv"],
    "handbook_suggest": lambda a: _handbook(a),
    "handbook_suggest_step": lambda a: [*_handbook(a), a.world.handbook_step],
    "handbook_suggestions": lambda a: _handbook(a)[:1],
    "suggestion": lambda a: [a.world.suggestion],
    "suggestion_accept": lambda a: [a.world.suggestion],
    "suggestion_decline": lambda a: [a.world.suggestion],
    "handbook_part": lambda a: [*_handbook(a), "sv", "roles"],
    "handbook_phase": lambda a: [*_handbook(a), "sv", a.world.handbook_phase],
    "handbook_own_language": lambda a: _handbook(a),
    "handbook_phase_own_language": lambda a: [*_handbook(a), a.world.handbook_phase],
    "account_reset_password_from_key": lambda a: _reset_link(a),
}
PAPERS = ("paper", "paper_status", "paper_retry", "paper_file")


def _handbook(a: Asked) -> list[Any]:
    return [a.world.handbook.handbook.key, a.world.handbook.version]


def _drafted_step(a: Asked) -> list[Any]:
    return [_handbook(a)[0], "step", a.world.draft.whole["phases"][0]["steps"][0]["key"]]


def _drafted_paper(a: Asked) -> list[Any]:
    return [_handbook(a)[0], a.world.draft.whole["templates"][0]["key"]]


def _without_draft(a: Asked) -> list[Any]:
    a.world.draft.__class__.objects.all().delete()
    return [_handbook(a)[0]]


def _paper(a: Asked) -> list[Any]:
    kind = a.situation.split()[0]
    return [a.number, {"secret": a.it.secret_paper, "order": a.it.order}.get(kind, a.it.paper)]


def _used(invitation: Any) -> str:
    type(invitation).objects.filter(pk=invitation.pk).update(revoked_at=invitation.invited_at)
    return str(invitation.token)


def _reset_link(a: Asked) -> list[Any]:
    spare = a.world.people["spare"]
    return [user_pk_to_url_str(spare), default_token_generator.make_token(spare)]


def path_of(name: str, asked: Asked) -> list[Any]:
    """What the address of that name holds between its slashes."""
    made = PATHS.get(f"{name}@{asked.situation}") or PATHS.get(name)
    if made:
        return made(asked)
    if name in PAPERS:
        return _paper(asked)
    if name.startswith("task"):
        own = asked.situation.startswith("own task")
        return [asked.number, asked.it.own_task if own else asked.it.task.pk]  # type: ignore[union-attr]
    if name.startswith("deadline"):
        return [asked.number, asked.it.deadline]
    if name.startswith("reminder_") and name != "reminder_coming":
        return [asked.number, asked.it.reminder]
    if name.startswith("gate"):
        return [asked.number, asked.it.decision]
    return [asked.number] if "<int:number>" in addresses()[name] else []


# What a valid post holds. An address that takes no post is not here.

ORGANISATION = {
    "name": "Nya kommunen", "kind": "municipality", "number": "", "address": "", "email": "",
    "registry_email": "",
}  # fmt: skip
INVITED = {"email": "nyast@upp.example", "name": "Nyast", "role": "member", "language": "sv"}
NEW_PERSON = {"person_name": "Ny", "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
SUGGESTED = {"text": "Fråga också natten.", "reason": "Vi missade den.", "language": "sv"}
LEGAL = {
    "cpv": "85312000-9", "rd_cpv": "no", "rd_cpv_reason": "Det är omsorg.",
    "annex_2": "yes", "annex_2_reason": "Omsorg.",
    "exclusive": "", "wholly_paid": "",
    "value_fees": "100 000", "sent_on": DAY, "track": "direct_award_19a", "reasons": "Litet värde.",
}  # fmt: skip


def _gate(a: Asked) -> dict[str, Any]:
    going = {f"go_{one.pk}": "on" for one in a.it.case.participants.filter(state="in")}
    return going | {
        "outcome": "proceed", "reasons": "Behovet är verkligt.", "decided_by": "Omsorgsnämnden",
        "reference": "protokoll § 4", "decided_on": str(a.world.now.date()),
        "despite": "Resten görs senare.",
    }  # fmt: skip


def _correction(a: Asked) -> dict[str, Any]:
    from procurements.models import GateDecision

    decision = GateDecision.objects.get(pk=a.it.decision)
    going = {f"go_{row.participant_id}": "on" for row in decision.outcomes.all()}
    return _gate(a) | going | {"decided_on": str(decision.decided_on), "correction": "Fel dag."}


def _written_step(a: Asked) -> dict[str, Any]:
    whole = a.world.draft.whole
    section = Section(Kind.STEP, whole["phases"][0]["steps"][0]["key"])
    step = find(whole, section)
    empty = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    lists = {
        f"{name}-{what}": n for name in ("tag_notes", "checklist") for what, n in empty.items()
    }
    kept = ("offset_days", "applies_to", "who", "law", "produces")
    return {
        "title": "Ett nytt namn", "guidance": "Gör så.", "required": "on",
        "started_from": revision_of(whole, section),
    } | {name: step[name] for name in kept} | lists  # fmt: skip


def _corrected_step(a: Asked) -> dict[str, Any]:
    whole = a.world.draft.base
    section = Section(Kind.STEP, whole["phases"][0]["steps"][0]["key"])
    words = said(find(whole, section), "sv")
    return {name.replace(".", "__"): text for name, text in words.items()} | {
        "title": "Ett rättat namn", "reason": "Fel ord.",
        "started_from": revision_of(whole, section),
    }  # fmt: skip


POSTS: dict[str, Callable[[Asked], dict[str, Any]]] = {
    "case_new": lambda a: {
        "key": uuid.uuid4(), "title": "Nytt ärende", "authority": a.world.authority.pk,
        "edition": a.world.edition.pk, "context": "service", "role": "procurer",
        "planned_start_on": LATER, "confirmed": "1",
    },
    "case_edit": lambda a: {"title": "Nytt namn"},
    "case_begin": lambda a: {"on": LATER},
    "case_interests": lambda a: {"interests": "Äger aktier i Ask."},
    "case_promise": lambda a: {"has_promised": "on", "interests": "Inga."},
    "window_roles": lambda a: {"roles": ["process_leader", "assessor"]},
    "case_pause": lambda a: {"reason": "Sommar."},
    "case_resume": lambda a: {"reason": "Höst."},
    "case_stop": lambda a: {"reason": "Behovet är borta.", "confirmed": "on"},
    "case_discard": lambda a: {"confirmed": "on"},
    "case_phase_move": lambda a: {"starts_on": LATER},
    "case_phase_shape": lambda a: {
        "planned_ends_on": LATER,
        "planned_gate_on": LATER,
        "planned_suppliers": 5,
        "fee": "30 000",
    },
    "case_legal": lambda a: LEGAL,
    "case_role_give": lambda a: {"user": a.world.people["spare"].pk, "role": "coach"},
    "case_invite": lambda a: INVITED | {"role": "observer"},
    "case_role": lambda a: {"role": "coach", "from_on": LATER},
    "case_role_end": lambda a: {"until_on": DAY},
    "case_invitation_again": lambda a: {},
    "case_invitation_withdraw": lambda a: {},
    "case_invitation": lambda a: NEW_PERSON | {"has_promised": "on", "interests": "inga"},
    "gate_decide": _gate,
    "gate_sign": lambda a: {
        "role": "chief" if a.column == "manager" else "buyer", "password": PASSWORD,
    },
    "gate_copy": lambda a: {
        "role": "chief", "name": "Lisbet Lund", "signed_on": DAY, "upload": a_pdf("kopia.pdf"),
    },
    "gate_correct": _correction,
    "own_task_new": lambda a: {"title": "Boka rummet", "assignee": "", "due_on": LATER},
    "deadline_new": lambda a: {"title": "Svara nämnden", "due_on": LATER, "run": a.it.phase},
    "deadline_count": lambda a: {
        "period": "documentation_direct", "event_on": LATER, "run": a.it.phase,
    },
    "deadline_change": lambda a: {"title": "Ring tidigare", "due_on": LATER},
    "deadline_announce": lambda a: {"was": ""},
    "deadline_keep": lambda a: {},
    "deadline_reopen": lambda a: {},
    "deadline_withdraw": lambda a: {"reason": "Behövs inte."},
    "calendar_open": lambda a: {},
    "calendar_close": lambda a: {},
    "case_rhythm": lambda a: {"steps": ["3", "late"]},
    "reminder_hold": lambda a: {},
    "reminder_release": lambda a: {},
    "reminder_send": lambda a: {},
    "reminder_coming": lambda a: {
        "key": f"deadline-{a.it.deadline}-{a.world.people['procurer'].pk}-7",
    },
    "task_plan": lambda a: {"assignee": "", "due_on": LATER},
    "task_checklist": lambda a: {"item": [f"{a.it.task.step.key}.1"], "shown": []},
    "task_done": lambda a: {},
    "task_reopen": lambda a: {},
    "task_drop": lambda a: {"reason": "Behövs inte."},
    "task_note": lambda a: {"text": "En anteckning."},
    "task_note_correct": lambda a: {
        "text": "Så gick det till.", "was": TaskNote.objects.get(pk=a.it.note).text,
    },
    "task_attach": lambda a: {"upload": a_pdf("nytt.pdf")},
    "task_file_remove": lambda a: {},
    "supplier_new": lambda a: {
        "name": "Dalkarl AB", "country": "SE", "number": "", "contact_name": "",
        "contact_email": "",
    },
    "suppliers_paste": lambda a: {"pasted": "Dalkarl AB;SE\nEkvall AB;SE", "act": "save"},
    "suppliers_mistaken": lambda a: {
        # The one to whom nothing has been written.
        "suppliers": [a.it.case.participants.filter(papers=None).last().pk],
        "reason": "Fel lista.",
    },
    "supplier_correct": lambda a: {"name": "Ask AB", "country": "SE"},
    "supplier_withdraw": lambda a: {"reason": "Hinner inte."},
    "supplier_withdraw_correct": lambda a: {
        "reason": "Har inte folk nog.", "was": "Hinner inte.",
    },
    "supplier_withdraw_undo": lambda a: {"reason": "Det var en annan."},
    "need_write": lambda a: {
        "title": "Tredje behovet", "reason": "Vi vet mer.", "started_from": "2", "act": "save",
    },
    "need_reason": lambda a: {"reason": "Vi har lyssnat på natten.", "was": "Vi har lärt oss."},
    "case_diary": lambda a: {
        "title": "Ny insikt", "text": "De väntar.", "source": "test", "audience": "team",
    },
    "insight_correct": lambda a: {
        "title": "Rättad", "text": "De väntar länge.", "source": "test",
    },
    "insight_share": lambda a: {},
    "paper_retry": lambda a: {},
    "paper_prepare": lambda a: {"language": "sv", "fill_words": "Ord ur ärendet", "act": "order"},
    "paper_copy": lambda a: {"file": a_pdf("kopia.pdf")},
    "history_paper": lambda a: {},
    "handbook_pdf_again": lambda a: {},
    "handbook_suggest": lambda a: SUGGESTED,
    "handbook_suggest_step": lambda a: SUGGESTED,
    "suggestion_accept": lambda a: {"draft": "", "answer": "Tack."},
    "suggestion_decline": lambda a: {"answer": "Det står redan i fasen före."},
    "welcome": lambda a: ORGANISATION | NEW_PERSON | {"person_email": "f@upp.example"},
    "account": lambda a: {
        "name": "Nytt Namn", "language": "sv", "scheme": "auto", "rhythm": "7 1 late",
    },
    "appearance": lambda a: {"scheme": "dark", "next": "/privacy/"},
    "demo_sign_in": lambda a: {"person": a.world.people["spare"].pk},
    "add_organisation": lambda a: ORGANISATION | {"parts": "Nämnden"},
    "edit_organisation": lambda a: ORGANISATION | {"name": "Lindhaga"},
    "add_part": lambda a: {"name": "Skolnämnden"},
    "edit_statement": lambda a: {
        "service": "Upptakt", "compliance": "partial", "method": "Egen provning.",
        "shortcomings": "Kartan.", "assessed_on": DAY,
    },
    "send_letters_again": lambda a: {},
    "invite_to_organisation": lambda a: INVITED,
    "invite_to_team": lambda a: INVITED,
    "add_team": lambda a: {"name_sv": "Nytt team", "organisations": [a.world.municipality.pk]},
    "agree_to_team": lambda a: {},
    "take_back_agreement": lambda a: {},
    "edit_team": lambda a: {"name_sv": "Teamet", "organisations": [a.world.municipality.pk]},
    "change_role": lambda a: {"role": "editor", "from_on": DAY},
    "end_role": lambda a: {"until_on": DAY},
    "close_account": lambda a: {"reason": "Har slutat.", "password": PASSWORD},
    "open_account": lambda a: {},
    "resend_invitation": lambda a: {},
    "withdraw_invitation": lambda a: {},
    "invitation": lambda a: NEW_PERSON,
    "accessibility_feedback": lambda a: {"text": "Det går inte att läsa."},
    "accessibility_feedback_of": lambda a: {"text": "Det går inte att läsa."},
    "verify": lambda a: {"code": "7Q2MZ-8R4K1-W9X3T-5B6VH"},
    "verify_code": lambda a: {"code": "7Q2MZ-8R4K1-W9X3T-5B6VH"},
    "sign_out_elsewhere": lambda a: {},
    "stay": lambda a: {},
    "account_login": lambda a: {"login": a.world.people["spare"].email, "password": PASSWORD},
    "account_logout": lambda a: {},
    "account_reauthenticate": lambda a: {"password": PASSWORD},
    "account_change_password": lambda a: {
        "oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD,
    },
    "account_set_password": lambda a: {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    "account_reset_password": lambda a: {"email": a.world.people["spare"].email},
    "draft_begin": lambda a: {"version": "0.3"},
    "draft_add": lambda a: {"kind": "phase", "title": "Andrum"},
    "draft_publish": lambda a: {
        "sv": "Ett steg mindre.", "en": "One step less.", "started_from": a.world.draft.revision,
    },
    "draft_away": lambda a: {},
    "draft_section": _written_step,
    "correct_section": _corrected_step,
    "draft_move": lambda a: {
        "to": "down", "stood": f"{a.world.draft.whole['phases'][0]['key']}.0",
    },
    "draft_paper": lambda a: {"language": "en"},
    "draft_aside": lambda a: {},
    "draft_back": lambda a: {},
    "account_reset_password_from_key": lambda a: {
        "password1": NEW_PASSWORD, "password2": NEW_PASSWORD,
    },
}  # fmt: skip
