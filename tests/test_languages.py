"""Every page, paper and letter in a language where whatever is translated stands in brackets.

What then stands outside them, and is nobody's own words, was never translated.
"""

import inspect
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import allauth
import django
import polib
import pytest
import time_machine
from django.apps import apps
from django.conf import settings as house
from django.core import mail
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from lxml import html
from pypdf import PdfReader

from documents import failures, pdf
from documents.models import Revision
from handbook.models import Suggestion, TextSet
from handbook.operations.suggestion import decline
from outbox.models import Lane, Message
from outbox.work import carry_out_one
from procurements.models import Case, Deadline, GateDecision, Reminder, Task
from procurements.operations.correcting import correct_gate
from procurements.operations.deadline import change_deadline, count_deadline
from procurements.operations.paper import Place, order_history, order_paper
from procurements.operations.people import offer_role
from procurements.periods import periods
from procurements.tasks import write_weeks_at
from teams.models import Organisation, User
from teams.operations.accessibility import send_feedback
from teams.operations.organisations import edit_team
from teams.operations.registry import close_day
from tests.matrix.addresses import POSTS, Asked, addresses, path_of
from tests.matrix.test_matrix import LINES, Line
from tests.matrix.world import COLUMNS as WORLD_COLUMNS
from tests.matrix.world import Setting, World, a_world, state, undone

pytestmark = pytest.mark.django_db

# Quotation marks the house does not use, and that the faces of its papers have.
OPEN, SHUT = "«", "»"
WRAPPED = re.compile(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}")
# Names, and words that are the same in every language or belong to another one.
PROPER = {
    "Upptakt", "English", "Svenska", "EUPL", "CC", "BY", "SHA", "PDF", "AB", "kr", "Dropdown",
    "demo", "U", "kB", "MB",
}  # fmt: skip
ATTRIBUTES = (
    "alt", "aria-label", "data-announce", "data-confirm", "data-confirm-more", "data-head",
    "data-saving", "placeholder", "title",
)  # fmt: skip
MARKS = re.compile(r"[\n*#>`]+|<[^>]*>|\{\{.*?\}\}|\{%.*?%\}|\]\([^)]*\)|\[|(?<=[.!?:]) ")
CODE = re.compile(r"[a-z0-9_.-]+")
UNSEEN = "//script | //style | //textarea | //code | //kbd | //*[contains(@class, 'avatar')]"
# Fields whose values are codes: shown as they are, they are a fault.
CODES = {
    "key", "verb", "state", "kind", "serves", "role", "outcome", "secrecy", "code", "purpose",
    "period", "rhythm", "passed_over",
}  # fmt: skip
COLUMNS = ("anonymous", "procurer", "admin", "host", "observer")
# No choice, no day, no number, no address, and too long for a line; and what no text may hold.
WRONG = ("?" * 5000, "\0")


@pytest.fixture
def brackets(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Swedish is where every message says itself in brackets."""
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    bracketed().save_as_mofile(str(folder / "django.mo"))
    settings.LOCALE_PATHS = [str(tmp_path)]
    # What a test before this one said in Swedish is not kept, nor what this one says.
    pdf._style.cache_clear()
    with translation.override("sv"):
        yield
    pdf._style.cache_clear()


@cache
def bracketed() -> polib.POFile:
    catalogue = polib.pofile(str(house.LOCALE_PATHS[0] / "sv" / "LC_MESSAGES" / "django.po"))
    known = {(entry.msgid, entry.msgctxt) for entry in catalogue}
    installed = [Path(package.__file__).parent for package in (django, allauth)]
    for package in installed:
        for path in sorted(package.glob("**/locale/sv/LC_MESSAGES/django.po")):
            for entry in polib.pofile(str(path)):
                if (entry.msgid, entry.msgctxt) not in known:
                    known.add((entry.msgid, entry.msgctxt))
                    catalogue.append(entry)
    for entry in catalogue:
        entry.obsolete = False
        if entry.msgid_plural:
            entry.msgstr_plural = {0: wrap(entry.msgid), 1: wrap(entry.msgid_plural)}
        else:
            entry.msgstr = wrap(entry.msgid)
    return catalogue


def wrap(words: str) -> str:
    return f"{OPEN}{words}{SHUT}"


def outside(text: str, own: list[str]) -> list[str]:
    """The words that stand outside every bracket and are nobody's own."""
    while (less := WRAPPED.sub(" ", text)) != text:
        text = less
    for words in own:
        if words in text:
            text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", " ", text)
    found = re.findall(r"[^\W\d_]{2,}|[{}%]\(?\w+", text)
    return [word for word in found if word not in PROPER]


def own_words() -> list[str]:
    """Everything that people and handbooks say, as it stands in the database; longest first."""
    # A paragraph is cited in the same way in every language.
    found = {one.paragraph for one in periods() if one.paragraph}
    for model in apps.get_models():
        if model._meta.app_label in ("contenttypes", "sessions", "outbox", "journal"):
            continue
        for field in model._meta.fields:
            if isinstance(field, models.JSONField):
                for row in model._base_manager.only(field.attname):
                    value = getattr(row, field.attname)
                    texts = leaves(value)
                    found.update(t for t in texts if model is TextSet or not CODE.fullmatch(t))
        names = [
            field.attname
            for field in model._meta.fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and field.name not in CODES
        ]
        for row in model._base_manager.values_list(*names) if names else ():
            found.update(str(value) for value in row if value)
    # Of a long text its lines and sentences may stand alone, without its marks.
    for words in list(found):
        found.update(MARKS.split(words))
    # Where two versions are compared, each word stands alone.
    found |= {word for name in found if len(name.split()) == 2 for word in name.split()}
    return sorted((w for w in map(str.strip, found) if len(w) > 1), key=len, reverse=True)


def leaves(value: Any) -> Iterator[str]:
    """The texts in something kept as JSON, but not the names they are kept under."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif isinstance(value, str):
        yield value


def visible(page: str) -> str:
    """What a person sees or hears of a page, in its order."""
    tree = html.document_fromstring(page)
    for each in tree.xpath(UNSEEN):
        each.drop_tree()
    # Two versions woven into one text: each is read by itself.
    for each in tree.xpath("//*[contains(@class, 'woven')]"):
        after = "".join(each.xpath(".//text()[not(parent::del)]"))
        before = "".join(each.xpath(".//text()[not(parent::ins)]"))
        for piece in list(each):
            each.remove(piece)
        each.text = f"{before}\n{after}"
    said = [" ".join(tree.itertext())]
    for name in ATTRIBUTES:
        said += tree.xpath(f"//@{name}")
    return "\n".join(said)


class Crawl:
    """The pages as one situation shows them, and the words found outside the brackets."""

    def __init__(self, world: World, faults: dict[str, str]) -> None:
        self.world, self.faults = world, faults
        self.clients = {column: Client(raise_request_exception=False) for column in COLUMNS}
        for column, client in self.clients.items():
            if user := world.people.get(column):
                client.force_login(user)

    @contextmanager
    def situation(self, name: str) -> Iterator[Setting]:
        """The world in a situation of the matrix; what people and handbooks say in it is theirs."""
        with undone():
            setting = state(self.world, name)
            self.own = own_words()
            yield setting

    def look(self, asked: Asked, line: Line, sent: dict[str, Any] | None = None) -> None:
        """Open an address, or send something to it and go where it leads."""
        client = self.clients[asked.column]
        try:
            url = reverse(line.name, args=path_of(line.name, asked))
        except (AttributeError, TypeError, NoReverseMatch):
            return  # Nothing of that kind in that situation.
        with undone():
            answer = client.get(url) if sent is None else client.post(url, sent, follow=True)
            if answer.streaming:
                b"".join(answer.streaming_content)  # read to its end, the file is closed
                return
        is_page = "text/html" in answer.get("Content-Type", "") and answer.content.strip()
        text = visible(answer.content.decode()) if is_page else ""
        # The longest first: a role that is typed is a part of somebody's address.
        known = sorted([*leaves(sent or {}), *self.own], key=len, reverse=True)
        for word in outside(text, known):
            how = "get" if sent is None else f"post {sent}"
            place = f"{line.name} ({line.situation}, {asked.column}) {how}"
            self.faults.setdefault(word, place[:300])


def test_every_page_is_translated(brackets: None, caplog: Any) -> None:
    """Whoever of the columns may open it, in the situation of each line; by the procurer every
    page of a case in every situation."""
    with crawling(caplog) as crawl:
        asked_for: dict[str, dict[tuple[str, str], Line]] = {}
        refused = set()
        for line in LINES:
            if line.method != "GET":
                continue
            readers = asked_for.setdefault(line.situation, {})
            for column in COLUMNS:
                cell = line.cells[WORLD_COLUMNS.index(column)]
                # A refusal says the same on every page.
                if cell[:3] in ("200", "410") or cell not in refused:
                    readers[line.name, column] = line
                    refused.add(cell)
        for situation, readers in asked_for.items():
            for name, route in addresses().items():
                if "number" in route:
                    readers[name, "procurer"] = Line(name, situation, "GET", [])
            with crawl.situation(situation) as setting:
                for (_name, column), line in readers.items():
                    crawl.look(Asked(crawl.world, setting, situation, column), line)


def test_every_answer_to_a_form_is_translated(brackets: None, caplog: Any) -> None:
    """To what is right, to nothing, and to each field filled in wrongly."""
    with crawling(caplog) as crawl:
        for situation in dict.fromkeys(line.situation for line in LINES):
            with crawl.situation(situation) as setting:
                for line in LINES:
                    column = sender(line)
                    if line.situation != situation or line.method != "POST" or not column:
                        continue
                    asked = Asked(crawl.world, setting, situation, column)
                    valid = POSTS[line.name](asked)
                    crawl.look(asked, line, valid)
                    crawl.look(asked, line, {})
                    for name in valid:
                        for wrong in WRONG:
                            crawl.look(asked, line, POSTS[line.name](asked) | {name: wrong})


def sender(line: Line) -> str:
    """Somebody who is answered by more than a refusal to everybody."""
    for column in COLUMNS:
        if line.cells[WORLD_COLUMNS.index(column)] in ("go", "200", "422"):
            return column
    return ""


def test_every_failure_of_a_paper_is_translated(brackets: None, caplog: Any) -> None:
    codes = re.findall(r'^ +"(\w+)": _\(', inspect.getsource(failures), re.MULTILINE)
    pages = [Line(name, "failed", "GET", []) for name in ("paper", "paper_status", "case_papers")]
    with crawling(caplog) as crawl:
        for code in codes:
            with crawl.situation("failed") as setting:
                Revision.objects.filter(state="failed").update(error_code=code)
                for line in pages:
                    crawl.look(Asked(crawl.world, setting, "failed", "procurer"), line)

    assert len(codes) > 5


@contextmanager
def crawling(caplog: Any) -> Iterator[Crawl]:
    """Crawl, and fail on what was found."""
    caplog.set_level("CRITICAL")
    faults: dict[str, str] = {}
    with undone():
        world = a_world()
        with time_machine.travel(world.now, tick=False):
            yield Crawl(world, faults)
    if faults:
        pytest.fail("\n".join(f"{word}: {place}" for word, place in faults.items()), False)


def test_every_paper_is_translated(brackets: None) -> None:
    with undone():
        world = a_world()
        at, by = world.now, world.people["starter"]
        with time_machine.travel(at, tick=False):
            case = Case.objects.get(pk=world.cases["outside"].case.pk)
            run, taking_part = case.current_phase, case.participants.filter(state="in").first()
            for template in case.edition.templates.all():
                serves = template.audience == "supplier"
                order_paper(
                    case=case, place=Place(run, template, taking_part if serves else None),
                    language="sv", fill={"words": "Ord"}, passages={}, draft=serves, by=by, at=at,
                )  # fmt: skip
            order_history(case=case, closed_circles=set(), language="sv", by=by, at=at)
            carry_out()
            own = own_words()
            faults = {}
            for revision in Revision.objects.filter(made_elsewhere=False, state="ready"):
                found = outside(text_of(revision), own)
                if found:
                    faults[str(revision)] = found

    assert faults == {}


def text_of(revision: Revision) -> str:
    return text_in(io.BytesIO(revision.file.path.read_bytes()))


def text_in(paper: io.BytesIO) -> str:
    reader = PdfReader(paper)
    text = "\n".join(page.extract_text() for page in reader.pages)
    return " ".join(text.split()) + " " + str(reader.metadata.title)


def carry_out() -> None:
    for pk in Message.objects.waiting().order_by("pk").values_list("pk", flat=True):
        carry_out_one(pk)


def test_every_letter_is_translated(brackets: None) -> None:
    with undone():
        world = a_world()
        with time_machine.travel(world.now, tick=False):
            send_feedback(
                organisation=world.municipality, text="Kontrasten är låg.", page="/",
                reply_email="", by=User.objects.system(), at=world.now,
            )  # fmt: skip
            Client().post(reverse("account_reset_password"), {"email": "spare@upp.example"})
            # Sign-in by code is switched off as shipped.
            Message.objects.post(
                "mail.sign_in_code", subject=f"teams.user:{world.people['spare'].pk}",
                occasion="once", lane=Lane.PERSON,
            )  # fmt: skip
            Organisation.objects.filter(pk=world.municipality.pk).update(
                registry_email="registrator@lindhaga.example"
            )
            elsewhere = world.people["outsider"].memberships.get().organisation
            edit_team(
                team=world.team, details={},
                organisations=[world.municipality, world.science_park, elsewhere],
                by=world.people["leader"], at=world.now,
            )  # fmt: skip
            ask_people_of_a_case(world)
            close_day(by=User.objects.system(), at=world.now)
            remind_of_everything(world)
            decline(
                suggestion=Suggestion.objects.get(pk=world.suggestion), answer="Det står redan.",
                by=world.people["host"], at=world.now,
            )  # fmt: skip
            carry_out()
            sent = set(Message.objects.filter(done_at__isnull=False).values_list("kind", flat=True))
            own = [*own_words(), house.PUBLIC_URL]
            faults = {}
            for letter in mail.outbox:
                papers = [text_in(io.BytesIO(each[1])) for each in letter.attachments]
                told = "\n".join([letter.subject, letter.body, *papers])
                told = re.sub(
                    r"https?://\S+|\S+@\S+|\b[0-9a-f]{64}\b|\b[B-Z]{4}-[B-Z]{4}\b", " ", told
                )
                found = outside(told, own)
                if found:
                    faults[letter.subject] = found

    letters = {kind for kind in house.OUTBOX_HANDLERS if kind.startswith("mail.")}
    assert letters - sent == set()
    assert faults == {}


def ask_people_of_a_case(world: World) -> None:
    """Somebody is given a role, and a decision that was corrected is to be signed anew."""
    case = Case.objects.get(pk=world.cases["outside"].case.pk)
    said: dict[str, Any] = {"case": case, "by": world.people["starter"], "at": world.now}
    offer_role(user=world.people["colleague"], role="observer", **said)
    decision = GateDecision.objects.get(case_phase__case=case, case_phase__number=1)
    correct_gate(
        decision=decision, correction="Fel paragraf.", outcome=decision.outcome,
        reasons=decision.reasons, verdicts={}, decided_by=decision.decided_by,
        reference="§ 5", decided_on=decision.decided_on, **said,
    )  # fmt: skip
    Message.objects.filter(kind="mail.signature").update(due_at=world.now)


def remind_of_everything(world: World) -> None:
    """A reminder of each kind of day, late and in time, of a day that was moved, and the week."""
    at, person = world.now, world.people["procurer"]
    day, case = at.date(), Case.objects.get(pk=world.cases["inside"].case.pk)
    run, by = case.current_phase, world.people["starter"]
    facts = {"case": case, "by": by, "at": at}
    Task.objects.filter(case_phase=run).update(assignee=person, due_on=day)
    law = count_deadline(
        case_phase=run, period="documentation_direct", event_on=day, responsible=person, **facts
    )
    about: list[dict[str, Any]] = [
        {"deadline": law, "due_on": law.due_on},
        {"deadline_id": world.cases["inside"].deadline, "due_on": day + timedelta(days=15)},
        {"gate": run, "due_on": run.planned_gate_on},
        *({"task": task, "due_on": day} for task in run.tasks.all()),
    ]
    for one in about:
        Reminder.objects.create(
            **one, case=case, person=person, kind="7", turn_on=day - timedelta(days=1),
            made_at=at, is_hurried=True,
        ).promise()  # fmt: skip
    outside_it = world.cases["outside"]
    change_deadline(
        case=outside_it.case, deadline=Deadline.objects.get(pk=outside_it.deadline),
        responsible=person, due_on=day + timedelta(days=20), by=by, at=at,
    )  # fmt: skip
    write_weeks_at(at)
    Message.objects.filter(kind__in=["mail.reminder", "mail.week"]).update(due_at=at)
