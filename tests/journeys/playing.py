"""A whole case played through its pages without a browser, from the start to the last gate."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.test import Client
from django.urls import reverse

from documents.models import Revision
from handbook.models import DocumentTemplate, Edition
from handbook.purposes import Context
from procurements.legaltrack import CONDITIONS
from procurements.models import Case, GateDecision, PhaseDocument
from procurements.operations.gate import needs_track
from procurements.states import CaseState, ParticipantState
from teams.models import User
from tests.builders_teams import PASSWORD
from tests.journeys.walking import deliver
from tests.people import People

SUPPLIERS = ("Askdalens vård AB", "Björkängens omsorgsteknik AB", "Cederlunds hemtjänst AB")
LEGAL = {
    "rd_cpv": "no", "rd_cpv_reason": "Det är drift.", "annex_2": "yes",
    "annex_2_reason": "Omsorg.", "exclusive": "", "wholly_paid": "", "value_fees": "100 000",
    "track": "direct_award_19a", "reasons": "Litet värde.",
}  # fmt: skip
OUTSIDE_THE_ACT = {
    "cpv": "73120000-9", "rd_cpv": "yes", "rd_cpv_reason": "Det är utveckling.",
    "exclusive": "no", "exclusive_reason": "Leverantörerna behåller rättigheterna.",
    "wholly_paid": "yes", "wholly_paid_reason": "Vi betalar allt.",
    "annex_2": "no", "annex_2_reason": "Ingen vårdtjänst.",
    **dict.fromkeys(CONDITIONS, "yes"), "value_fees": "2 000 000",
    "track": "pcp_outside_lou", "reasons": "Resultatet delas.",
}  # fmt: skip
TYPED = {
    "lines": "En rad\nEn till", "longtext": "Några ord om det.", "text": "Några ord",
    "date": "2030-06-03", "money": "25000", "integer": "3", "boolean": "on",
}  # fmt: skip


class Player:
    """One case, the people who play it, and the clock they play it by."""

    legal: dict[str, str] = LEGAL

    def __init__(self, people: People, edition: Edition, monday: datetime, clock: Any) -> None:
        self.people, self.edition, self.clock = people, edition, clock
        self.at(monday.date())
        self.ordered: dict[str, PhaseDocument] = {}
        self.case = self._started(monday.date())

    def at(self, day: date) -> None:
        self.clock.move_to(datetime.combine(day, time(10), ZoneInfo("Europe/Stockholm")), tick=True)

    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def post(self, name: str, *path: Any, by: User | None = None, **typed: Any) -> Any:
        """Post a form, which is taken."""
        client = self.client(by or self.people.per)
        asked = typed.pop("asked", "")
        response = client.post(reverse(name, args=[*path]) + asked, typed)
        form = (response.context or {}).get("form") if response.status_code != 302 else None
        assert response.status_code in (302, 303), (
            name,
            response.status_code,
            form and form.errors,
        )
        return response

    def _started(self, day: date) -> Case:
        self.post(
            "case_new", key=uuid4(), title="Trygg första vecka hemma",
            authority=self.people.authority.pk, edition=self.edition.pk,
            context=Context.SERVICE, role="procurer", planned_start_on=day, confirmed="yes",
        )  # fmt: skip
        case = Case.objects.get()
        roles = {"management": self.people.nora, "need_owner": self.people.anna}
        for role, user in roles.items():
            self.post("case_role_give", case.number, user=user.pk, role=role)
        self.post(
            "need_write", case.number, title="Nätter ska bli trygga", started_from=0, act="save"
        )
        self.post("case_begin", case.number, on=day)
        return Case.objects.get()

    def play(self) -> Case:
        """Every phase to its gate; a paper of each purpose as soon as there is one."""
        for _ in range(self.edition.phases.count()):
            self.phase()
        return Case.objects.get()

    def phase(self) -> None:
        case = self.case = Case.objects.get()
        run = case.current_phase
        assert run is not None
        number, key = case.number, run.phase.key
        self.at(run.started_on or run.planned_starts_on)
        if run.phase.admits_suppliers:
            self.post("suppliers_paste", number, pasted="\n".join(SUPPLIERS), act="save")
        if needs_track(case, run):
            self.post("case_legal", number, sent_on=run.started_on, **self.legal)
        for task in run.tasks.all():
            self.post("task_done", number, task.pk)
        self.order_papers(key)
        page = self.client(self.people.per).get(reverse("case_phase", args=[number, key]))
        assert page.status_code == 200
        assert list(page.context["hindrances"]) == []
        taking_part = case.participants.filter(state=ParticipantState.IN)
        self.post(
            "gate_decide", number, key, outcome="proceed", reasons="Det fungerar.",
            decided_by="Omsorgsnämnden", reference="protokoll § 4", decided_on=run.started_on,
            **{f"go_{one.pk}": "on" for one in taking_part},
        )  # fmt: skip
        self.sign()

    def sign(self) -> None:
        """Everybody who is asked to signs; one person signs in one role."""
        decision = GateDecision.objects.latest("pk")
        for user in (self.people.per, self.people.nora, self.people.anna):
            page = self.client(user).get(reverse("gate", args=[self.case.number, decision.pk]))
            form = page.context.get("sign_form")
            if form:
                role = form.fields["role"].choices[0][0]
                self.post(
                    "gate_sign",
                    self.case.number,
                    decision.pk,
                    by=user,
                    role=role,
                    password=PASSWORD,
                )
        decision.refresh_from_db()
        assert decision.is_in_effect

    def order_papers(self, key: str) -> None:
        for template in DocumentTemplate.objects.filter(edition=self.edition, phases__key=key):
            if template.serves not in self.ordered:
                self.ordered[template.serves] = self.order(template, key)
        deliver()

    def order(self, template: DocumentTemplate, key: str) -> PhaseDocument:
        place = [self.case.number, key, template.key]
        client, asked = self.client(self.people.per), ""
        page = client.get(reverse("paper_prepare", args=place))
        if "form" not in page.context:
            asked = f"?supplier={page.context['suppliers'][0][0].pk}"
            page = client.get(reverse("paper_prepare", args=place) + asked)
        form = page.context["form"]
        typed = {f"fill_{row['key']}": _typed(row) for row in form.rows}
        extra = {"supplier": asked.rpartition("=")[2]} if asked else {}
        answer = self.post("paper_prepare", *place, asked=asked, language="sv", act="order",
                           **typed, **extra)  # fmt: skip
        return PhaseDocument.objects.get(pk=answer["Location"].strip("/").split("/")[-1])

    def assert_whole(self) -> None:
        """The last gate is behind, and a paper of every purpose of the edition is ready."""
        assert Case.objects.get().state == CaseState.COMPLETED
        purposes = DocumentTemplate.objects.filter(edition=self.edition).values_list("serves")
        assert set(self.ordered) == {serves for (serves,) in purposes}
        states = {one.shown_code: one.state for one in Revision.objects.all()}
        assert set(states.values()) == {"ready"}


def _typed(row: dict[str, Any]) -> str:
    return row["options"][0]["value"] if row["type"] == "choice" else TYPED[row["type"]]
