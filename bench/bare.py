"""What the renderer gives WeasyPrint, given again with nothing around it."""

from collections.abc import Callable
from typing import Any

from documents import pdf


def bare(make: Callable[[], object]) -> Callable[[], Any]:
    """The plain `write_pdf()` of what `make` has our renderer draw, with the same options."""
    seen: dict[str, Any] = {}
    real = pdf.HTML

    class Recording(real):  # type: ignore[misc, valid-type]
        def __init__(self, **how: Any) -> None:
            seen["html"] = how
            super().__init__(**how)

        def render(self, **how: Any) -> Any:
            seen["render"] = how
            return super().render(**how)

    pdf.HTML = Recording
    try:
        make()
    finally:
        pdf.HTML = real
    return lambda: real(**seen["html"]).write_pdf(**seen["render"])
