"""Liquid as the handbook's editors write it: closed tags and filters, no loader, no way out."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, RenderContext, StrictUndefined
from liquid.ast import Node
from liquid.builtin.expressions import Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import (
    LiquidError,
    LoopIterationLimitError,
    ResourceLimitError,
    UndefinedError,
    UnknownFilterError,
)
from liquid.expression import Expression

from documents.refusals import LiquidRefused

TAGS = {"if", "unless", "case", "for", "break", "continue", "assign", "comment", "#"}
# Nothing that undoes escaping (`safe`), reads elsewhere or decodes.
FILTERS = {
    "capitalize",
    "default",
    "downcase",
    "first",
    "join",
    "last",
    "newline_to_br",
    "size",
    "strip",
    "upcase",
}
_INNER = {"content", "output", "illegal"}
# Ten times the longest that is shipped.
LONGEST_TEMPLATE = 100_000
# Marks that open and close what is not text, and a part that is left as it is.
_MARKS = re.compile(r"\{\{|\{%-?\s*(?:raw|doc)\b|\{%|\}\}|%\}")
LOOSE_MOST = 10
_BLOCKS = re.compile(r"\{%-?\s*(?P<end>end)?(?:if|unless|case|for|comment)\b")


class _Context(RenderContext):
    """Counts the rounds of all loops of a template: liquid itself counts only those of loops inside
    one another, and ten thousand that follow each other are short to write too."""

    looped = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        self.looped += length
        if self.looped > _Environment.loop_iteration_limit:
            raise LoopIterationLimitError("loop iteration limit reached", token=None)


class _Template(BoundTemplate):
    context_class = _Context


class _Environment(Environment):
    template_class = _Template
    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 50_000
    local_namespace_limit = 200_000
    output_stream_limit = 4_000_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS | _INNER}
        self.filters = {name: act for name, act in self.filters.items() if name in FILTERS}


_environment = _Environment(undefined=StrictUndefined, autoescape=True, strict_filters=True)


@lru_cache(maxsize=256)
def compile(text: str) -> BoundTemplate:  # noqa: A001
    """Read a template, or raise LiquidRefused with the line. Kept per process by its text."""
    if len(text) > LONGEST_TEMPLATE:
        raise LiquidRefused("limit")
    if len(loose := _loose_marks(text)) > LOOSE_MOST:
        line = text.count("\n", 0, loose[0]) + 1
        raise LiquidRefused("template", line=line, reason="what is opened is not closed")
    try:
        template = _environment.from_string(text)
    except LiquidError as error:
        raise _refusal(error, _left_open(text)) from error
    # A filter in a branch never taken is not seen until it is.
    for name, spans in template.analyze(include_partials=False).filters.items():
        if name not in FILTERS:
            line = text.count("\n", 0, spans[0].index) + 1
            raise LiquidRefused("filter", line=line, name=name)
    for found in _ranges(template.nodes, RenderContext(template)):
        line = text.count("\n", 0, found.token.start_index) + 1
        raise LiquidRefused(
            "template", line=line, reason="a range is only looped over, forwards from its beginning"
        )
    return template


def _loose_marks(text: str) -> list[int]:
    """Where something is opened that is not closed before the next is, or left as it is: liquid
    looks through the rest of the text for the end of each, back and forth, so that some thousand
    of them hold a process up for minutes."""
    loose, opened = [], -1
    for mark in _MARKS.finditer(text):
        if mark.group() in ("}}", "%}"):
            opened = -1
            continue
        if opened >= 0:
            loose.append(opened)
        opened = mark.start()
        if len(mark.group()) > len("{%"):
            loose.append(opened)
    return loose


def _ranges(nodes: Iterable[Node], context: RenderContext) -> Iterator[RangeLiteral]:
    """The ranges that are not looped over, or that are held whole or passed over before they are:
    `(1..9000000000)` is short to write, and no limit counts what is made of it so."""
    for node in nodes:
        looped = None
        if isinstance(node, ForNode) and not (node.expression.reversed or node.expression.offset):
            looped = node.expression.iterable
        waiting = list(node.expressions())
        while waiting:
            expression = waiting.pop()
            if isinstance(expression, RangeLiteral) and expression is not looped:
                yield expression
            waiting += expression.children()
        yield from _ranges(node.children(context, include_partials=False), context)


def render(text: str, data: dict[str, Any]) -> str:
    """The template with its data, every value escaped. Raises LiquidRefused."""
    try:
        return compile(text).render(**data)
    except LiquidError as error:
        raise _refusal(error) from error
    except RecursionError as error:
        raise LiquidRefused("limit") from error


def names(text: str) -> set[str]:
    """All the data a template asks for, in every branch: `case.title`, `suppliers[].name`."""
    return set(lines_of_names(text))


def lines_of_names(text: str) -> dict[str, int]:
    """The same, with the line where each is first asked for."""
    template = compile(text)
    found: dict[str, int] = {}
    known: dict[str, str | None] = {}
    context = RenderContext(template)
    for node in template.nodes:
        for name, index in _asked(node, known, context):
            found.setdefault(name, text.count("\n", 0, index) + 1)
    return found


def _asked(
    node: Node, known: dict[str, str | None], context: RenderContext
) -> Iterator[tuple[str, int]]:
    for expression in node.expressions():
        yield from _paths(expression, known)
    inner = known
    if isinstance(node, ForNode):
        iterable = node.expression.iterable
        whole = _name(iterable, known) if isinstance(iterable, Path) else None
        item = None if whole is None else f"{whole}[]"
        inner = known | {str(node.expression.identifier): item, "forloop": None}
    for child in node.children(context, include_partials=False):
        yield from _asked(child, inner, context)
    for identifier in node.template_scope():
        given = next((e for e in node.expressions()), None)
        left = getattr(given, "left", given)
        is_filtered = bool(getattr(given, "filters", None))
        alias = left if isinstance(left, Path) and not is_filtered else None
        known[str(identifier)] = _name(alias, known) if alias else None


def _paths(expression: Expression, known: dict[str, str | None]) -> Iterator[tuple[str, int]]:
    if isinstance(expression, Path):
        name = _name(expression, known)
        if name is not None:
            yield name, expression.token.start_index
    for child in expression.children():
        yield from _paths(child, known)


def _name(path: Path, known: dict[str, str | None]) -> str | None:
    root, *rest = path.path
    start = known.get(root, root) if isinstance(root, str) else None
    if start is None:
        return None
    parts = [f".{part}" if isinstance(part, str) else "[]" for part in rest]
    return start + "".join(parts)


def _left_open(text: str) -> int:
    """The line of the tag that is opened last of those never ended, for a template that ends too
    early: liquid tells only what it missed there."""
    opened = [0]
    for tag in _BLOCKS.finditer(text):
        if not tag["end"]:
            opened.append(tag.start())
        elif len(opened) > 1:
            opened.pop()
    return text.count("\n", 0, opened[-1]) + 1


def _refusal(error: LiquidError, nowhere: int = 1) -> LiquidRefused:
    """In our words; `nowhere` is the line of what happens at no place of its own."""
    line = _line(error) or nowhere
    reason = str(error.message or error.__class__.__name__)
    if isinstance(error, ResourceLimitError):
        return LiquidRefused("limit")
    if isinstance(error, UndefinedError):
        return LiquidRefused(
            "field", line=line, name=reason.removesuffix(" is undefined").strip("'")
        )
    if isinstance(error, UnknownFilterError):
        return LiquidRefused("filter", line=line, name=reason.removeprefix("unknown filter "))
    return LiquidRefused("template", line=line, reason=reason)


def _line(error: LiquidError) -> int:
    token = error.token
    if token is None or token.start_index < 0:
        return 0
    return token.source.count("\n", 0, token.start_index) + 1
