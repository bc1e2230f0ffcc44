"""How many queries the page of a paper takes, for every paper of the shipped handbooks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents import files
from handbook.models import Edition
from handbook.purposes import Audience
from procurements.models import Case
from procurements.operations.gate import Verdict
from procurements.operations.insight import share_insight, write_insight
from procurements.operations.need import save_need
from procurements.operations.signing import file_signed_copy
from procurements.operations.supplier import TypedSupplier, admit_suppliers
from tests.builders import a_case, at_start_of, passed_gate
from tests.handbook.shelves import METHOD, OTHER_METHOD, loaded, shipped
from tests.matrix.world import a_pdf
from tests.people import People, everybody

pytestmark = pytest.mark.django_db
MOST = 12


def played(edition: Edition, people: People, *, suppliers: int) -> Case:
    """A case that has passed the gates until suppliers are in and some have left."""
    case = a_case(by=people.per, authority=people.authority, edition=edition)
    while not case.current_phase.phase.admits_suppliers:
        case = passed_gate(case, by=people.per)
    at = at_start_of(case)
    names = [TypedSupplier(f"Exempelföretag {n}") for n in range(suppliers)]
    admit_suppliers(case=case, suppliers=names, by=people.per, at=at)
    for n in range(suppliers):
        save_need(
            case=case, title=f"Behovet {n}", started_from=n, reason="Ny.", by=people.nora, at=at
        )
        insight = write_insight(
            case=case, title=f"Insikt {n}", text="De väntar.", source="test",
            audience="team", by=people.nora, at=at,
        )  # fmt: skip
        share_insight(case=case, insight=insight, by=people.per, at=at)
    for _ in range(2):
        verdicts = {
            one.pk: Verdict(n != 2, "" if n != 2 else "Saknar personal.")
            for n, one in enumerate(case.participants.filter(state="in").order_by("pk"))
        }
        run, at = case.current_phase, at_start_of(case)
        passed_gate(case, by=people.per, verdicts=verdicts, at=at)
        decision = run.decisions.get()
        for role in decision.signatures_needed:
            copy = files.keep(a_pdf(), organisation=people.authority)
            file_signed_copy(
                case=case, decision=decision, role=role, name="Nora Nord", file=copy,
                by=people.per, at=at,
            )  # fmt: skip
        case = Case.objects.get(pk=case.pk)
    return case


def counted(case: Case, user) -> dict[str, int]:
    """The queries of the page of each paper in each of its phases."""
    client = Client()
    client.force_login(user)
    one = case.participants.first()
    counts = {}
    for template in case.edition.templates.prefetch_related("phases"):
        for phase in template.phases.all():
            url = reverse("paper_prepare", args=[case.number, phase.key, template.key])
            run = next(r for r in case.phases_in_order if r.phase_id == phase.pk)
            if template.audience == Audience.SUPPLIER:
                if not one.takes_part_in(run):
                    continue
                url += f"?supplier={one.pk}"
            if not counts:  # The words of the handbook are read once by the process.
                client.get(url)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(url).status_code == 200
            counts[f"{template.key} in {phase.key}"] = len(seen)
    return counts


@pytest.mark.parametrize("method", [METHOD, OTHER_METHOD])
def test_the_page_of_every_paper_takes_few_queries_and_no_more_with_more_rows(
    method, time_machine
) -> None:
    people = everybody()
    edition = loaded(shipped(method))
    counts = {}
    for suppliers in (1, 3):
        case = played(edition, people, suppliers=suppliers)
        time_machine.move_to(at_start_of(case) + timedelta(hours=1), tick=False)
        counts[suppliers] = counted(case, people.per)

    assert {name: n for name, n in counts[3].items() if n > MOST} == {}
    assert counts[1] == counts[3]
    assert len(counts[3]) >= edition.templates.count()
