"""What a person does on the pages of a journey, said as they would say it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pypdf import PdfWriter

from outbox.models import Message
from outbox.work import carry_out_one
from tests.browser.fixtures import DESKTOP, check_page, listen, sign_in

# Another page than a browser's: whether it is asked for without script.
OTHER: dict[str, Any] = {"viewport": DESKTOP, "locale": "sv-SE", "timezone_id": "Europe/Stockholm"}


def day(at: datetime, later: int = 0) -> str:
    """A day so many days later, as a field of a form takes it."""
    return (at + timedelta(days=later)).date().isoformat()


# What the element with the focus is called: by its labels, or by what stands in it.
FOCUSED = """(() => {
    const it = document.activeElement;
    return (it.labels?.length ? it.labels[0] : it).innerText.trim();
})()"""


@contextmanager
def another(context: BrowserContext, user: Any = None, **how: Any) -> Iterator[Page]:
    """Somebody else at a browser of their own, at the same time."""
    browser = context.browser
    assert isinstance(browser, Browser)
    address = context.pages[0].url.split("/", 3)
    other = browser.new_context(base_url="/".join(address[:3]), **(OTHER | how))
    other.set_default_timeout(10_000)
    page = other.new_page()
    listen(page)
    if user:
        sign_in(page, user)
    try:
        yield page
    finally:
        other.close()
    assert not page.troubles, page.troubles  # type: ignore[attr-defined]


def press(page: Page, name: str, *, within: str = "main", part: bool = False) -> None:
    """A button, by its words or how they begin."""
    page.locator(within).get_by_role("button", name=_words(name, part), exact=True).first.click()


def follow(page: Page, name: str, *, within: str = "main", part: bool = False) -> None:
    """A link, by its words or how they begin."""
    page.locator(within).get_by_role("link", name=_words(name, part), exact=True).first.click()


def _words(name: str, part: bool) -> Any:
    return re.compile(f"^{re.escape(name)}") if part else name


def write(page: Page, /, **fields: str) -> None:
    """Fields by the name they are posted under."""
    for name, text in fields.items():
        page.locator(f"main [name={name}]").fill(text)


def choose(page: Page, label: str, *, within: str = "main") -> None:
    """A radio button or a box, by its label or how it begins."""
    page.locator(within).get_by_label(re.compile(f"^{re.escape(label)}")).check()


def heading(page: Page, words: str) -> None:
    """Where one stands."""
    expect(page.get_by_role("heading", name=words).first).to_be_visible()


def told(page: Page, words: str) -> None:
    """What the page says was done."""
    expect(page.locator(".toast").filter(has_text=words)).to_be_visible()


def refused(page: Page, *words: str) -> None:
    """The summary of what is to be put right has the focus and says each of the words."""
    summary = page.locator("main [data-errors]")
    expect(summary).to_be_focused()
    for each in words:
        expect(summary).to_contain_text(each)


def reach(page: Page, words: str) -> None:
    """Go on with the tabulator until the link, button or field with the words has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).startswith(words):
            return
    raise AssertionError(f"The keyboard does not reach {words!r}.")


def look_over(page: Page, name: str) -> None:
    """The page with everything that can be opened open, in both schemes and on a phone."""
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    check_page(page, name)


def deliver() -> None:
    """Carry out what has been promised, as the worker would."""
    for message in Message.objects.waiting().filter(due_at__lte=timezone.now()).order_by("pk"):
        carry_out_one(message.pk)


def letter_to(address: str) -> str:
    """The body of the last letter sent to the address, when what was promised is carried out."""
    deliver()
    return [letter.body for letter in mail.outbox if letter.to == [address]][-1]


def link_in(letter: str) -> str:
    """The path of the link in a letter."""
    found = re.search(r"https?://[^/\s]+(/\S+)", letter)
    assert found, letter
    return found[1]


def a_pdf(path: Path, title: str) -> Path:
    """A small PDF in a file."""
    paper = PdfWriter()
    paper.add_blank_page(595, 842)
    paper.add_metadata({"/Title": title})
    paper.write(path)
    return path
