"""Every form and every address of the house, with everything nasty: no fault, nothing half saved.

The forms are those of the matrix, so that a new one cannot be left out.
"""

from __future__ import annotations

import base64
import codecs
import html
from collections.abc import Callable
from functools import cache
from http.cookies import SimpleCookie
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import yaml
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import connection
from django.db.models import Count, Value
from django.forms import BaseForm, PasswordInput
from django.urls import NoReverseMatch, reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.models import StoredFile
from tests.matrix.addresses import POSTS, Asked, addresses, path_of
from tests.matrix.test_matrix import AREAS, LINES, Line, area_of, shared_client, signed_in
from tests.matrix.world import COLUMNS, PDF, World, state, undone

pytestmark = pytest.mark.django_db
ENTRIES = yaml.safe_load((Path(__file__).parent / "data" / "hostile.yaml").read_text())["inputs"]
HOUSE = ("journal", "outbox", "teams", "handbook", "documents", "procurements")
# Whose field a text of hostile.yaml is for; the other kinds are tried everywhere all the same.
KINDS = {
    "email": "EmailField",
    "date": "DayField",
    "amount": "AmountField",
    "name": "LineField",
    "title": "LineField",
    "body": "TextField",
}
# What a form may send beside what a valid post needs: from where it was sent, and what to show.
BESIDE = {
    "task_checklist": ["page", "shown"],
    "task_done": ["page", "done_on"],
    "task_reopen": ["page"],
    "task_note_correct": ["was"],
    "insight_correct": ["was"],
    "own_task_new": ["attempt"],
    "deadline_new": ["responsible"],
    "deadline_count": ["preview", "due_on", "reasons", "responsible"],
    "deadline_change": ["was", "event_on", "reasons", "responsible"],
    "reminder_coming": ["now"],
    "calendar_open": ["case", "started_from"],
    "calendar_close": ["case"],
    "gate_decide": ["attempt", "preview", "despite", "conditions", "next_starts_on"],
    "gate_correct": ["preview", "conditions", "next_starts_on"],
    "need_write": ["act"],
    "suppliers_paste": ["act"],
    "supplier_withdraw": ["left_on"],
    "paper_copy": ["is_signed_copy", "was"],
    "paper_prepare": ["supplier", "passage_words"],
    "draft_section": ["press"],
    "draft_move": ["phase"],
}
# Only in a new installation, and only in a demo.
NOBODY_MAY = {"welcome", "demo_sign_in"}
# Longer than any field takes; mostly of letters that a form sends as they are, to be read quickly.
LONG = "å" * 1000 + "a" * 120_000
# Two megabytes, of the five that a post may hold.
MILLION = "å" * 1_000_000
NASTY = [LONG, "9" * 400, str(2**63), "NaN", "\ud800\udfff", "\ufffd"]
INTEGERS = [0, 2**31, 2**63, 10**30]
NAMES_IN_QUERIES = (
    "page", "kind", "version", "supplier", "attempt", "lang", "step", "show", "for", "find", "q",
    "before", "after", "user", "role", "language", "next", "authority", "code", "act",
    "team", "handbook", "phase", "state", "who", "sort", "from", "all",
)  # fmt: skip
IN_QUERIES = [str(2**63), "9" * 400, "-1", "1e9", "\x00", "\udfff", "' OR 1=1 --", "٣", "x" * 3000]
READ_BY = {
    "my_cases": ["page", "show"],
    "portfolio": [
        "page",
        "q",
        "authority",
        "team",
        "handbook",
        "phase",
        "state",
        "who",
        "sort",
        "from",
        "all",
    ],
    "organisations": ["page", "q"],
    "case_authorities": ["find", "authority"],
    "case_phase": ["attempt", "step"],
    "own_task_new": ["attempt"],
    "case_role_give": ["find", "user"],
    "suppliers_mistaken": ["supplier"],
    "case_need": ["version"],
    "need_compare": ["before", "after"],
    "case_diary": ["for"],
    "case_history": ["page", "kind"],
    "paper_prepare": ["supplier", "language"],
    "my_suggestions": ["page"],
    "handbook_suggestions": ["page", "state"],
    "handbook_suggest_step": ["language"],
}
IN_PATHS = ["\x00", "\udfff", "a" * 3000, "..", "' OR 1=1 --", "%2e", "0.8+99999999999999999999"]


def text_of(entry: dict[str, Any]) -> str:
    if "base64" in entry:
        return base64.b64decode(entry["base64"]).decode("utf-8", "surrogateescape")
    if "repeat" in entry:
        return str(entry["repeat"]["text"]) * int(entry["repeat"]["times"])
    return str(entry["value"])


def as_sent(fault: UnicodeError) -> tuple[bytes, int]:
    """Half characters, and bytes that are no text: no browser sends them, but scripts do."""
    assert isinstance(fault, UnicodeEncodeError)
    letters = fault.object[fault.start : fault.end]
    sent = [
        bytes([ord(one) - 0xDC00])
        if 0xDC80 <= ord(one) <= 0xDCFF
        else one.encode("utf-8", "surrogatepass")
        for one in letters
    ]
    return b"".join(sent), fault.end


codecs.register_error("as_sent", as_sent)


class Form:
    """An address that takes a post, and somebody who may make it."""

    def __init__(self, world: World, sessions: dict[str, SimpleCookie], line: Line) -> None:
        self.name = line.name
        who = doer(line)
        self.session = sessions[who]
        setting = state(world, line.situation)
        self.asked = Asked(world, setting, line.situation, who)
        self.address = reverse(line.name, args=path_of(line.name, self.asked))
        if self.name == "account_reset_password_from_key":
            self.address = self.ask("get").headers["Location"]
        self.rows = rows()

    @property
    def valid(self) -> dict[str, Any]:
        return POSTS[self.name](self.asked)

    @property
    def texts(self) -> list[str]:
        """The fields that hold what is typed."""
        return [name for name, value in self.valid.items() if not isinstance(value, UploadedFile)]

    def ask(self, method: str, *about: Any, **more: Any) -> Any:
        client = shared_client()
        client.cookies = SimpleCookie(self.session.output(header="", sep=";"))
        answer = getattr(client, method)(*(about or (self.address,)), **more)
        if answer.streaming:
            b"".join(answer.streaming_content)  # read to its end, the file is closed
        return answer

    def post(self, given: dict[str, Any], *, in_parts: bool = False) -> Any:
        if in_parts or any(isinstance(value, UploadedFile) for value in given.values()):
            sent = {
                name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
                for name, value in given.items()
            }
            return self.ask("post", self.address, sent)
        body = urlencode(given, doseq=True, encoding="utf-8", errors="as_sent")
        kind = "application/x-www-form-urlencoded"
        return self.ask("post", self.address, body, content_type=kind)

    def tried(self, given: dict[str, Any], *, in_parts: bool = False) -> Any:
        """Post, hold the answer against what must always be true, and take it all back."""
        with undone():
            answer = self.post(given, in_parts=in_parts)
            is_done = answer.status_code in (302, 303)
            if answer.status_code >= 500 or (not is_done and rows() != self.rows):
                shown = {name: ascii(value)[:100] for name, value in given.items()}
                pytest.fail(f"{self.name} answers {answer.status_code} to {shown}")
        return answer


def doer(line: Line) -> str:
    return next(
        (who for who, cell in zip(COLUMNS, line.cells, strict=True) if cell in ("go", "200")), ""
    )


def rows() -> dict[str, int]:
    """How many there are of everything, also of files that are kept before an operation."""
    with connection.cursor() as cursor:
        cursor.execute(*counting())
        return dict(cursor.fetchall())


@cache
def counting() -> tuple[str, Any]:
    """One query that counts every table, written once: it is asked after every post."""
    models = [model for app in HOUSE for model in apps.get_app_config(app).get_models()]
    counts = [
        m._default_manager.order_by()
        .values(model_name=Value(m._meta.label))
        .annotate(rows=Count("pk"))
        .values_list("model_name", "rows")
        for m in models
    ]
    return counts[0].union(*counts[1:], all=True).query.sql_with_params()


def form_lines() -> dict[str, Line]:
    """For each address that takes a post the first line by which somebody may make it."""
    found: dict[str, Line] = {}
    for line in LINES:
        if line.method == "POST" and line.name in POSTS and doer(line):
            found.setdefault(line.name, line)
    return found


def test_every_form_of_the_matrix_is_tried() -> None:
    assert set(POSTS) - set(form_lines()) == NOBODY_MAY


def addressed() -> list[Line]:
    """For each address and way to ask the first line by which somebody may."""
    found: dict[tuple[str, str], Line] = {}
    for line in LINES:
        if doer(line):
            found.setdefault((line.name, line.method), line)
    return list(found.values())


def for_each_form(world: World, area: str, try_it: Callable[[Form], None]) -> None:
    sessions = signed_in(world)
    for line in form_lines().values():
        if area_of(line) == area:
            with undone():
                try_it(Form(world, sessions, line))


def field_of(form: Form, name: str, answer: Any) -> tuple[BaseForm, Any] | None:
    """The form of an answer that has the field, and the field."""
    found = [value for part in answer.context or [] for value in part.flatten().values()]
    found += [one for value in found if isinstance(value, dict) for one in value.values()]
    for value in found:
        if isinstance(value, BaseForm) and name in value.fields and value.is_bound:
            return value, value.fields[name]
    return None


EVERYWHERE = pytest.mark.parametrize("area", [*AREAS, "house"])


@EVERYWHERE
def test_every_nasty_text_in_every_field_gets_an_answer(
    area: str, world: World, caplog: Any
) -> None:
    caplog.set_level("CRITICAL")

    def try_it(form: Form) -> None:
        # Where nothing is typed, what nobody asked for is sent once.
        fields = form.texts or ["unknown"]
        texts = [*NASTY, *map(text_of, ENTRIES)]
        for text in texts if form.texts else texts[:1]:
            answer = form.tried(form.valid | dict.fromkeys(fields, text))
            if "<" in text and not answer.streaming:
                assert text not in answer.content.decode(), form.name
        for text in texts[: 2 * len(NASTY)] if form.name in BESIDE else []:
            form.tried(form.valid | dict.fromkeys([*form.texts, *BESIDE[form.name]], text))

    for_each_form(world, area, try_it)


@EVERYWHERE
def test_a_million_letters_in_any_field_get_an_answer(area: str, world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")

    def try_it(form: Form) -> None:
        for name in form.texts:
            # In parts it is two bytes a letter; as in an address six, more than a post may hold.
            answer = form.tried(form.valid | {name: MILLION}, in_parts=True)
            assert answer.status_code in (200, 302, 303, 404, 422), (form.name, name)
            if answer.status_code in (302, 303):
                # Done as with a button or a tick: it is no field that keeps a text.
                answer = form.tried(form.valid | {name: "a\x00b"})
                assert field_of(form, name, answer) is None, (form.name, name)

    for_each_form(world, area, try_it)


@EVERYWHERE
def test_a_field_does_with_a_nasty_text_what_it_is_expected_to(
    area: str, world: World, caplog: Any
) -> None:
    caplog.set_level("CRITICAL")
    differing: list[str] = []

    def try_it(form: Form) -> None:
        for name in form.texts:
            looked = field_of(form, name, form.tried(form.valid | {name: "a\x00b"}))
            if looked is None:
                continue
            field = looked[1]
            for entry in ENTRIES:
                text = text_of(entry)
                # In a pasted list every line is a row of its own.
                if KINDS.get(entry["field"]) != type(field).__name__ or name == "pasted":
                    continue
                fits = field.required or text.strip()
                too_long = len(text) > (getattr(field, "max_length", None) or len(text))
                if entry["expect"] != "refused" and too_long:
                    continue
                answer = form.tried(form.valid | {name: text})
                after = field_of(form, name, answer)
                is_refused = after is not None and name in after[0].errors
                if is_refused != (entry["expect"] == "refused" and bool(fits)):
                    wrong = f"{form.name}.{name} with {entry['key']}: {entry['expect']}"
                    differing.append(f"{wrong}, refused: {is_refused}, {answer.status_code}")

    for_each_form(world, area, try_it)
    assert "\n".join(differing) == ""


@EVERYWHERE
def test_what_was_typed_is_kept_beside_a_refusal(area: str, world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")
    lost: list[str] = []
    kept: list[str] = []

    def try_it(form: Form) -> None:
        typed = {
            name: value
            for name, value in form.valid.items()
            if isinstance(value, str) and len(value) > 3
        }
        for broken in typed:
            answer = form.tried(form.valid | {broken: "a\x00b"})
            looked = field_of(form, broken, answer)
            if answer.status_code not in (200, 422) or looked is None or not looked[0].errors:
                continue
            page = html.unescape(answer.content.decode())
            kept.append(form.name)
            lost.extend(
                f"{form.name}.{name} when {broken} is broken"
                for name, value in typed.items()
                if name in looked[0].fields
                and name != broken
                and value not in page
                and not isinstance(looked[0].fields[name].widget, PasswordInput)
            )

    for_each_form(world, area, try_it)
    assert lost == []
    assert kept


# What is long is written down by name, so that a failing example can be read.
BY_NAME = {f"<nasty {number}>": text for number, text in enumerate(NASTY)}
anything = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Co", "Zs", "Nd"]), max_size=20),
    st.integers().map(str),
    st.decimals().map(str),
    st.dates().map(str),
    st.sampled_from(["", "on", "0", "null", "[]", "{}", "true", *BY_NAME]),
    st.lists(st.text(max_size=10), min_size=2, max_size=5),
    st.binary(max_size=40).map(lambda sent: SimpleUploadedFile("fil.pdf", sent)),
    st.sampled_from(["fil.exe", "a" * 400 + ".pdf", "fil.pdf", "fil"]).map(
        lambda name: SimpleUploadedFile(name, PDF)
    ),
)


@EVERYWHERE
def test_random_posts_get_an_answer(area: str, world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")

    def try_it(form: Form) -> None:
        names = list(form.valid) or ["one"]

        @settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
        @given(
            st.sampled_from([True, False]),
            st.fixed_dictionaries({}, optional=dict.fromkeys(names, anything)),
            st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2),
        )
        def post(on_top: bool, nasty: dict[str, Any], unknown: dict[str, str]) -> None:
            nasty = {
                name: BY_NAME.get(value, value) if isinstance(value, str) else value
                for name, value in nasty.items()
            }
            form.tried((form.valid if on_top else {}) | nasty | unknown)

        post()

    for_each_form(world, area, try_it)


NO_FILES = [
    ("tom.pdf", b""),
    ("bild.pdf", b"MZ\x90\x00" + b"\x00" * 60),
    ("program.exe", b"MZ\x90\x00"),
    ("sida.html", b"<script>alert(1)</script>"),
    ("anbud_\u202efdp.exe", PDF),
    ("utan", PDF),
    ("tabell.xlsx", b"PK\x03\x04" + b"\x00" * 40),
]


def test_a_file_that_is_not_what_it_says_is_refused_at_its_field(world: World) -> None:
    sessions, tried = signed_in(world), 0
    for line in form_lines().values():
        with undone():
            form = Form(world, sessions, line)
            uploads = [k for k, value in form.valid.items() if isinstance(value, UploadedFile)]
            for field, (name, content) in product(uploads, NO_FILES):
                answer = form.tried(form.valid | {field: SimpleUploadedFile(name, content)})
                assert answer.status_code == 422, (form.name, name)
                looked = field_of(form, field, answer)
                assert looked, (form.name, name)
                assert field in looked[0].errors, (form.name, name)
                tried += 1
    assert tried >= 3 * len(NO_FILES)


def test_the_name_of_a_file_leads_nowhere(world: World) -> None:
    sessions = signed_in(world)
    form = Form(world, sessions, form_lines()["task_attach"])
    sent = SimpleUploadedFile("../../../../etc/cron.d/anbud; rm -rf ~.pdf", PDF + b"% ny")
    assert form.post({"upload": sent}).status_code == 303

    name = StoredFile.objects.latest("pk").name
    assert not {"/", "\\", ";", "~"} & set(name)
    assert not name.startswith(".")


def test_a_post_with_too_much_is_told_so(world: World) -> None:
    sessions = signed_in(world)
    form = Form(world, sessions, form_lines()["account"])
    many = {f"f{number}": "x" for number in range(2100)}

    assert form.tried(form.valid | many).status_code == 400
    assert form.tried(form.valid | {"name": "x" * 6_000_000}).status_code == 400


@EVERYWHERE
def test_no_query_breaks_a_page(area: str, world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")
    sessions = signed_in(world)
    for line in addressed():
        if line.method != "GET" or area_of(line) != area:
            continue
        with undone():
            form = Form(world, sessions, line)
            for value in IN_QUERIES:
                given = dict.fromkeys(NAMES_IN_QUERIES, value)
                query = urlencode(given, encoding="utf-8", errors="as_sent")
                answer = form.ask("get", f"{form.address}?{query}")
                assert answer.status_code < 500, f"{line.name}: {value[:40]!a}"
                # Alone too, where another that is refused would hide it.
                for name in READ_BY.get(line.name, ()):
                    query = urlencode({name: value}, encoding="utf-8", errors="as_sent")
                    answer = form.ask("get", f"{form.address}?{query}")
                    assert answer.status_code < 500, f"{line.name}: {query[:60]}"


def test_no_number_in_an_address_breaks_a_page(world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")
    sessions = signed_in(world)
    for line in addressed():
        if "<int:" not in addresses()[line.name]:
            continue
        with undone():
            form = Form(world, sessions, line)
            args = path_of(line.name, form.asked)
            for place, known in enumerate(args):
                for number in INTEGERS if isinstance(known, int) else []:
                    wrong = reverse(line.name, args=[*args[:place], number, *args[place + 1 :]])
                    answer = form.ask(line.method.lower(), wrong)
                    assert answer.status_code in (404, 405), (line.name, line.method, number)


def test_no_text_in_an_address_breaks_a_page(world: World, caplog: Any) -> None:
    caplog.set_level("CRITICAL")
    mark = "MARKHERE"
    sessions = signed_in(world)
    for line in addressed():
        with undone():
            form = Form(world, sessions, line)
            args = path_of(line.name, form.asked)
            for place, known in enumerate(args):
                if not isinstance(known, str):
                    continue
                # What an address takes only of a closed list, such as a language, is put in after.
                whole = reverse(line.name, args=args)
                try:
                    marked = reverse(line.name, args=[*args[:place], mark, *args[place + 1 :]])
                except NoReverseMatch:
                    marked = whole.replace(f"/{known}/", f"/{mark}/", 1)
                for text in IN_PATHS:
                    sent = marked.replace(mark, quote(text, safe="", errors="as_sent"))
                    answer = form.ask(line.method.lower(), sent)
                    assert answer.status_code < 500, (line.name, text[:30])
