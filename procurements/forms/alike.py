from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from procurements.alike import Typed
from procurements.forms.paper import PaperForm, is_same
from procurements.models import Participant, PhaseDocument
from procurements.operations.paper import Alike
from procurements.states import ParticipantState


@dataclass(frozen=True)
class Offered:
    """Another supplier that the same paper may be ordered for, and its own paper, if any."""

    supplier: Participant
    paper: PhaseDocument | None

    @property
    def began(self) -> str:
        """What the page carries of it: as what it takes part, and its paper's version."""
        return f"{self.supplier.state}:{self.paper.version if self.paper else ''}"

    @property
    def told(self) -> str:
        """Its name, and what may be a reason to leave it out."""
        paper: Any = self.paper
        version = paper.latest_number if paper else None
        more = [
            self.supplier.get_state_display() if self.supplier.state != ParticipantState.IN else "",
            _("Version %(n)s") % {"n": version} if version else _("Begun") if paper else "",
        ]
        return " · ".join([self.supplier.name, *filter(None, more)])


def _ticks(name: str) -> forms.MultipleChoiceField:
    # What was ticked is not kept on the device: it would be carried out unseen.
    box = forms.CheckboxSelectMultiple(attrs={"data-unkept": True})
    field = forms.MultipleChoiceField(label=name, required=False, widget=box)
    field.is_asked_for = True  # type: ignore[attr-defined]
    return field


def _tick(name: str) -> forms.BooleanField:
    box = forms.CheckboxInput(attrs={"data-unkept": True})
    field = forms.BooleanField(label=name, required=False, widget=box)
    field.is_asked_for = True  # type: ignore[attr-defined]
    return field


class AlikeForm(PaperForm):
    """A paper to one supplier, which may be ordered for others too. It carries for each what the
    page told of it."""

    offered: Sequence[Offered] = ()

    def __init__(
        self,
        *args: Any,
        paper: PhaseDocument | None,
        addressee: Participant | None,
        offered: Sequence[Offered],
        everybody: Sequence[Participant],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        self.others = [one for one in everybody if one != addressee]
        if offered:
            language = kwargs["language"]
            begun = filter(None, [paper, *(one.paper for one in offered)])
            self.saved = [Typed(one.fill, one.passages_in(language)) for one in begun]
            self._ask_for_whom(offered)
            self._ask_what_is_own(language)
            self._ask_whose_preview([addressee, *(one.supplier for one in offered)])

    def _ask_for_whom(self, offered: Sequence[Offered]) -> None:
        field = self.fields["also"] = _ticks(_("Order the same paper for"))
        # Of whoever is offered no more, the operation says why.
        field.choices = [(str(one.pk), str(one)) for one in self.others]
        field.widget.choices = [(str(one.supplier.pk), one.told) for one in offered]
        if len(offered) > 1:
            self.fields["everyone"] = _tick(_("All of them"))

    def _ask_what_is_own(self, language: str) -> None:
        field = self.fields["own"] = _ticks(_("Each supplier’s own"))
        field.help_text = _(
            "What is ticked is not copied: there each keeps what is saved on its own page. What is "
            "saved for one, or differs between them, is ticked beforehand."
        )
        labels = {
            name: format_html('<span lang="{}">{}</span>', language, one.label)
            if language != get_language()
            else str(one.label)
            for name, one in self.fields.items()
            if name.startswith(("fill_", "passage_"))
        }
        ticked = self.initial.get("own", ())
        self.initial["own"] = [n for n in labels if n in ticked or self._differs(n)]
        field.choices = list(labels.items())
        # Of passages those that are rewritten for somebody.
        field.widget.choices = [
            (name, label)
            for name, label in labels.items()
            if name.startswith("fill_") or self._differs(name) or self._is_rewritten(name)
        ]
        if self["own"].value():
            self.fields["same"] = _tick(_("Let all of it be the same for all, also what is ticked"))

    def _ask_whose_preview(self, suppliers: Sequence[Participant | None]) -> None:
        first, *others = suppliers
        field = self.fields["look"] = forms.ChoiceField(
            label=_("The preview shows the paper to"),
            required=False,
            choices=[("", str(first)), *((str(one.pk), str(one)) for one in others if one)],
            widget=forms.Select(attrs={"data-unkept": True}),
        )
        field.is_quiet = True  # type: ignore[attr-defined]

    def _differs(self, name: str) -> bool:
        """Whether what is saved for some may tell of one of them: it is not the same in the papers
        that have been begun, or stands in the only one."""
        begun = [one.saved_in(name) for one in self.saved]
        return begun[1:] != begun[:-1] if len(begun) > 1 else begun not in ([], [None])

    def _is_rewritten(self, name: str) -> bool:
        sent, key = self.data.get(self.add_prefix(name)), name.removeprefix("passage_")
        return bool(sent) and not is_same(str(sent), self.defaults[key])

    @property
    def alike(self) -> list[Alike]:
        """The suppliers that were ticked, as the page told of them."""
        ticked = set(self.cleaned_data.get("also", ()))
        if self.cleaned_data.get("everyone"):
            # Of the page: not who came into the case since.
            ticked |= {str(one.pk) for one in self.others if f"began_{one.pk}" in self.data}
        return [self._as_shown(one) for one in self.others if str(one.pk) in ticked]

    def _as_shown(self, supplier: Participant) -> Alike:
        told = self.data.get(f"began_{supplier.pk}")
        if told is None:
            return Alike(supplier)
        state, _sep, version = told.partition(":")
        return Alike(supplier, state, version)

    @property
    def ticked(self) -> dict[str, list[str]]:
        """The ticks that what is saved for later comes back with, as an address carries them."""
        if not self.alike:
            return {"also": [], "everyone": [], "own": []}
        everyone = ["on"] if self.cleaned_data.get("everyone") else []
        return {"also": self.cleaned_data["also"], "everyone": everyone, "own": self.own}

    @property
    def own(self) -> list[str]:
        is_same = self.cleaned_data.get("same")
        return [] if is_same else list(self.cleaned_data.get("own", ()))

    @property
    def meant(self) -> list[str]:
        """Words of a name that were ticked as meaning no supplier."""
        return list(cast("QueryDict", self.data).getlist("meant"))

    @property
    def began(self) -> list[tuple[str, str]]:
        """What the page carries of each of the others."""
        told = {f"began_{one.supplier.pk}": one.began for one in self.offered}
        return [(name, self.data.get(name, now)) for name, now in told.items()]

    def ask_what_is_meant(self, words: Iterable[str]) -> None:
        """Words that may be a supplier's name stand in what several get."""
        if choices := [(word, word) for word in words]:
            field = self.fields["meant"] = _ticks(_("No supplier is meant by"))
            field.choices = choices

    @property
    def is_for_several(self) -> bool:
        """Whether what it says of others is to be seen at once."""
        told = {"also", "everyone", "own", "same", "look"}
        if not self.is_bound:
            return bool(self.initial.get("also") or self.initial.get("everyone"))
        sent = self.data.keys() & (told - {"own"})
        return bool(any(self.data[name] for name in sent) or told & self.errors.keys())
