import html
import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from documents.models import StoredFile
from documents.saying import day_in_words
from handbook.models import DocumentTemplate
from journal.models import Event
from procurements import days
from procurements.models import Case, CasePhase, GateDecision, PhaseDocument, Round
from procurements.operations.case import move_phase, stop_case
from procurements.operations.correcting import correct_gate
from procurements.operations.gate import Verdict
from procurements.operations.paper import Place, order_paper
from procurements.operations.signing import sign_gate
from procurements.operations.supplier import TypedSupplier, admit_suppliers, withdraw_supplier
from procurements.views.paper import prepare_url
from teams.models import User
from tests.builders import (
    a_case,
    a_case_in_admission,
    an_edition,
    at_start_of,
    let_be,
    passed_gate,
)
from tests.builders_teams import PASSWORD
from tests.forms import fields_of
from tests.people import People, everybody, signed_in
from tests.test_leaks import TOKENS

pytestmark = pytest.mark.django_db
NAMES = ("Exempelföretaget Ask", "Exempelföretaget Björk", "Exempelföretaget Ceder")


@pytest.fixture
def people() -> People:
    cache.clear()
    return everybody()


@pytest.fixture
def case(people: People, time_machine) -> Case:
    """In its first phase; Nora is management, Lena observes."""
    case = a_case(
        by=people.per,
        authority=people.authority,
        roles={"management": people.nora, "observer": people.lena},
    )
    time_machine.move_to(at_start_of(case), tick=False)
    return case


@pytest.fixture
def secret(people: People, time_machine) -> Case:
    """In its second phase, secret, with three suppliers; its gate is signed by two."""
    case = a_case_in_admission(
        by=people.per,
        authority=people.authority,
        roles={"management": people.nora, "observer": people.lena},
        edition=an_edition(signatures=["chief", "buyer"], signed_phases=[1]),
    )
    time_machine.move_to(at_start_of(case), tick=False)
    admit_suppliers(
        case=case,
        suppliers=[TypedSupplier(name) for name in NAMES],
        by=people.per,
        at=at_start_of(case),
    )
    return Case.objects.get(pk=case.pk)


def goes_on(case: Case) -> dict[int, Verdict]:
    return {one.pk: Verdict(True) for one in case.participants.all()}


def said(case: Case, **changed) -> dict:
    """What is posted; a field changed to nothing is left out."""
    going = {f"go_{one.pk}": "on" for one in case.participants.filter(state="in")}
    fields = going | {
        "outcome": "proceed",
        "reasons": "Behovet är verkligt.",
        "decided_by": "Omsorgsnämnden",
        "reference": "protokoll § 4",
        "decided_on": at_start_of(case).date().isoformat(),
        "despite": "Resten görs senare.",
    }
    return {name: value for name, value in (fields | changed).items() if value}


def decide(user, case: Case, **changed):
    key = case.current_phase.phase.key
    address = reverse("gate_decide", args=[case.number, key])
    return signed_in(user).post(address, said(case, **changed))


def test_two_who_sign_are_told_of_as_a_pair_before_and_after_the_decision(people, secret):
    people.per.language = "en"
    people.per.save()
    client, key = signed_in(people.per), secret.current_phase.phase.key
    form = client.get(reverse("case_phase", args=[secret.number, key])).text
    decide(people.per, secret)
    overview = client.get(secret.get_absolute_url()).text

    told = re.compile(r"Takes effect when signed by \w+ \(en\) and \w+ \(en\)\.")
    assert told.search(form)
    assert told.search(overview)


def test_a_decision_is_recorded_and_shown(people, case):
    response = decide(people.per, case)

    decision = GateDecision.objects.get()
    assert (response.status_code, response["Location"]) == (
        303,
        reverse("gate", args=[case.number, decision.pk]),
    )
    assert decision.recorded_by == people.per
    html = signed_in(people.lena).get(response["Location"]).content.decode()
    assert all(words in html for words in ("Omsorgsnämnden", "protokoll § 4", "Per Palm"))


def test_who_decided_is_a_person_of_the_case_when_named_so(people, case):
    decide(people.per, case, decided_by="Nora Nord")

    assert GateDecision.objects.get().decided_by_user == people.nora


def test_the_second_of_two_is_told_and_keeps_what_was_typed(people, case):
    decide(people.per, case)

    client = signed_in(people.per)
    address = reverse("gate_decide", args=[case.number, "part-0"])
    response = client.post(address, said(case, reasons="Mina egna skäl, långa."))

    html = response.content.decode()
    assert response.status_code == 422
    assert "Någon har redan registrerat ett beslut vid grinden." in html
    assert "Mina egna skäl, långa." in html
    # Nothing can be put right here: the page leads to the decision.
    assert response.context["decision"] == GateDecision.objects.get()
    form = html.partition('id="gate"')[2].partition("</form>")[0]
    assert "data-errors" in form
    assert reverse("gate", args=[case.number, GateDecision.objects.get().pk]) in form
    assert "<button" not in form
    assert "Rätta en sak" not in html
    assert GateDecision.objects.count() == 1


def test_it_is_said_that_a_decision_waits_and_that_nobody_can_sign_it(people, secret):
    User.objects.filter(pk=people.per.pk).update(language="en")
    client = signed_in(people.per)
    address = reverse("gate_decide", args=[secret.number, "part-1"])
    page = client.post(address, said(secret), follow=True)

    assert [str(one) for one in page.context["messages"]] == [
        "The decision is recorded and takes effect with the last signature"
    ]
    assert page.context["unheld"] == []
    let_be(secret.roles.filter(user=people.nora), "observer")

    page = client.get(page.redirect_chain[-1][0])

    assert page.context["unheld"] == ["Chief (en)"]
    signatures = page.content.decode().partition('id="signatures"')[2]
    assert reverse("case_people", args=[secret.number]) in signatures


def test_who_corrects_is_told_what_to_do_where_another_outcome_was_meant(people, case):
    decide(people.per, case)
    address = reverse("gate_correct", args=[case.number, GateDecision.objects.get().pk])

    User.objects.filter(pk=people.per.pk).update(language="en")
    page = signed_in(people.per).get(address)

    assert "pause the case or stop it" in page.content.decode()


def test_errors_are_said_at_their_field_and_in_the_summary(people, case):
    response = decide(people.per, case, reasons="", decided_on="2026-13-40", despite="")

    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_reasons_error"' in html
    assert 'id="id_decided_on_error"' in html
    assert 'href="#id_despite"' in html
    assert 'value="protokoll § 4"' in html
    assert GateDecision.objects.count() == 0


def test_a_refusal_by_the_day_is_said_at_the_day(people, case):
    response = decide(people.per, case, decided_on="2026-10-08")

    assert response.status_code == 422
    assert 'id="id_decided_on_error"' in response.content.decode()


def test_looked_over_first_a_decision_is_shown_as_it_would_be_recorded(people, secret):
    first = secret.participants.first()
    leaves = {f"go_{first.pk}": "", f"reason_{first.pk}": "Saknar kapacitet."}

    response = decide(people.per, secret, **leaves, preview="yes")

    html = response.content.decode()
    assert response.status_code == 200
    assert "<span data-to>2</span>" in html
    shown = html[html.index('id="looked-over"') : html.index("Besluta grind")]
    for words in (
        "Inget är registrerat än",
        "avslutas",
        "Saknar kapacitet.",
        "protokoll § 4",
    ):
        assert words in shown
    assert "data-errors" not in html
    assert GateDecision.objects.count() == 1


def test_looked_over_first_it_is_said_that_nobody_goes_on(people, secret):
    everybody_leaves = {}
    for one in secret.participants.all():
        everybody_leaves |= {f"go_{one.pk}": "", f"reason_{one.pk}": "Saknar kapacitet."}
    first = secret.participants.first()
    one_leaves = {f"go_{first.pk}": "", f"reason_{first.pk}": "Saknar kapacitet."}

    pages = [
        decide(people.per, secret, preview="yes", **typed).content.decode()
        for typed in (everybody_leaves, one_leaves)
    ]

    assert ["Ingen leverantör går vidare." in page for page in pages] == [True, False]


def test_it_is_said_how_many_the_next_phase_is_planned_for_and_when_more_go_on(people, secret):
    following = secret.run_after(secret.current_phase)
    is_more = "Fler leverantörer går vidare än nästa fas är planerad för."

    def planned(suppliers: int | None, fee: int | None) -> list[str]:
        CasePhase.objects.filter(pk=following.pk).update(planned_suppliers=suppliers, fee=fee)
        page = signed_in(people.per).get(secret.current_phase.get_absolute_url()).text
        looked_over = decide(people.per, secret, preview="yes").text
        repeated = decide(people.per, secret, preview="yes", outcome="repeat").text
        return [
            " ".join(re.findall("Nästa fas är planerad för [^.]*\\.", html.unescape(page))),
            *(is_more if is_more in text else "" for text in (looked_over, repeated)),
        ]

    assert planned(2, 25_000) == [
        "Nästa fas är planerad för 2, till 25\xa0000\xa0kr vardera.",
        is_more,
        "",
    ]
    assert planned(3, None) == ["Nästa fas är planerad för 3.", "", ""]
    assert planned(None, None) == ["", "", ""]


def test_looked_over_first_the_day_is_the_one_that_will_be_recorded(people, case):
    today = timezone.localdate()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 or 7)

    page = decide(people.per, case, preview="yes", next_starts_on=saturday.isoformat())
    refused = decide(
        people.per, case, preview="yes", decided_on=(today + timedelta(days=1)).isoformat()
    )

    assert page.context["form"].starts_on == saturday + timedelta(days=2)
    assert refused.status_code == 422
    assert 'id="id_decided_on_error"' in refused.content.decode()
    assert GateDecision.objects.count() == 0


@pytest.mark.parametrize(
    ("track", "waits", "is_told"),
    [
        ("advertised_19", False, True),
        ("advertised_19", True, False),
        ("direct_award_19a", False, False),
    ],
)
def test_looked_over_first_a_phase_that_begins_within_the_standstill_is_pointed_out(
    people, secret, track, waits, is_told
):
    Case.objects.filter(pk=secret.pk).update(legal_track=track)
    asked = (timezone.localdate() + timedelta(days=30)).isoformat() if waits else ""

    pages = [
        decide(people.per, secret, preview="yes", outcome=outcome, next_starts_on=asked)
        for outcome in ("proceed", "stop")
    ]

    with_contracts, stopped = ("(LOU 20:1)" in page.content.decode() for page in pages)
    assert (with_contracts, stopped) == (is_told, False)


def test_a_decision_recorded_afterwards_does_not_start_the_next_phase_by_today(
    people, case, time_machine
):
    decided_on = at_start_of(case).date() + timedelta(days=1)
    time_machine.move_to(at_start_of(case) + timedelta(days=60), tick=False)
    page = signed_in(people.per).get(case.current_phase.get_absolute_url()).content.decode()
    address = reverse("gate_decide", args=[case.number, case.current_phase.phase.key])
    typed = fields_of(page, address)
    assert typed["decided_on"] == [timezone.localdate().isoformat()]

    said_now = typed | said(case, decided_on=decided_on.isoformat())
    assert signed_in(people.per).post(address, said_now).status_code == 303
    assert CasePhase.objects.get(case=case, number=1).started_on == days.next_working_day(
        decided_on
    )


def test_looked_over_first_another_round_tells_nothing_of_suppliers(people, secret):
    first = secret.participants.first()

    page = decide(people.per, secret, preview="yes", outcome="repeat", **{f"go_{first.pk}": ""})

    html = page.content.decode()
    shown = html[html.index('id="looked-over"') : html.index("Besluta grind")]
    assert page.status_code == 200
    assert "avslutas" not in shown


def test_what_begins_after_a_phase_that_is_repeated_is_not_called_the_next_phase(people, case):
    shown = {}
    for outcome in ("proceed", "repeat"):
        page = decide(people.per, case, preview="yes", outcome=outcome)
        html = page.content.decode().partition('id="looked-over"')[2]
        label = page.context["form"]["next_starts_on"].label
        shown[outcome] = f"<dt>{label}</dt>" in html
    assert shown == {"proceed": True, "repeat": False}

    decided = decide(people.per, case, outcome="repeat")
    page = signed_in(people.per).get(decided["Location"], {"lang": "en"}).content.decode()
    assert "The phase starts again on" in page
    assert "The next phase starts on" not in page


def test_looked_over_first_what_is_missing_is_said_and_the_number_is_recalculated(people, secret):
    first = secret.participants.first()

    response = decide(people.per, secret, **{f"go_{first.pk}": "", "preview": "yes"})

    html = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_reason_{first.pk}_error"' in html
    assert "<span data-to>2</span>" in html
    assert "looked-over" not in html.replace("#looked-over", "")
    assert GateDecision.objects.count() == 1


def test_looked_over_first_it_is_said_that_the_legal_track_is_not_chosen(people, case):
    Case.objects.filter(pk=case.pk).update(legal_track="undecided")

    for answer in (decide(people.per, case, preview="yes"), decide(people.per, case)):
        assert answer.status_code == 422
        assert "Välj rättsligt spår innan ärendet går vidare från fasen." in answer.text
        assert 'id="looked-over"' not in answer.text
    # To let the phase begin again none is needed.
    assert 'id="looked-over"' in decide(people.per, case, preview="yes", outcome="repeat").text
    assert not GateDecision.objects.exists()


def test_a_decision_leads_to_its_paper(people, case):
    decide(people.per, case)
    decision = GateDecision.objects.get()
    url = reverse("gate", args=[case.number, decision.pk])
    template = DocumentTemplate.objects.get(edition=case.edition, serves="phase_decision")
    place = Place(decision.case_phase, template)

    page = signed_in(people.per).get(url)
    assert page.context["paper_url"] == prepare_url(case, decision.case_phase, template)
    assert "Beslutet som dokument" in page.content.decode()

    order_paper(
        case=case,
        place=place,
        language="sv",
        fill={},
        passages={},
        draft=False,
        by=people.per,
        at=timezone.now(),
    )
    paper = PhaseDocument.objects.get()
    page = signed_in(people.per).get(url)
    assert page.context["paper_url"] == reverse("paper", args=[case.number, paper.pk])


def test_while_it_is_secret_a_decision_leads_nobody_outside_to_its_paper(people, secret):
    decide(people.per, secret)
    decision = GateDecision.objects.order_by("pk").last()
    url = reverse("gate", args=[secret.number, decision.pk])

    page = signed_in(people.nora).get(url)

    assert page.status_code == 200
    assert page.context["paper_url"] == ""


def test_a_supplier_that_leaves_needs_grounds_at_its_own_row(people, secret):
    first = secret.participants.first()

    response = decide(people.per, secret, **{f"go_{first.pk}": ""})

    html = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_reason_{first.pk}_error"' in html
    assert "Skriv en motivering" in html


def test_suppliers_go_on_or_leave(people, secret):
    first = secret.participants.first()

    decide(people.per, secret, **{f"go_{first.pk}": "", f"reason_{first.pk}": "För få personer."})

    rows = GateDecision.objects.get(case_phase__number=1).outcomes
    assert rows.filter(goes_on=True).count() == 2
    assert rows.get(goes_on=False).reason == "För få personer."


def test_a_decision_counts_who_withdrew_before_it_as_the_track_does(people, secret):
    ask, bjork, _ceder = secret.participants.all()
    at = at_start_of(secret)
    withdraw_supplier(participant=ask, case=secret, reason="Saknar tid.", by=people.per, at=at)
    decide(people.per, secret, **{f"go_{bjork.pk}": "", f"reason_{bjork.pk}": "För få personer."})

    decision = GateDecision.objects.get(case_phase__number=1)
    url = reverse("gate", args=[secret.number, decision.pk])
    page = signed_in(people.per).get(url)

    assert (page.context["from_count"], page.context["to_count"]) == (3, 1)
    assert page.context["withdrawn"] == 1
    assert "1 har dragit sig ur." in page.content.decode()


def test_when_the_case_does_not_proceed_no_grounds_are_asked_for(people, secret):
    changed = {f"go_{one.pk}": "" for one in secret.participants.all()}

    response = decide(people.per, secret, outcome="repeat", **changed)

    assert response.status_code == 303


@pytest.mark.parametrize("who", ["nora", "lena", "olle", "anna"])
def test_only_who_handles_suppliers_records_a_gate(people, case, who):
    response = decide(getattr(people, who), case)

    assert response.status_code == (404 if who == "olle" else 403)
    assert GateDecision.objects.count() == 0


def test_the_form_has_the_words_of_the_edition(people, secret):
    html = signed_in(people.per).get(secret.current_phase.get_absolute_url()).content.decode()

    assert "Fråga 1?" in html
    assert all(name in html for name in NAMES)
    assert 'role="switch"' in html


# What is decided but not signed


@pytest.fixture
def decision(people, secret) -> GateDecision:
    passed_gate(
        secret,
        by=people.per,
        at=at_start_of(secret),
        verdicts={
            one.pk: Verdict(
                one.name != NAMES[0], "För få personer." if one.name == NAMES[0] else ""
            )
            for one in secret.participants.all()
        },
    )
    return GateDecision.objects.get(case_phase__number=1)


def look(user, decision: GateDecision):
    number = decision.case_phase.case.number
    return signed_in(user).get(reverse("gate", args=[number, decision.pk]))


def test_a_decision_to_be_signed_is_secret_to_who_does_not_sign_it(people, secret, decision):
    assert look(people.lena, decision).status_code == 404
    assert look(people.olle, decision).status_code == 404
    html = signed_in(people.lena).get(reverse("case_phase", args=[secret.number, "part-1"]))
    assert "Vi går vidare." not in html.content.decode()


def test_who_is_to_sign_sees_what_is_signed(people, decision):
    html = look(people.nora, decision).content.decode()

    assert "Vi går vidare." in html
    assert NAMES[0] in html
    assert 'name="password"' in html


def test_after_the_last_signature_everyone_in_the_case_sees_it(people, decision, time_machine):
    sign(people.per, decision)
    sign(people.nora, decision)
    time_machine.shift(timedelta(minutes=1))

    html = look(people.lena, decision).content.decode()

    assert "Vi går vidare." in html
    assert NAMES[0] in html


def sign(user, decision: GateDecision, *, password: str = PASSWORD, role: str = ""):
    roles = {"Per Palm": "buyer", "Nora Nord": "chief"}
    address = reverse("gate_sign", args=[decision.case_phase.case.number, decision.pk])
    return signed_in(user).post(
        address, {"role": role or roles.get(user.name, "chief"), "password": password}
    )


def test_the_last_signature_lets_the_decision_take_effect(people, decision):
    assert sign(people.per, decision).status_code == 303
    decision.refresh_from_db()
    assert not decision.is_in_effect

    assert sign(people.nora, decision).status_code == 303

    decision.refresh_from_db()
    assert decision.is_in_effect


def test_a_wrong_password_signs_nothing(people, decision):
    response = sign(people.nora, decision, password="fel")

    html = response.content.decode()
    assert response.status_code == 422
    assert "Det är inte ditt lösenord. Inget är underskrivet." in html
    assert 'value="fel"' not in html
    assert decision.signatures.count() == 0


def test_passwords_are_not_tried_without_end(people, decision):
    for _ in range(10):
        sign(people.nora, decision, password="fel")

    response = sign(people.nora, decision)

    assert response.status_code == 422
    assert "För många försök" in response.content.decode()
    assert decision.signatures.count() == 0


def test_nobody_signs_for_another_role(people, decision):
    assert sign(people.nora, decision, role="buyer").status_code == 422
    assert sign(people.lena, decision).status_code == 404
    assert decision.signatures.count() == 0


def file_copy(user, decision, name="beslut.pdf", content=b"%PDF-1.7 x", signed_on=""):
    address = reverse("gate_copy", args=[decision.case_phase.case.number, decision.pk])
    upload = SimpleUploadedFile(name, content)
    signed_on = signed_on or timezone.localdate().isoformat()
    sent = {"role": "chief", "name": "Ordföranden", "signed_on": signed_on, "upload": upload}
    return signed_in(user).post(address, sent)


def test_the_signed_copy_is_filed_and_can_be_read(people, decision):
    assert file_copy(people.per, decision).status_code == 303

    signature = decision.signatures.get()
    number = decision.case_phase.case.number
    address = reverse("gate_signed_copy", args=[number, decision.pk, signature.pk])
    response = signed_in(people.per).get(address)
    assert b"".join(response.streaming_content) == b"%PDF-1.7 x"
    assert signed_in(people.lena).get(address).status_code == 404


def test_a_copy_is_signed_on_the_day_that_it_says_and_filed_when_it_comes(
    people, decision, time_machine
):
    signed_on = timezone.localdate()
    time_machine.move_to(timezone.now() + timedelta(days=30), tick=False)
    ahead = timezone.localdate() + timedelta(days=1)
    refused = file_copy(people.per, decision, signed_on=ahead.isoformat())
    assert refused.status_code == 422
    assert refused.context["copy_form"].has_error("signed_on")
    assert file_copy(people.per, decision, signed_on=signed_on.isoformat()).status_code == 303

    number = decision.case_phase.case.number
    page = signed_in(people.per).get(reverse("gate", args=[number, decision.pk])).content.decode()
    assert f'Chief, <time datetime="{signed_on}">' in page
    history = signed_in(people.per).get(reverse("case_history", args=[number])).content.decode()
    said = day_in_words(signed_on).replace("\xa0", " ")
    assert said in history.replace("\xa0", " ")


def test_the_page_says_how_large_a_copy_may_be_here(people, decision, settings):
    settings.UPLOAD_MAX_BYTES = 3 * 1024 * 1024
    address = reverse("gate", args=[decision.case_phase.case.number, decision.pk])

    assert "3,0\xa0MB." in signed_in(people.per).get(address).content.decode()


def test_a_copy_that_came_with_what_was_refused_is_not_kept(people, decision):
    address = reverse("gate_copy", args=[decision.case_phase.case.number, decision.pk])
    sent = {"role": "chief", "name": "", "upload": SimpleUploadedFile("b.pdf", b"%PDF-1.7 x")}

    refused = signed_in(people.per).post(address, sent)

    assert refused.status_code == 422
    assert "name" in refused.context["copy_form"].errors
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("beslut.docx", b"x"),
        ("beslut.pdf", b"not a pdf"),
        ("beslut.pdf", b""),
        # What may be filed elsewhere.
        ("beslut.txt", "Vi går vidare.".encode()),
    ],
)
def test_what_is_no_signed_pdf_is_refused_at_the_field(people, decision, name, content):
    response = file_copy(people.per, decision, name, content)

    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="copy_upload_error"' in html
    assert 'value="Ordföranden"' in html
    assert decision.signatures.count() == 0


# Corrections


def correct(user, decision, **changed):
    address = reverse("gate_correct", args=[decision.case_phase.case.number, decision.pk])
    fields = {
        "correction": "Fel paragraf.",
        "outcome": decision.outcome,
        "despite": decision.despite,
        "reasons": decision.reasons,
        "decided_by": decision.decided_by,
        "reference": "protokoll § 5",
        "decided_on": decision.decided_on.isoformat(),
    }
    for row in decision.outcomes.all():
        fields[f"reason_{row.participant_id}"] = row.reason
        if row.goes_on:
            fields[f"go_{row.participant_id}"] = "on"
    return signed_in(user).post(address, fields | changed)


def test_a_correction_is_linked_both_ways(people, case):
    decide(people.per, case)
    decision = GateDecision.objects.get()

    response = correct(people.per, decision)

    right = decision.corrected_by
    assert response["Location"] == reverse("gate", args=[case.number, right.pk])
    assert "Fel paragraf." in look(people.lena, decision).content.decode()
    html = look(people.lena, right).content.decode()
    assert reverse("gate", args=[case.number, decision.pk]) in html
    assert "protokoll § 5" in html


def test_it_is_said_whether_a_correction_waits_for_signatures(people, case, decision):
    User.objects.filter(pk=people.per.pk).update(language="en")
    decide(people.per, case)
    unsigned = GateDecision.objects.get(case_phase__case=case)

    told = [
        [str(one) for one in get_messages(correct(people.per, one).wsgi_request)]
        for one in (decision, unsigned)
    ]

    assert told == [
        ["The correction is recorded and takes effect with the last signature"],
        ["The correcting decision is recorded"],
    ]


def test_the_form_of_a_correction_begins_with_the_decision(people, decision):
    address = reverse("gate_correct", args=[decision.case_phase.case.number, decision.pk])

    html = signed_in(people.per).get(address).content.decode()

    assert "Vi går vidare." in html
    assert "För få personer." in html
    assert 'value="Protokoll 1"' in html


def test_why_it_was_decided_all_the_same_is_corrected_on_the_page(people, case):
    decide(people.per, case)
    decision = GateDecision.objects.get()
    address = reverse("gate_correct", args=[case.number, decision.pk])
    html = signed_in(people.per).get(address).content.decode()
    assert "Resten görs senare." in html

    refused = correct(people.per, decision, despite="")
    correct(people.per, decision, despite="Resten görs i mars.")

    assert 'id="id_despite_error"' in refused.content.decode()
    assert decision.corrected_by.despite == "Resten görs i mars."


def test_a_correction_says_what_it_corrects(people, case):
    decide(people.per, case)

    response = correct(people.per, GateDecision.objects.get(), correction="")

    assert response.status_code == 422
    assert 'id="id_correction_error"' in response.content.decode()
    assert GateDecision.objects.count() == 1


def test_the_second_correction_of_two_is_told(people, case):
    decide(people.per, case)
    decision = GateDecision.objects.get()
    correct(people.per, decision)

    response = correct(people.per, decision, reasons="Mina skäl.")

    html = response.content.decode()
    assert response.status_code == 422
    assert "redan rättat" in html
    assert "Mina skäl." in html


def test_only_who_decides_corrects(people, case):
    decide(people.per, case)
    decision = GateDecision.objects.get()

    assert correct(people.nora, decision).status_code == 403
    assert correct(people.olle, decision).status_code == 404
    assert GateDecision.objects.count() == 1


def test_who_is_left_out_of_the_phase_that_goes_on_corrects_nobody_in_or_out_of_it(
    people, secret, decision, time_machine
):
    """Nora leads the process: whom the next window leaves out would learn there what is refused."""
    in_effect(people, decision, time_machine)
    case = Case.objects.get(pk=secret.pk)
    let_be(case.roles.filter(user=people.nora), "process_leader")
    time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
    gone = decision.outcomes.get(goes_on=False).participant_id
    Round.objects.filter(case_phase=case.current_phase).update(roles=["procurer"])

    refused = correct(people.nora, decision, **{f"go_{gone}": "on"})

    assert refused.status_code == 422
    assert "ändras bara av dem som ser in i fasen som pågår" in refused.text
    assert "Fel paragraf." in refused.text
    assert correct(people.per, decision, **{f"go_{gone}": "on"}).status_code == 303


def in_effect(people, decision: GateDecision, time_machine) -> GateDecision:
    sign(people.per, decision)
    sign(people.nora, decision)
    # The secrecy window ends with the last signature, not before.
    time_machine.shift(timedelta(minutes=1))
    decision.refresh_from_db()
    return decision


def test_who_signs_sees_the_day_that_the_next_phase_was_moved_to(people, decision):
    case = decision.case_phase.case
    following = CasePhase.objects.get(case=case, number=2)
    far = following.planned_starts_on + timedelta(days=28)
    at = at_start_of(Case.objects.get(pk=case.pk))
    move_phase(case=case, case_phase=following, starts_on=far, by=people.per, at=at)

    html = look(people.nora, decision).content.decode()

    assert f'datetime="{far.isoformat()}"' in html
    assert f'datetime="{decision.next_starts_on.isoformat()}"' in html


def test_a_correction_is_signed_before_it_takes_the_place_of_the_decision(
    people, decision, time_machine
):
    in_effect(people, decision, time_machine)
    case = decision.case_phase.case
    first = case.participants.get(name=NAMES[0])
    correct(people.per, decision, **{f"go_{first.pk}": "on"})

    right = decision.corrected_by
    assert not right.is_in_effect
    phase = reverse("case_phase", args=[case.number, decision.case_phase.phase.key])
    link = reverse("gate", args=[case.number, right.pk])
    for page in (phase, reverse("gate", args=[case.number, decision.pk])):
        html = signed_in(people.lena).get(page).content.decode()
        assert "Till dess gäller det här" in html
        assert link in html
    for person in (people.per, people.nora):
        html = signed_in(person).get("/").content.decode()
        assert "Skriv under det rättade beslutet vid grind 1" in html
        assert link in html
        assert sign(person, right).status_code == 303
    right.refresh_from_db()
    first.refresh_from_db()
    assert (right.is_in_effect, first.state) == (True, "in")
    assert "rättade" not in signed_in(people.nora).get("/").content.decode()


def test_a_correction_that_waits_is_told_to_nobody_without_a_role(people, decision, time_machine):
    in_effect(people, decision, time_machine)
    number = decision.case_phase.case.number
    phase = reverse("case_phase", args=[number, decision.case_phase.phase.key])
    pages = [phase, reverse("gate", args=[number, decision.pk]), f"/cases/{number}/history/", "/"]

    def told() -> list[str]:
        answers = [signed_in(people.anna).get(page) for page in pages]
        assert {answer.status_code for answer in answers} == {200}
        return [TOKENS.sub("", answer.content.decode()) for answer in answers]

    before = told()
    assert "Omsorgsnämnden" in before[1] or "förvaltningschef" in before[1]
    correct(people.per, decision)
    right = GateDecision.objects.get(corrects=decision)
    sign(people.per, right)

    assert told() == before
    assert look(people.anna, right).status_code == 404
    sign(people.nora, right)
    assert look(people.anna, right).status_code == 200


def test_of_a_chain_of_corrections_each_page_names_what_stands(people, decision, time_machine):
    in_effect(people, decision, time_machine)
    number = decision.case_phase.case.number
    correct(people.per, decision)
    wrong = GateDecision.objects.get(corrects=decision)
    correct(people.per, wrong)
    right = GateDecision.objects.get(corrects=wrong)
    in_effect(people, right, time_machine)

    def link(one: GateDecision) -> str:
        return f'href="{reverse("gate", args=[number, one.pk])}"'

    for person in (people.per, people.lena, people.anna):
        first, last = (look(person, one).content.decode() for one in (decision, right))
        assert "Beslutet är rättat." in first
        assert link(right) in first
        # Who was never to know of the one in between is led past it.
        assert (link(decision) if person == people.anna else link(wrong)) in last
    assert look(people.anna, wrong).status_code == 404
    between = look(people.lena, wrong)
    assert between.status_code == 200
    assert "började aldrig gälla" in between.text
    assert "väntar på underskrift" not in between.text


def test_a_decision_corrected_before_it_was_signed_is_closed_to_signers_once_the_other_stands(
    people, secret, decision, time_machine
):
    file_copy(people.per, decision)
    copy = reverse(
        "gate_signed_copy", args=[secret.number, decision.pk, decision.signatures.get().pk]
    )
    correct(people.per, decision, outcome="repeat")
    right = GateDecision.objects.get(corrects=decision)
    assert NAMES[0] in look(people.nora, decision).content.decode()
    in_effect(people, right, time_machine)
    again = Case.objects.get(pk=secret.pk)
    assert again.current_phase.attempt == 2
    time_machine.move_to(at_start_of(again), tick=False)

    assert look(people.nora, decision).status_code == 404
    assert signed_in(people.nora).get(copy).status_code == 404
    told = look(people.nora, right)
    assert told.status_code == 200
    assert "Ask" not in TOKENS.sub("", told.text)
    assert "Ask" in TOKENS.sub("", look(people.per, decision).text)
    assert b"".join(signed_in(people.per).get(copy).streaming_content).startswith(b"%PDF")


def test_who_files_the_copy_of_another_is_still_asked_to_sign(people, decision):
    file_copy(people.per, decision)
    signature = decision.signatures.get()
    assert (signature.role, signature.by) == ("chief", people.per)

    assert "Skriv under beslutet vid grind 1" in signed_in(people.per).get("/").content.decode()
    assert "Skriv under" in signed_in(people.per).get("/portfolio/").content.decode()


@pytest.mark.parametrize("name", ["gate", "gate_correct", "gate_sign"])
def test_a_number_that_no_database_holds_is_no_decision(people, case, name):
    address = reverse(name, args=[case.number, 2**63])
    assert signed_in(people.per).get(address).status_code == 404


def test_a_decision_of_another_case_is_missing(people, case):
    decide(people.per, case)
    other = a_case(by=people.per, authority=people.authority, title="Ett annat")

    address = reverse("gate", args=[other.number, GateDecision.objects.get().pk])
    assert signed_in(people.per).get(address).status_code == 404


def test_the_decision_is_in_the_history(people, case):
    decide(people.per, case)

    sentences = [event.sentence for event in Event.objects.of(case).readable()]
    assert any("Registrerade beslutet vid grind 0: Gå vidare" in words for words in sentences)


def test_a_decision_that_waited_when_its_case_was_stopped_asks_for_nothing(people, secret):
    case = passed_gate(secret, by=people.per, verdicts=goes_on(secret))
    decision = GateDecision.objects.get(case_phase=case.phases_in_order[1])
    place = reverse("gate", args=[case.number, decision.pk])
    phase = f"{reverse('case_phase', args=[case.number, case.phases_in_order[1].phase.key])}"
    nora, per = signed_in(people.nora), signed_in(people.per)
    asked = {nora: "Skriv under beslutet", per: "Rätta beslutet"}
    for client, words in asked.items():
        assert words in client.get(place).text
    stop_case(case=case, reason="Medlen drogs in.", by=people.per, at=timezone.now())

    for client, words in asked.items():
        html = client.get(place).text
        assert "började aldrig gälla" in html
        assert "så det skrivs inte under längre" in html
        for gone in (
            words,
            'name="password"',
            'type="file"',
            "väntar på underskrift",
            "Nästa fas börjar",
        ):
            assert gone not in html
    html = per.get(phase).text
    assert "började aldrig gälla" in html
    assert "väntar på underskrift" not in html
    assert per.get(reverse("gate_correct", args=[case.number, decision.pk])).url == place


def test_who_signs_as_the_case_is_stopped_is_told_and_not_asked_again(people, secret):
    case = passed_gate(secret, by=people.per, verdicts=goes_on(secret))
    decision = GateDecision.objects.get(case_phase=case.phases_in_order[1])
    stop_case(case=case, reason="Medlen drogs in.", by=people.per, at=timezone.now())

    answer = signed_in(people.nora).post(
        reverse("gate_sign", args=[case.number, decision.pk]),
        {"role": "chief", "password": PASSWORD},
    )

    assert answer.status_code == 422
    assert "Ärendet är avslutat. Beslutet kan inte längre" in answer.text
    assert 'name="password"' not in answer.text


def test_a_correction_of_a_decision_in_effect_is_signed_when_the_case_is_over(people, case):
    edition = an_edition(signatures=["chief"], signed_phases=[1])
    roles = {"management": people.nora}
    case = a_case_in_admission(people.per, people.authority, edition=edition, roles=roles)
    at = at_start_of(case)
    case = passed_gate(case, by=people.per, outcome="stop")
    decision = GateDecision.objects.get(case_phase=case.phases_in_order[1])
    sign_gate(case=case, decision=decision, role="chief", by=people.nora, at=at)
    right = correct_gate(
        case=case,
        decision=decision,
        correction="Fel protokoll.",
        outcome="stop",
        reasons="Samma skäl.",
        verdicts={},
        decided_by="Omsorgsnämnden",
        reference="Protokoll 2",
        decided_on=decision.decided_on,
        by=people.per,
        at=at,
    )

    html = signed_in(people.nora).get(reverse("gate", args=[case.number, right.pk])).text

    assert Case.objects.get(pk=case.pk).state == "stopped"
    assert "väntar på underskrifter" in html
    assert 'name="password"' in html
