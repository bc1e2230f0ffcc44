"""Write a paper: fill in, preview, order, or file a copy made elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.generic import FormView

from documents import article, dressing, files
from documents.article import Passage
from documents.models import Revision, StoredFile
from documents.refusals import LiquidRefused, RefusedTemplate
from documents.source import Given, Source
from handbook.models import DocumentTemplate
from handbook.purposes import Audience
from procurements.alike import Typed, texts_of, with_own
from procurements.duties import says_one_of, words_telling
from procurements.forms.alike import AlikeForm, Offered
from procurements.forms.paper import CopyForm, PaperForm
from procurements.models import Participant, PhaseDocument
from procurements.naming import SupplierNames
from procurements.operations.paper import (
    Place,
    Writer,
    bodies_of,
    file_paper,
    is_secret,
    order_paper,
    order_papers,
    save_paper,
)
from procurements.saying import day
from procurements.states import ParticipantState
from procurements.tracking import taking_part
from procurements.views.base import BothTexts, CaseMixin, in_words, run_named
from procurements.views.paper import may_see_of_kind, sees_secret_papers
from teams.forms.begun import renew
from teams.views.base import add_refusal

# A day further ahead than this is pointed out: it may be a slip in the year.
FAR_AHEAD = timedelta(days=3 * 366)


class PaperPlace(CaseMixin):
    """The place of a paper named in the address: phase, template and maybe supplier."""

    permission = "procurements.order_paper"

    def load(self) -> None:
        run = self.run = run_named(self.case, self.kwargs["phase"], self.request.GET.get("attempt"))
        self.template = get_object_or_404(
            DocumentTemplate,
            edition=self.case.edition,
            phases=run.phase_id,
            key=self.kwargs["template"],
        )
        if not may_see_of_kind(self.template, self.sight):
            raise Http404
        self.participant: Participant | None = None
        self.needs_supplier = self.template.audience == Audience.SUPPLIER
        if self.needs_supplier or self.is_secret:
            self._hide_from_others()
        wanted = self.request.GET.get("supplier") or self.request.POST.get("supplier")
        if self.needs_supplier and wanted:
            self.participant = next((s for s in self.suppliers if str(s.pk) == wanted), None)
            if self.participant is None:
                raise Http404

    def _hide_from_others(self) -> None:
        if not sees_secret_papers(self.run, self.sight):
            raise Http404

    @cached_property
    def is_secret(self) -> bool:
        return is_secret(self.template, bodies_of(self.template, self.case.edition), self.run)

    @property
    def is_repeated(self) -> bool:
        return any(
            one.phase_id == self.run.phase_id and one != self.run
            for one in self.case.phases_in_order
        )

    @cached_property
    def everybody(self) -> list[Participant]:
        """Every supplier of the case, also one entered by mistake: for who sees papers that may
        name them."""
        rows = Participant.everyone.filter(case=self.case)
        return list(rows.select_related("admitted_in", "left_in"))

    @cached_property
    def suppliers(self) -> list[Participant]:
        entered = [one for one in self.everybody if one.state != ParticipantState.MISTAKEN]
        return taking_part(self.run, entered)

    @property
    def place(self) -> Place:
        return Place(self.run, self.template, self.participant)

    @property
    def papers(self) -> QuerySet[PhaseDocument]:
        """What stands in the place, for every supplier."""
        every = Revision.objects.filter(document=OuterRef("document")).order_by("-number")
        ordered = every.filter(draft=False, made_elsewhere=False)
        return (
            self.case.papers.select_related("document")
            .filter(case_phase=self.run, template=self.template)
            .annotate(
                latest_number=Subquery(every.values("number")[:1]),
                signable_number=Subquery(every.signable().values("number")[:1]),
                ordered_number=Subquery(ordered.values("number")[:1]),
                ordered_language=Subquery(ordered.values("language")[:1]),
                ordered_hash=Subquery(ordered.values("source_hash")[:1]),
            )
        )

    @cached_property
    def paper(self) -> PhaseDocument | None:
        return self.papers.filter(participant=self.participant).first()

    @property
    def latest_number(self) -> int:
        """The number of the latest version, 0 if there is none."""
        paper: Any = self.paper
        return (paper.latest_number or 0) if paper else 0

    @property
    def can_be_signed(self) -> bool:
        """Whether the latest version is one that a signed copy may be filed of."""
        paper: Any = self.paper
        return bool(self.latest_number and paper.signable_number == self.latest_number)


class PreparePaper(BothTexts, PaperPlace, FormView):
    """Fill in what the case does not hold, rewrite passages, preview, and order.

    The form carries the language that it was shown in: chosen anew, the passages are those of the
    new language, but for what was rewritten.
    """

    form_class = AlikeForm
    template_name = "procurements/paper/prepare.html"

    @cached_property
    def paper_of(self) -> dict[int | None, PhaseDocument]:
        """By supplier what stands in the place: one query for all that the page may offer."""
        return {one.participant_id: one for one in self.papers}

    @cached_property
    def paper(self) -> PhaseDocument | None:
        return self.paper_of.get(self.participant.pk if self.participant else None)

    @cached_property
    def offered(self) -> list[Offered]:
        """The other suppliers that the same paper can be ordered for."""
        others = self.suppliers if self.participant else []
        return [
            Offered(one, self.paper_of.get(one.pk)) for one in others if one != self.participant
        ]

    @cached_property
    def language(self) -> str:
        known = self.case.edition.languages
        asked = self.request.POST.get("language") or self.request.GET.get("language")
        if asked in known:
            return str(asked)
        if self.paper:
            return self.paper.document.language
        return (get_language() or "sv") if get_language() in known else str(known[0])

    @property
    def shown_in(self) -> str:
        """The language in which the form was shown that is sent now."""
        shown = self.request.POST.get("shown_in")
        return str(shown) if shown in self.case.edition.languages else self.language

    def writer_in(self, language: str) -> Writer:
        return Writer(self.case, self.place, language=language, draft=True, on=self.today)

    @cached_property
    def writer(self) -> Writer:
        """The facts of the case are read once for the page."""
        return self.writer_in(self.language)

    def passages_of(self, source: Source) -> list[Passage]:
        given = Given(at=self.at, version="", author="")
        try:
            return article.passages(source.template_text, source.data_with(given))
        except (LiquidRefused, RefusedTemplate):
            return []

    def get_form_kwargs(self) -> dict[str, Any]:
        words = self.case.edition.words(self.language)
        passages = self.passages_of(self.writer.source({}, {}))
        initial = {"language": self.language} | self.passages_to_begin_with(passages)
        if self.paper:
            initial |= {f"fill_{key}": value for key, value in self.paper.fill.items()}
        kwargs = super().get_form_kwargs() | {
            "fields": self.template.fill_fields(words),
            "passages": passages,
            "languages": self.case.edition.languages,
            "language": self.language,
            "begins_on": self.case.started_on or self.case.planned_start_on,
            "today": self.today,
            "initial": initial,
        }
        # What was ticked when it was saved for later: in the address alone, and shown open.
        asked = self.request.GET
        ticked = {"also": asked.getlist("also"), "own": asked.getlist("own")}
        initial |= ticked | {"everyone": "everyone" in asked}
        if "data" in kwargs and self.shown_in != self.language:
            kwargs["data"] = self.in_the_new_language(kwargs)
        return kwargs | {
            "paper": self.paper,
            "addressee": self.participant,
            "offered": self.offered,
            "everybody": self.everybody if self.participant else [],
        }

    def passages_to_begin_with(self, passages: list[Passage]) -> dict[str, str]:
        rewritten = self.paper.passages_in(self.language) if self.paper else {}
        return {f"passage_{one.key}": rewritten.get(one.key, one.text) for one in passages}

    def in_the_new_language(self, kwargs: dict[str, Any]) -> QueryDict:
        """What was sent, with the passages that nobody has rewritten in the language chosen now."""
        shown = self.passages_of(self.writer_in(self.shown_in).source({}, {}))
        form = PaperForm(**kwargs | {"passages": shown})
        form.is_valid()
        saved = self.paper.passages_in(self.shown_in) if self.paper else {}
        typed: QueryDict = kwargs["data"].copy()
        rewritten = {
            f"passage_{key}" for key, text in form.passages.items() if text != saved.get(key)
        }
        for name, text in self.passages_to_begin_with(kwargs["passages"]).items():
            if name not in rewritten:
                typed[name] = text
        return typed

    # Who else may have saved meanwhile

    def saved_now(self) -> dict[str, str]:
        if self.paper is None:
            return {}
        return {f"fill_{key}": in_words(value) for key, value in self.paper.fill.items()} | {
            f"passage_{key}": text for key, text in self.paper.passages_in(self.language).items()
        }

    def started_now(self) -> str:
        return self.paper.version if self.paper else ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_supplier and self.participant is None:
            return self._choose_supplier()
        return super().get(request, *args, **kwargs)

    def _choose_supplier(self) -> HttpResponse:
        latest = Revision.objects.filter(document=OuterRef("document")).order_by("-number")
        papers = self.case.papers.filter(case_phase=self.run, template=self.template)
        made = papers.annotate(latest=Subquery(latest.values("number")[:1]))
        found = dict(made.exclude(latest=None).values_list("participant", "latest"))
        context = self.above | {
            "run": self.run,
            "title": self.case.edition.words()(self.template, "title"),
            "suppliers": [(one, found.get(one.pk)) for one in self.suppliers],
            "attempt": self.request.GET.get("attempt"),
        }
        return render(self.request, "procurements/paper/choose.html", context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.needs_supplier and self.participant is None:
            return self._choose_supplier()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AlikeForm) -> HttpResponse:
        act = self.request.POST.get("act", "preview")
        if form.alike:
            form.ask_what_is_meant(self.words_to_confirm(form))
        if act == "order":
            form.ask_for_required()
            if form.errors:
                return self.form_invalid(form)
        typed = {
            "case": self.case,
            "place": self.place,
            "language": form.cleaned_data["language"],
            "fill": form.fill,
            "passages": form.passages,
            "started_from": self.request.POST.get("started_from"),
            "by": self.request.user,
            "at": self.at,
        }
        several: dict[str, Any] = {"alike": form.alike, "own": form.own, "meant": form.meant}
        try:
            if act in ("order", "draft"):
                if form.alike:
                    papers = order_papers(**typed, **several, draft=act == "draft")
                else:
                    papers = [order_paper(**typed, draft=act == "draft")]
            elif act == "save":
                save_paper(**typed)
            else:
                return self.render_to_response(self.get_context_data(form=form))
        except ValidationError as refusal:
            add_refusal(form, refusal)
            return self.form_invalid(form)
        if act == "save":
            return self._saved(form)
        if form.alike:
            told = ngettext("%(n)s paper is ordered", "%(n)s papers are ordered", len(papers))
            messages.success(self.request, told % {"n": len(papers)})
            return redirect("case_papers", self.case.number)
        messages.success(self.request, _("The paper is ordered"))
        return redirect("paper", self.case.number, papers[0].pk)

    def _saved(self, form: AlikeForm) -> HttpResponse:
        messages.success(self.request, _("Saved"))
        again = self.request.GET.copy()
        again["language"] = self.language
        for name, ticked in form.ticked.items():
            again.setlist(name, ticked)
        return redirect(f"{self.request.path}?{again.urlencode()}")

    def words_to_confirm(self, form: AlikeForm) -> list[str]:
        """The words of what several get that may be the name of a supplier."""
        names = SupplierNames(self.everybody)
        shared = Typed(form.fill, form.passages).without(form.own)
        texts = texts_of(self.template, self.case.edition.words(self.language), shared)
        return list(dict.fromkeys(word for text in texts.values() for word in names.maybe(text)))

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        self.look_at_both(form)
        # Told what the others' papers are now, the next press is meant.
        began: dict[str, Any] = {f"began_{one.supplier.pk}": one.began for one in self.offered}
        renew(form, "also", **began)
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        form = context["form"]
        fill = form.fill if form.is_bound and hasattr(form, "cleaned_data") else None
        passages = form.passages if fill is not None else None
        if fill is None:
            fill = self.paper.fill if self.paper else {}
            passages = self.paper.passages_in(self.language) if self.paper else {}
        words = self.case.edition.words()
        typed = Typed(fill, passages or {})
        source = self.writer.source(*typed)
        looked_at = self._looked_at(form)
        return context | {
            "run": self.run,
            "is_repeated": self.is_repeated,
            "template": self.template,
            "participant": self.participant,
            "paper": self.paper,
            "shown_in": self.language,
            "started_from": form.data.get("started_from", self.started_now()),
            "title": words(self.template, "title"),
            "purpose": words(self.template, "purpose"),
            "phase_title": words(self.run.phase, "title"),
            "preview": self._preview(self._source_for(looked_at, form, typed) or source),
            "looked_at": looked_at.supplier if looked_at else None,
            "named": self._names_another(typed),
            "told_days": self._told_days(fill),
            "before": self._ordered_before(source),
            "copy_form": CopyForm(can_be_signed=self.can_be_signed, latest=self.latest_number),
        }

    def _looked_at(self, form: AlikeForm) -> Offered | None:
        """Whose paper the preview shows, where it is another's."""
        wanted = form.cleaned_data.get("look") if hasattr(form, "cleaned_data") else ""
        return next((one for one in self.offered if str(one.supplier.pk) == wanted), None)

    def _source_for(self, one: Offered | None, form: AlikeForm, typed: Typed) -> Source | None:
        """The paper of another supplier, as it would be ordered with these words."""
        if one is None:
            return None
        words = with_own(typed, form.own, of=one.paper, language=self.language)
        return self.writer.source(*words, supplier=one.supplier)

    def _names_another(self, typed: Typed) -> list[str]:
        """Words of a paper to one supplier that stand in another's name, and not in its own; a
        single word that the case itself is told in means nobody."""
        if self.participant is None:
            return []
        one = self.participant.name.casefold()
        names = SupplierNames(other for other in self.everybody if other.name.casefold() != one)
        own, case = words_telling(self.participant.name), self.case
        about = (case.title, case.summary, case.authority, case.authority.parent)
        told = " ".join(str(each) for each in about if each)
        texts = texts_of(self.template, self.case.edition.words(self.language), typed)
        found = [
            word
            for text in texts.values()
            for word in [
                *names.certain(text),
                *(word for word in names.maybe(text) if not says_one_of([word], told)),
            ]
            if not says_one_of(own, word)
        ]
        return list(dict.fromkeys(found))

    def _ordered_before(self, source: Source) -> dict[str, Any] | None:
        """The version ordered last in the language, and whether the paper says the same now."""
        paper: Any = self.paper
        if paper is None or paper.ordered_language != self.language:
            return None
        is_same = replace(source, draft=False).hash == paper.ordered_hash
        return {
            "number": paper.ordered_number,
            "is_same": is_same,
            "is_latest": paper.ordered_number == paper.latest_number,
        }

    def _told_days(self, fill: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
        """The days in the paper that may be slips, by what is odd about them and what each is
        called on it: those that have passed, and those far ahead."""
        days = [
            (field["label"], date.fromisoformat(fill[field["key"]]))
            for field in self.template.fill_fields(self.case.edition.words(self.language))
            if field["type"] == "date" and fill.get(field["key"])
        ]
        told = [
            (_("Days that have passed"), [one for one in days if one[1] < self.today]),
            (_("Days far ahead"), [one for one in days if one[1] > self.today + FAR_AHEAD]),
        ]
        return [(what, [(label, day(on)) for label, on in odd]) for what, odd in told if odd]

    def _preview(self, source: Source) -> dict[str, Any]:
        given = Given(at=self.at, version="", author=self.request.user.name)
        try:
            with translation.override(self.language):
                body = article.render_article(source, given)
                return {
                    # It stands below "Preview", the third level of the page.
                    "html": article.headed_below(dressing.dressed(body, source, given), 3),
                    "method": dressing.method_words(source),
                    "origin": source.frame.get("origin", ""),
                    "language": self.language,
                }
        except (LiquidRefused, RefusedTemplate) as refusal:
            return {"error": refusal.messages[0]}


class FileCopy(PaperPlace, FormView):
    """File a paper made elsewhere in its place."""

    form_class = CopyForm
    template_name = "procurements/paper/copy.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "can_be_signed": self.can_be_signed,
            "latest": self.latest_number,
        }

    def form_valid(self, form: CopyForm) -> HttpResponse:
        if self.needs_supplier and self.participant is None:
            raise Http404
        stored: StoredFile | None = None
        try:
            stored = files.keep(form.cleaned_data["file"], organisation=self.case.authority)
            paper = file_paper(
                case=self.case,
                place=self.place,
                language=get_language() or "sv",
                file=stored,
                is_signed_copy=form.cleaned_data.get("is_signed_copy", False),
                was=form.cleaned_data["was"],
                by=self.request.user,
                at=self.at,
            )
        except ValidationError as refusal:
            self.refuse(form, refusal)
            files.forget_unused([stored] if stored else [])
            return self.form_invalid(form)
        return redirect("paper", self.case.number, paper.pk)

    def refuse(self, form: CopyForm, refusal: ValidationError) -> None:
        if hasattr(refusal, "error_dict"):
            form.add_error(None, refusal)
        else:
            is_of_tick = getattr(refusal, "code", "") == "not_issued"
            form.add_error("is_signed_copy" if is_of_tick else "file", refusal)
        if form.has_error("is_signed_copy", "stale"):
            # As it is now, not as the page found it before it waited for the other.
            del self.paper
            form.go_on_from(self.latest_number)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.case.edition.words()
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "participant": self.participant,
            "title": words(self.template, "title"),
        }
