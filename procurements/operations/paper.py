"""Write, order, file and try again the papers of a case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import dropwhile
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from documents import article, liquid
from documents.models import Document, Revision, StoredFile
from documents.source import Source
from handbook.models import DocumentTemplate, Edition
from handbook.purposes import Purpose, Secrecy
from handbook.words import Words
from journal.models import Event, stream_of
from procurements import facts
from procurements.alike import Typed, check_names, texts_of, with_own
from procurements.days import swedish_day
from procurements.events import say_phases_in, say_steps_in
from procurements.models import Case, CasePhase, Participant, PhaseDocument
from procurements.naming import SupplierNames
from procurements.operations.case import locked
from procurements.refusals import Refused, Stale
from procurements.saying import day, demo_note, in_round, money
from procurements.sight import SUPPLIERS, TEAM, circle_of
from procurements.supplierfacts import OF_ONE_SUPPLIER
from teams.models import User

# More than this are counted, not named, on the first page.
MOST_NAMES = 6
EMPTY: tuple[Any, ...] = (None, "", [])


class Alike(NamedTuple):
    """Another supplier that the same paper is for, as the page showed it: its state then, and what
    its own paper was begun from (empty: there was none). What a page did not tell is None."""

    supplier: Participant
    state: str | None = None
    started_from: str | None = None


class Place(NamedTuple):
    """Where a paper belongs: in a phase run, from a template, maybe for one supplier."""

    run: CasePhase
    template: DocumentTemplate
    participant: Participant | None = None


def bodies_of(template: DocumentTemplate, edition: Edition) -> list[str]:
    """The template's text in each language that the paper can be written in."""
    return [template.body(edition.words(language)) for language in edition.languages]


def is_secret(template: DocumentTemplate, bodies: Iterable[str], run: CasePhase) -> bool:
    """Whether the paper follows its round: by its own rule, since it is the decision itself (whose
    first page tells who goes on), because it tells of suppliers or of the decision in any of its
    languages, or because the team writes it for itself in a phase with a window, where it may name
    suppliers as a note may.
    """
    return (
        template.secrecy == Secrecy.UNTIL_DECISION
        or template.serves == Purpose.PHASE_DECISION
        or (run.needs_round and template.is_for_the_team)
        or any(facts.tells_of_suppliers(liquid.names(body)) for body in bodies)
    )


class Writer:
    """Writes one paper of a place on a day, for its supplier or another. What the template uses of
    the case is read once."""

    def __init__(self, case: Case, place: Place, *, language: str, draft: bool, on: date) -> None:
        self.case, self.place = case, place
        self.language, self.draft = language, draft
        self.words = case.edition.words(language)
        self.body = place.template.body(self.words)
        self.about = facts.Facts(
            case,
            place.run,
            self.words,
            participant=place.participant,
            is_decision=place.template.serves == Purpose.PHASE_DECISION,
            is_for_the_team=place.template.is_for_the_team,
            language=language,
            on=on,
        )
        self.names = liquid.names(self.body)
        self.data = self.about.collect(self.names)
        self.frame = _frame(case, place, self.words, language, self.about)

    def source(
        self,
        fill: dict[str, Any],
        passages: dict[str, str],
        *,
        supplier: Participant | None = None,
    ) -> Source:
        """Everything the paper is made of, frozen: only the facts that its template uses."""
        words = self.words
        return Source(
            language=self.language,
            data=self._data_for(supplier) | {"fill": self.spoken(fill)},
            template_text=self.body,
            draft=self.draft,
            edition_title=words("edition", "title"),
            edition_version=self.case.edition.version,
            licence=words("edition", "licence.attribution") or self.case.edition.licence_name,
            passages={key: text for key, text in passages.items() if text},
            frame=self.frame,
        )

    def spoken(self, fill: dict[str, Any]) -> dict[str, Any]:
        return spoken_fill(self.place.template, self.words, fill, self.language, draft=self.draft)

    def _data_for(self, supplier: Participant | None) -> dict[str, Any]:
        if supplier is None or supplier == self.place.participant:
            return self.data
        # Every group that is a supplier's own is its own, or left out: never another's.
        shared = {key: value for key, value in self.data.items() if key not in OF_ONE_SUPPLIER}
        own = {name for name in self.names if name.split(".")[0] in OF_ONE_SUPPLIER}
        return shared | self.about.of_another(supplier).collect(own)


def source_of(
    case: Case,
    place: Place,
    *,
    language: str,
    fill: dict[str, Any],
    passages: dict[str, str],
    draft: bool,
    on: date,
) -> Source:
    """Everything one paper is made of on a day."""
    return Writer(case, place, language=language, draft=draft, on=on).source(fill, passages)


def spoken_fill(
    template: DocumentTemplate, words: Any, fill: dict[str, Any], language: str, *, draft: bool
) -> dict[str, Any]:
    """What was typed, as templates read it; what nobody typed is empty, never absent, and in a
    draft, where it has to be typed, named in brackets."""
    from handbook.catalogue import blank

    spoken = {}
    for field in template.fill_fields(words):
        value = fill.get(field["key"])
        if value in EMPTY:
            value = blank(field["type"])
            if draft and field["required"] and value in EMPTY:
                named = f"[{field['label']}]"
                value = [named] if field["type"] == "lines" else named
        elif field["type"] == "date":
            with translation.override(language):
                value = day(date.fromisoformat(str(value)))
        elif field["type"] == "money":
            from decimal import Decimal

            value = money(Decimal(str(value)), language)
        spoken[field["key"]] = value
    return spoken


def _frame(
    case: Case, place: Place, words: Any, language: str, about: facts.Facts
) -> dict[str, Any]:
    authority = case.authority
    whole = authority.parent or authority
    frame: dict[str, Any] = {
        "title": words(place.template, "title"),
        "kind": words(place.template, "title"),
        "reference": case.reference,
        "organisation": whole.name,
        "unit": authority.name if authority.parent else "",
        "case": case.title,
        "origin": words.first_sentences("edition", "source_note"),
    }
    with translation.override(language):
        if note := demo_note():
            frame["note"] = note
        if place.template.serves == Purpose.PHASE_DECISION:
            frame["kind"] = _("%(kind)s %(number)s, %(phase)s") % {
                "kind": frame["kind"],
                "number": place.run.number,
                "phase": in_round(words(place.run.phase, "title"), place.run.attempt),
            }
            frame |= _first_page(case, place.run, about)
    return frame


def _first_page(case: Case, run: CasePhase, about: facts.Facts) -> dict[str, Any]:
    """The track with this phase, and `7 → 3`, for the decision at a gate."""
    from procurements.tracking import printed_track

    drawn = printed_track(
        case,
        run,
        about.words,
        participants=about.everyone,
        decisions=about.decisions,
        verdicts=about.verdicts,
    )
    page: dict[str, Any] = {
        "track_svg": drawn.svg,
        "track_columns": [
            {"number": c.number, "title": c.title, "words": c.words, "is_focus": c.is_focus}
            for c in drawn.columns
        ],
    }
    verdicts = about.verdicts
    if verdicts:
        # As many as the track draws: also who withdrew before the gate was decided.
        taking_part = about.in_phase
        staying = [one.name for one in taking_part if verdicts.get(one.pk, (False, ""))[0]]
        withdrawn = [one for one in taking_part if one.pk not in verdicts]
        page["funnel"] = {
            "from": len(taking_part),
            "to": len(staying),
            "text": _funnel_words(
                sorted(staying),
                len(taking_part) - len(staying) - len(withdrawn),
                len(withdrawn),
                about.words(about.following, "title") if about.following else "",
            ),
        }
    return page


def _funnel_words(names: list[str], leaving: int, withdrawn: int, following: str) -> str:
    """Who goes on, to which phase, how many do not, and how many withdrew before the gate."""
    words = _going_on(names, following)
    if leaving and names:
        words += " " + ngettext("%(n)s does not go on.", "%(n)s do not go on.", leaving) % {
            "n": leaving
        }
    if withdrawn:
        words += " " + ngettext("%(n)s has withdrawn.", "%(n)s have withdrawn.", withdrawn) % {
            "n": withdrawn
        }
    return words


def _going_on(names: list[str], following: str) -> str:
    if not names:
        return _("Nobody goes on.")
    said = names[0]
    if len(names) > MOST_NAMES:
        said = ngettext("%(n)s supplier", "%(n)s suppliers", len(names)) % {"n": len(names)}
    elif len(names) > 1:
        said = _("%(others)s and %(last)s") % {"others": ", ".join(names[:-1]), "last": names[-1]}
    if following:
        return _("%(names)s go on to the next phase, %(phase)s.") % {
            "names": said,
            "phase": following,
        }
    return _("%(names)s go on.") % {"names": said}


def title_of(template: DocumentTemplate, participant: Participant | None, words: Words) -> str:
    """What a paper is called in lists: one to a supplier with its name."""
    title = words(template, "title")
    return f"{title}, {participant.name}" if participant else title


def _as_it_is(case: Case, place: Place) -> Place:
    """The place with its rows as they are now: the page may have waited for who moved the phase or
    corrected the supplier. Raises Refused for a supplier that was taken away meanwhile."""
    run = case.phases.select_related("phase").get(pk=place.run.pk)
    run.case = case
    supplier = place.participant
    there = case.participants.still_there(supplier) if supplier else None
    return place._replace(run=run, participant=there)


def _open_place(
    case: Case, place: Place, *, language: str, by: User, at: datetime
) -> PhaseDocument:
    words = case.edition.words(language)
    document = Document.objects.open(
        organisation=case.authority,
        key=f"case:{case.number}/{place.run.pk}/{place.template.pk}"
        + (f"/{place.participant.pk}" if place.participant else ""),
        purpose=place.template.serves,
        title=title_of(place.template, place.participant, words),
        language=language,
        stream=case,
    )
    paper, _new = PhaseDocument.objects.select_for_update().get_or_create(
        case=case,
        case_phase=place.run,
        template=place.template,
        participant=place.participant,
        defaults={
            "document": document,
            # Its very title names the supplier that it is written to.
            "is_secret": place.participant is not None
            or is_secret(place.template, bodies_of(place.template, case.edition), place.run),
            "changed_by": by,
            "changed_at": at,
        },
    )
    return paper


def _circle(paper: PhaseDocument) -> str:
    if not paper.is_secret:
        return TEAM if paper.template and paper.template.is_for_the_team else ""
    return circle_of(paper.case_phase) if paper.case_phase else SUPPLIERS


@transaction.atomic(durable=True)
def save_paper(
    *,
    case: Case,
    place: Place,
    language: str,
    fill: dict[str, Any],
    passages: dict[str, str],
    started_from: str | None = None,
    by: User,
    at: datetime,
) -> PhaseDocument:
    """Keep what was typed for a paper, before it is ordered.

    Refused when somebody else has typed something since the writer began (`started_from` is the
    paper's version then, empty if there was none).
    """
    case = locked(case)
    place = _as_it_is(case, place)
    paper = _open_place(case, place, language=language, by=by, at=at)
    _keep(paper, fill, {language: passages}, started_from, by=by, at=at)
    return paper


def _keep(
    paper: PhaseDocument,
    fill: dict[str, Any],
    passages: dict[str, dict[str, str]],
    started_from: str | None,
    *,
    by: User,
    at: datetime,
) -> None:
    typed = (fill, paper.passages | passages)
    if typed == (paper.fill, paper.passages):
        return
    has_words = any(value not in EMPTY for value in paper.fill.values())
    has_words = has_words or any(paper.passages.values())
    if has_words and started_from is not None and started_from != paper.version:
        raise Stale(_("Somebody else wrote in this paper while you did. Look at both texts."))
    paper.fill, paper.passages = typed
    paper.changed_by, paper.changed_at = by, at
    paper.save(update_fields=["fill", "passages", "changed_by", "changed_at"])


@transaction.atomic(durable=True)
def order_paper(
    *,
    case: Case,
    place: Place,
    language: str,
    fill: dict[str, Any],
    passages: dict[str, str],
    draft: bool,
    started_from: str | None = None,
    by: User,
    at: datetime,
) -> PhaseDocument:
    """Order a paper: freeze what it says and promise the PDF.

    The same source as last time gives the latest revision back. A draft can reach nobody outside
    the team. Refused as `save_paper` is.
    """
    case = locked(case)
    place = _as_it_is(case, place)
    paper = _open_place(case, place, language=language, by=by, at=at)
    _keep(paper, fill, {language: passages}, started_from, by=by, at=at)
    source = source_of(
        case,
        place,
        language=language,
        fill=fill,
        passages=passages,
        draft=draft,
        on=swedish_day(at),
    )
    paper.document.order(source, by=by, at=at, secrecy=_circle(paper))
    return paper


@transaction.atomic(durable=True)
def order_papers(
    *,
    case: Case,
    place: Place,
    alike: Sequence[Alike],
    own: Collection[str] = (),
    meant: Collection[str] = (),
    language: str,
    fill: dict[str, Any],
    passages: dict[str, str],
    draft: bool,
    started_from: str | None = None,
    by: User,
    at: datetime,
) -> list[PhaseDocument]:
    """Order a paper for one supplier and the same paper for others: all of them, or none.

    What the case knows of a supplier is in its own paper only. The words are the same in all but
    in those fields and passages that are each supplier's `own`, by what the form calls them: there
    each keeps what is saved in its own paper. Refused as `order_paper` is, for each of them; when
    what all get holds a supplier's name, but for the words of it by which none is `meant`
    (decision 34); and when a supplier's own words are missing.
    """
    case = locked(case)
    place = _as_it_is(case, place)
    others = _still_taking_part(case, place, alike)
    typed = Typed(fill, passages)
    shared = typed.without(own)
    writer = Writer(case, place, language=language, draft=draft, on=swedish_day(at))
    texts = texts_of(place.template, writer.words, shared)
    check_names(SupplierNames(Participant.everyone.filter(case=case)), texts, meant=meant)
    _check_own_passages(writer, shared, [one.supplier for one in others])
    paper = _open_place(case, place, language=language, by=by, at=at)
    _keep(paper, fill, {language: passages}, started_from, by=by, at=at)
    papers = [paper]
    sources = [writer.source(fill, passages)]
    missing: dict[str, list[str]] = {}
    for supplier, _state, begun in others:
        of_supplier = place._replace(participant=supplier)
        paper = _open_place(case, of_supplier, language=language, by=by, at=at)
        words = with_own(typed, own, of=paper, language=language)
        if not draft:
            for label in _missing(writer, typed, words, own):
                missing.setdefault(label, []).append(supplier.name)
        with _said_of(supplier):
            _keep(paper, words.fill, {language: words.passages}, begun, by=by, at=at)
        papers.append(paper)
        sources.append(writer.source(*words, supplier=supplier))
    if missing:
        raise Refused({"own": [_says_missing(*one) for one in missing.items()]})
    for paper, source in zip(papers, sources, strict=True):
        paper.document.order(source, by=by, at=at, secrecy=_circle(paper))
    return papers


def _still_taking_part(case: Case, place: Place, alike: Sequence[Alike]) -> list[Alike]:
    """The others as they are now, each once. Raises Refused for whoever left meanwhile."""
    rows = case.participants.select_related("admitted_in", "left_in")
    there = rows.in_bulk([one.supplier.pk for one in alike])
    found = {}
    for one in alike:
        now = there.get(one.supplier.pk) or case.participants.still_there(one.supplier)
        if not now.takes_part_in(place.run) or one.state not in (None, now.state):
            words = _(
                "%(name)s is not as when you opened the page: %(state)s. Nothing was ordered."
            )
            told = {"name": now.name, "state": now.get_state_display()}
            raise Refused({"also": Stale(words % told)})
        if now != place.participant:
            found[now.pk] = one._replace(supplier=now)
    return list(found.values())


def _check_own_passages(writer: Writer, shared: Typed, suppliers: Sequence[Participant]) -> None:
    """Raises Refused where a passage that was rewritten for all says, in the template's own words,
    something else to each: what stands there of one supplier is not for the others."""
    if not shared.passages:
        return
    first, *others = (
        {one.key: one.text for one in article.passages(writer.body, source.data)}
        for source in (writer.source(shared.fill, {}, supplier=one) for one in [None, *suppliers])
    )
    differ = {key for key in shared.passages for own in others if own.get(key) != first.get(key)}
    if differ:
        words = _(
            "The template says something else to each supplier here. Empty it to get the "
            "template’s words back, or tick below that it is each supplier’s own."
        )
        raise Refused({f"passage_{key}": words for key in differ})


def _missing(writer: Writer, here: Typed, there: Typed, own: Collection[str]) -> list[str]:
    """The labels of fields that are each supplier's own, and are empty in another's paper: those
    that have to be filled in, and those that are in the one that was written."""
    return [
        row["label"]
        for row in writer.place.template.fill_fields(writer.words)
        if f"fill_{row['key']}" in own
        and there.fill[row["key"]] in EMPTY
        and (row["required"] or here.fill[row["key"]] not in EMPTY)
    ]


def _says_missing(label: str, names: list[str]) -> str:
    words = _(
        "“%(field)s” is each supplier’s own, and is empty for %(names)s. Fill it in on its own "
        "page and save it, or let it be the same for all."
    )
    return words % {"field": label, "names": ", ".join(names)}


@contextmanager
def _said_of(supplier: Participant) -> Iterator[None]:
    """What is refused in another supplier's paper is said of that supplier."""
    try:
        yield
    except Stale as refusal:
        words = _(
            "%(name)s: somebody else wrote in its paper while you did. Look at it; the next press "
            "writes over it."
        )
        raise Refused({"also": Stale(words % {"name": supplier.name})}) from refusal


@transaction.atomic(durable=True)
def file_paper(
    *,
    case: Case,
    place: Place,
    language: str,
    file: StoredFile,
    is_signed_copy: bool = False,
    was: int | None = None,
    by: User,
    at: datetime,
) -> PhaseDocument:
    """File a paper that was made elsewhere, in its place, as the next revision: another text, or
    the latest version signed. A paper that is there keeps its title and its language, whichever the
    person reads.

    A signed copy is refused when a newer text has come since the person began (`was` is the number
    of the latest version then): what was signed is not that.
    """
    case = locked(case)
    place = _as_it_is(case, place)
    there = case.papers.filter(
        case_phase=place.run, template=place.template, participant=place.participant
    )
    if found := there.select_related("document").first():
        language = found.document.language
    paper = _open_place(case, place, language=language, by=by, at=at)
    latest = paper.document.revisions.newest_first().first()
    if latest and latest.made_elsewhere and latest.file_id == file.pk:
        return paper
    if is_signed_copy and was is not None:
        _check_signed_text(paper.document, was)
    paper.document.file(file, is_signed_copy=is_signed_copy, by=by, at=at, secrecy=_circle(paper))
    return paper


def _check_signed_text(document: Document, was: int) -> None:
    # Signed copies filed meanwhile, by others who sign too, are of the same text.
    newest = document.revisions.filter(is_signed_copy=False).newest_first().first()
    if newest and newest.number > was:
        words = _(
            "Version %(number)s was ordered or filed meanwhile, and your file was not filed. Tick "
            "this again only if what is signed is version %(number)s. Otherwise have that version "
            "signed, or file yours without the tick, as a newer text."
        )
        raise Refused({"is_signed_copy": Stale(words % {"number": newest.number})})


@transaction.atomic(durable=True)
def retry_paper(*, case: Case, paper: PhaseDocument, by: User, at: datetime) -> Revision:
    """Try a failed rendering again."""
    locked(case)
    if paper.case_id != case.pk:
        raise Refused(gettext_lazy("The paper belongs to another case."))
    return paper.document.retry(by=by, at=at)


@transaction.atomic(durable=True)
def order_history(
    *, case: Case, closed_circles: set[str], language: str, by: User, at: datetime
) -> PhaseDocument:
    """Order the history of the case as a paper, as the person who orders it may read it.

    What a secrecy window hides from the reader is not in it. It is always secret: only those who
    have undertaken secrecy know of it, and whoever something is kept from reads their own alone.
    When nothing has happened since the reader's own was ordered but that it was ordered and made,
    it is given back.
    """
    case = locked(case)
    with translation.override(language):
        title = _("History")
        events = list(Event.objects.of(case).open_to(closed_circles).readable())
        document = Document.objects.open(
            organisation=case.authority,
            key=f"case:{case.number}/history",
            purpose=Purpose.OTHER,
            title=f"{title}, {case.title}",
            language=language,
            stream=case,
        )
        latest = document.revisions.newest_first().first()
        others = _without_its_own(events, latest) if latest else events
        left_out = bool(closed_circles)
        source = _history(case, others, reader=by, leaves_out=left_out, language=language)
        if latest and source.hash != latest.source_hash and others != events:
            source = _history(case, events, reader=by, leaves_out=left_out, language=language)
    paper, _new = PhaseDocument.objects.get_or_create(
        case=case,
        template=None,
        case_phase=None,
        defaults={
            "document": document,
            "is_secret": True,
            "changed_by": by,
            "changed_at": at,
        },
    )
    document.order(source, by=by, at=at, secrecy=SUPPLIERS)
    return paper


def _without_its_own(events: list[Event], revision: Revision) -> list[Event]:
    """The events, without the last ones where those only tell that it was ordered and made."""
    own = stream_of(revision)
    return list(dropwhile(lambda event: event.object == own, reversed(events)))[::-1]


def _history(
    case: Case, events: Iterable[Event], *, reader: User, leaves_out: bool, language: str
) -> Source:
    """What the history on paper is made of, in the language that is spoken; what is kept from its
    reader is said to be left out (`leaves_out`), whether there is any or not."""
    title, authority, events = _("History"), case.authority, list(events)
    say_steps_in(case.edition.words(language), events, case)
    say_phases_in(events, case)
    rows = [
        {"at": event.at.isoformat(), "by": event.by.name, "sentence": event.sentence}
        for event in events
    ]
    return Source(
        kind="system",
        template_name="documents/history.html",
        language=language,
        # Whose reading it is: another's is a paper of its own, also where it says the same.
        data={
            "title": title,
            "case": case.title,
            "reference": case.reference,
            "events": rows,
            "reader": reader.pk,
            "leaves_out": leaves_out,
            # Whoever is kept out of one of these since reads it no more.
            "circles": sorted({event.secrecy for event in events if event.secrecy}),
        },
        frame={
            "title": title,
            "kind": title,
            "reference": case.reference,
            "organisation": (authority.parent or authority).name,
            "unit": authority.name if authority.parent else "",
            "case": case.title,
            "note": demo_note(),
        },
    )
