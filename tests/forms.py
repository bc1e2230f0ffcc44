"""What a browser would send: the fields of a form as the page shows it."""

from collections.abc import Mapping

from lxml import html


def fields_of(page: str, action: str) -> dict[str, list[str]]:
    """Every field of the form that posts to an address, as it stands."""
    forms = [form for form in html.fromstring(page).forms if form.method == "POST"]
    # Without an address of its own a form is posted to its page's.
    form = next(form for form in forms if (form.action or action) == action)
    for field in form.iter("input"):
        # An empty field is sent too, and lxml takes one without a value for none at all.
        if field.get("type") not in ("checkbox", "radio"):
            field.set("value", field.get("value", ""))
    sent: dict[str, list[str]] = {}
    for name, value in form.form_values():
        # A line break right after the tag is no part of the text.
        sent.setdefault(name, []).append(value.removeprefix("\n"))
    return sent


def also(sent: Mapping[str, list[str]], **more: str) -> dict[str, list[str]]:
    """The same with one more value in some of the fields: a box that is ticked."""
    return {name: [*values] for name, values in sent.items()} | {
        name: [*sent.get(name, []), value] for name, value in more.items()
    }
