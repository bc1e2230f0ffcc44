"""Pictures of the demo's pages and papers, for the README and the documents."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PERSON = "maja.lindqvist@karlstad.example"
PREPARE = """
from django.core.management import call_command
from outbox.models import Message
from outbox.work import carry_out_one
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("load_handbook", shipped=True, verbosity=0)
call_command("load_demo", verbosity=0)
for pk in Message.objects.filter(done_at=None).values_list("pk", flat=True):
    carry_out_one(pk)
"""
FIND = """
from django.db.models import Count
from handbook.models import Edition
from procurements.models import Case, CaseRole, GateDecision, PhaseDocument
from teams.models import User
case = Case.objects.order_by("number").first()
paper = (PhaseDocument.objects.filter(case=case, template__serves="phase_decision")
         .order_by("-case_phase__number").first())
revision = paper.document.revisions.first()
gate = GateDecision.objects.filter(case_phase__case=case).latest("pk")
without = (User.objects.people().exclude(pk__in=CaseRole.objects.values("user"))
           .filter(memberships__isnull=False).order_by("pk").first())
leads = CaseRole.objects.filter(role="process_leader").values("user__email")
leader = leads.annotate(cases=Count("case", distinct=True)).order_by("-cases", "user").first()
book = case.edition.handbook
edition = Edition.objects.current().get(handbook=book)
step = edition.steps.order_by("phase__number", "number").first()
editor = next(one for one in User.objects.people().order_by("pk")
              if one.has_perm("handbook.edit_handbook", book))
print(case.number, case.current_phase.phase.key, paper.pk, gate.pk, without.email,
      leader["user__email"], revision.file.path, book.key, edition.version, step.phase.key,
      step.key, editor.email)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "UPPTAKT_VAR": folder,
            "UPPTAKT_STATIC": folder,
            "UPPTAKT_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        _python(PREPARE)
        found = _python(FIND).split()
        number, phase, paper, gate, without, leader, file, book, version, first, step, editor = (
            found
        )
        _papers(Path(file))
        pages = {
            "start": "/",
            "case": f"/cases/{number}/",
            "phase": f"/cases/{number}/phases/{phase}/",
            "gate": f"/cases/{number}/gates/{gate}/",
            "papers": f"/cases/{number}/papers/",
            "paper": f"/cases/{number}/papers/{paper}/",
            "suppliers": f"/cases/{number}/suppliers/",
            "need": f"/cases/{number}/need/compare/",
            "handbook": "/handbook/",
            "handbook-phase": f"/handbook/{book}/{version}/sv/{first}/",
        }
        drafted = {
            "draft": f"/handbook/{book}/draft/",
            "draft-step": f"/handbook/{book}/draft/step/{step}/",
        }
        _pages(pages, drafted, leader, without, editor)
    for picture in PICTURES.glob("*.png"):
        _lighten(picture)


def _lighten(picture: Path) -> None:
    """Pages have few colours: a palette makes the file a third as large. This way of choosing it
    keeps the rare ones, such as the line of today."""
    with Image.open(picture) as whole:
        few = whole.convert("RGB").quantize(224, method=Image.Quantize.MAXCOVERAGE)
        few.save(picture, optimize=True)


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup()\n{code}"],
        cwd=TOP,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _papers(file: Path) -> None:
    stem = PICTURES / "paper-page"
    PICTURES.mkdir(parents=True, exist_ok=True)
    command = ["pdftoppm", "-png", "-r", "70", "-f", "1", "-l", "2", str(file), str(stem)]
    subprocess.run(command, check=True)


def _pages(
    pages: dict[str, str], drafted: dict[str, str], leader: str, without: str, editor: str
) -> None:
    """The pages of the person with a case, the portfolio of who leads most of them, the draft that
    an editor begins, and the first page of somebody without a case."""
    from playwright.sync_api import sync_playwright

    from tests.browser.fixtures import find_chromium
    from tests.servers import free_port
    from tests.waiting import wait_until

    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "config.wsgi:application"],
        cwd=TOP,
        stderr=subprocess.DEVNULL,
    )
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=find_chromium(),
                args=["--no-sandbox", "--disable-dev-shm-usage"],
            )
            page = browser.new_page(viewport=WIDE, locale="sv-SE")
            home = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(page, f"{home}/account/login/"), seconds=60)
            _three(page, "sign-in")
            _sign_in(page, home, PERSON)
            for name, path in pages.items():
                page.goto(home + path)
                _three(page, name)
            page.context.clear_cookies()
            _sign_in(page, home, leader)
            page.goto(f"{home}/portfolio/")
            _three(page, "portfolio")
            page.context.clear_cookies()
            _sign_in(page, home, editor)
            page.goto(f"{home}{drafted['draft']}begin/")
            page.locator("main form button").first.click()
            page.wait_for_url(home + drafted["draft"])
            _write_a_little(page, home + drafted["draft-step"])
            for name, path in drafted.items():
                page.goto(home + path)
                _three(page, name)
            page.context.clear_cookies()
            _sign_in(page, home, without)
            _three(page, "empty")
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def _write_a_little(page: Any, step: str) -> None:
    """The editor adds to the guidance and the checklist, so that there is something to compare."""
    page.goto(step)
    form = page.locator("main form[data-keep]")
    for field, more in (
        (form.locator("textarea").first, "\n\nSkriv upp deras namn samma dag."),
        (form.locator("input[type=text][name^=checklist]").first, " och har sagt ja"),
    ):
        field.fill(field.input_value().rstrip() + more)
    form.locator(".form__act button").click()
    page.locator(".toast").wait_for()


def _sign_in(page: Any, home: str, person: str) -> None:
    from config.settings import DEMO_PASSWORD

    page.goto(f"{home}/account/login/")
    page.fill("input[name=login]", person)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{home}/")


def _answers(page: Any, address: str) -> bool:
    try:
        return bool(page.goto(address))
    except Exception:
        return False


def _three(page: Any, name: str) -> None:
    for looks, size, scheme in (
        ("desktop", WIDE, "light"),
        ("mobile", PHONE, "light"),
        ("dark", WIDE, "dark"),
    ):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        path = PICTURES / f"{name}-{looks}.png"
        page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    main()
