"""The tags of a PDF, as a screen reader meets them, and what PDF/UA asks of them."""

import io
from typing import Any

import pikepdf

HEADINGS = ("H1", "H2", "H3", "H4")
# What may stand in what.
INSIDE = {
    "L": {"L", "LI", "Caption"},
    "LI": {"Lbl", "LBody"},
    "Table": {"Caption", "THead", "TBody", "TFoot", "TR"},
    "TR": {"TH", "TD"},
}


def tags(content: bytes) -> tuple[Any, list[tuple[str, Any]]]:
    """The document, and every element of its tag tree in reading order, with its own keys."""
    found: list[tuple[str, Any]] = []

    def walk(node: Any) -> None:
        if isinstance(node, pikepdf.Array):
            for child in node:
                walk(child)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            found.append((str(node.S).removeprefix("/"), node))
            if "/K" in node:
                walk(node.K)

    document = pikepdf.open(io.BytesIO(content))
    walk(document.Root.StructTreeRoot.K)
    return document, found


def wrong_with(content: bytes, language: str) -> list[str]:
    """What PDF/UA asks of a paper and this one has not."""
    document, found = tags(content)
    kinds = [kind for kind, _node in found]
    wrong = []
    if not document.Root.MarkInfo.Marked:
        wrong.append("is not marked as tagged")
    if str(document.Root.Lang) != language:
        wrong.append(f"is in {document.Root.Lang}")
    if not document.Root.ViewerPreferences.DisplayDocTitle or not document.docinfo.get("/Title"):
        wrong.append("shows no title")
    if document.open_metadata().get("pdfuaid:part") != "1":
        wrong.append("does not say that it is PDF/UA")
    wrong += _headings([int(kind[1]) for kind in kinds if kind in HEADINGS])
    return wrong + _places(found) + _parts(found)


def _places(found: list[tuple[str, Any]]) -> list[str]:
    """Items stand in lists and nowhere else, cells in rows; lists and rows hold nothing else."""
    wrong = set()
    for kind, node in found:
        for child in _children(node):
            inside = str(child.S).removeprefix("/")
            homes = {home for home, may in INSIDE.items() if inside in may - {"L", "Caption"}}
            rows = {"THead", "TBody", "TFoot"} if inside == "TR" else set()
            if inside not in INSIDE.get(kind, {inside}) or (homes and kind not in homes | rows):
                wrong.add(f"{inside} in {kind}")
    return sorted(wrong)


def _headings(levels: list[int]) -> list[str]:
    wrong = [] if levels.count(1) == 1 else [f"{levels.count(1)} first headings"]
    steps = zip([0, *levels], levels, strict=False)
    return wrong + [f"from heading {before} to {now}" for before, now in steps if now > before + 1]


def _children(node: Any) -> list[Any]:
    below = node.get("/K", [])
    below = below if isinstance(below, pikepdf.Array) else [below]
    return [child for child in below if isinstance(child, pikepdf.Dictionary) and "/S" in child]


def _parts(found: list[tuple[str, Any]]) -> list[str]:
    """Figures have words, tables one caption, cells the headings they stand under."""
    wrong = []
    known = {str(node.ID) for kind, node in found if kind == "TH"}
    before = 0
    for kind, node in found:
        if kind == "Figure" and not str(node.get("/Alt", "")).strip():
            wrong.append("a figure without words")
        if kind == "Table":
            captions = [child for child in _children(node) if str(child.S) == "/Caption"]
            # What goes on on the next page is a table of its own, under the same column headings.
            goes_on = not captions and _columns(node) == before
            before = _columns(node)
            if len(captions) != 1 and not goes_on:
                wrong.append(f"a table with {len(captions)} captions")
        if kind == "TD":
            heads = [str(name) for name in node.get("/A", {}).get("/Headers", [])]
            if not heads or not set(heads) <= known:
                wrong.append(f"a cell under {heads or 'no heading'}")
    return wrong


def _columns(table: Any) -> int:
    """How many column headings a table has."""
    heads = [part for part in _children(table) if str(part.S) == "/THead"]
    return sum(len(_children(row)) for part in heads for row in _children(part))
