"""Hints when a solution has been written into a need.

A need says who should be able to do what; the market says how. The words looked for are few and
chosen so that a hint is nearly always right: a hint is advice beside the field and never stops
anyone. What is said not to be wanted, and what exists today, is left alone.
"""

import re
from dataclasses import dataclass
from re import IGNORECASE, Pattern

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TECHNOLOGY = _("Names a technology. Describe what should become possible.")
PRODUCT = _("Names a kind of product. Describe the function: who should be able to do what?")
BRAND = _("Names a product. Describe what it is used for, so that others can offer theirs.")
PURCHASE = _("Says what is to be bought. Describe what should be different afterwards.")


@dataclass(frozen=True)
class Hint:
    """Words that name a solution: where they stand in the text, and what to do instead."""

    word: str
    start: int
    end: int
    why: Promise


def hints(text: str, language: str) -> list[Hint]:
    """Words in a Swedish ("sv") or English ("en") text that name a solution, in their order.

    Any other language gives none. Words inside a longer hint are not given twice. Only the first
    pages of a very long text are read.
    """
    text = text[:READ]
    found: list[Hint] = []
    for pattern, why in PATTERNS.get(language, ()):
        for match in pattern.finditer(text):
            start, end = match.span("word")
            if not _is_excused(text, start):
                found.append(Hint(text[start:end], start, end, why))
    found.sort(key=lambda hint: (hint.start, -hint.end))
    kept: list[Hint] = []
    for hint in found:
        if not kept or hint.start >= kept[-1].end:
            kept.append(hint)
    return kept


def _is_excused(text: str, start: int) -> bool:
    """Whether the words just before say that it is not wanted, or that it exists already: in
    either language, since many words for a product are the same in both."""
    before = re.split(r"[.!?:;\n]", text[max(start - LOOK_BACK, 0) : start])[-1]
    return any(excuse.search(before) for excuse in EXCUSES.values())


READ = 20_000
# As far as "inte redan nu bestämt att det ska vara en" reaches.
LOOK_BACK = 60


def _words(*alternatives: str, before: str = "", flags: int = IGNORECASE) -> Pattern[str]:
    return re.compile(rf"\b{before}(?P<word>(?:{'|'.join(alternatives)}))\b", flags)


# Compounds are written together in Swedish: what may stand before and after a word.
_FORE = r"(?:[\wåäö]{1,24}-|[\wåäö]{2,24})?"
_EN = r"(?:en|ens|er|erna|ar|arna|s)?"
_ET = r"(?:et|ets|en|s)?"
_TAIL = r"(?:-[\wåäö]{1,30})?"

# Systems of nature and society are not for sale.
_NOT_SOLD = (
    r"(?!(?:immun|nerv|eko|sol|mag|blod|hormon|rätts|skol|välfärds|vård|sjukvårds|utbildnings"
    r"|skatte|pensions|social|samhälls|betygs|val|styr|värde)(?:[\wåäö]*)system)"
)

SWEDISH = (
    (
        _words(rf"VR{_TAIL}", rf"AR{_TAIL}", rf"XR{_TAIL}", rf"AI{_TAIL}", rf"IoT{_TAIL}", flags=0),
        TECHNOLOGY,
    ),
    (
        _words(
            r"virtuell verklighet",
            r"förstärkt verklighet",
            r"artificiell intelligens",
            r"maskininlärning(?:en)?",
            r"språkmodell(?:en|er|erna)?",
            r"blockkedj(?:a|an|or|orna)",
            rf"{_FORE}robot(?:en|ar|arna)?",
            rf"{_FORE}sensor(?:n|er|erna)?",
            rf"{_FORE}drönar(?:e|en|na)",
            rf"{_FORE}kamer(?:a|an|or|orna)",
            r"chatt?bot(?:en|ar|tar|tarna|ten)?",
            r"rfid(?:-[\wåäö]+)?",
            r"gps(?:-[\wåäö]+)?",
            r"qr-kod(?:en|er|erna)?",
            r"algoritm(?:en|er|erna)?",
            r"digital(?:a)? tvilling(?:en|ar)?",
            r"exoskelett(?:et|en)?",
            r"surfplatt(?:a|an|or|orna)",
            r"smart(?:a)? klock(?:a|an|or)",
        ),
        TECHNOLOGY,
    ),
    (
        _words(
            r"(?:mobil|webb|vård|hälso|trygghets|[\wåäö]{1,24}-)?app(?:en|ens|ar|arna)?",
            r"(?:mobil|webb|dator)applikation(?:en|er|erna)?",
            rf"{_NOT_SOLD}{_FORE}system{_ET}",
            rf"(?:{_FORE}-)?plattform{_EN}",
            r"(?:it|lärande|samarbets|kommunikations|tjänste|data|utbildnings)plattform(?:en|ar|arna)?",
            rf"{_FORE}portal{_EN}",
            r"webbplats(?:en|er)?",
            r"hemsid(?:a|an|or|orna)",
            r"e-tjänst(?:en|er|erna)?",
            r"(?:webb|moln)tjänst(?:en|er|erna)?",
            r"(?:program|mjuk|hård)var(?:a|an|or)",
            r"dashboard(?:en|s)?",
            r"e-learning",
            r"(?:webb|e-)(?:utbildning(?:en|ar)?|kurs(?:en|er)?)",
            r"(?:digital|teknisk)(?:t|a)? (?:lösning(?:en|ar)?|verktyg(?:et|en)?|tjänst(?:en|er)?"
            r"|plattform(?:en|ar)?|hjälpmedel)",
            r"it-(?:stöd(?:et)?|lösning(?:en|ar)?|verktyg(?:et|en)?)",
        ),
        PRODUCT,
    ),
    (
        _words(
            r"ChatGPT",
            r"Copilot",
            r"iPad(?:s|en|ar)?",
            r"iPhone(?:s|n)?",
            r"Power BI",
            r"SharePoint",
            r"Excel(?:ark(?:et|en)?)?",
        ),
        BRAND,
    ),
    (
        _words(
            r"upphandla(?:s|r|de|t)?",
            r"köpa in",
            r"införskaffa(?:s|r)?",
            r"anskaffa(?:s|r)?",
        ),
        PURCHASE,
    ),
    (
        # "Vi behöver en utbildning" names the answer; "vi behöver en lugnare morgon" does not.
        _words(
            r"[\wåäö-]{0,30}(?:utbildning|kurs|föreläsning|verktyg|tjänst|utrustning|maskin|apparat"
            r"|program|produkt|modul|databas|larm)",
            before=r"(?:behöver|vill ha|önskar|söker|efterfrågar) (?:en|ett|nya?|nytt|fler)"
            r"(?: (?:ny|nytt|nya|bättre|modern|modernt|gemensam|gemensamt|digital|digitalt))? ",
        ),
        PURCHASE,
    ),
)

_NOT_SOLD_EN = "".join(
    rf"(?<!{kind} )" for kind in ("immune", "nervous", "legal", "school", "care", "welfare", "tax")
)

ENGLISH = (
    (
        _words(rf"VR{_TAIL}", rf"AR{_TAIL}", rf"XR{_TAIL}", rf"AI{_TAIL}", rf"IoT{_TAIL}", flags=0),
        TECHNOLOGY,
    ),
    (
        _words(
            r"virtual reality",
            r"augmented reality",
            r"artificial intelligence",
            r"machine learning",
            r"language models?",
            r"blockchain",
            r"robots?",
            r"sensors?",
            r"drones?",
            r"cameras?",
            r"chatbots?",
            r"rfid",
            r"gps",
            r"qr codes?",
            r"algorithms?",
            r"digital twins?",
            r"exoskeletons?",
            r"smart ?watch(?:es)?",
        ),
        TECHNOLOGY,
    ),
    (
        _words(
            r"apps?",
            r"(?:mobile|web|software) applications?",
            rf"{_NOT_SOLD_EN}systems?",
            r"(?<!train )(?<!railway )(?<!station )platforms?",
            r"portals?",
            r"web ?sites?",
            r"software",
            r"dashboards?",
            r"e-learning",
            r"(?:online|web) (?:courses?|training)",
            r"(?:digital|technical) (?:solutions?|tools?|services?|platforms?|aids?)",
        ),
        PRODUCT,
    ),
    (
        _words(r"ChatGPT", r"Copilot", r"iPads?", r"iPhones?", r"Power BI", r"SharePoint", flags=0),
        BRAND,
    ),
    (_words(r"procure", r"purchase", r"buy in"), PURCHASE),
    (
        _words(
            r"(?:training|course|lecture|tool|service|equipment|machine|device|program|programme"
            r"|product|module|database|alarm)s?",
            before=r"(?:need|want|seek|require) (?:an?|new|more)"
            r"(?: (?:new|better|modern|joint|digital))? ",
        ),
        PURCHASE,
    ),
)

PATTERNS = {"sv": SWEDISH, "en": ENGLISH}

EXCUSES = {
    "sv": re.compile(
        r"\b(?:inte|ingen|inget|inga|varken|aldrig|slippa"
        r"|dagens|nuvarande|befintlig[at]?|gamla|gammalt|äldre)\b",
        IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:not|no|neither|never|without|today's|current|existing|old)\b|n't\b", IGNORECASE
    ),
}
