import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from procurements.needhints import BRAND, PRODUCT, PURCHASE, TECHNOLOGY, hints

# Karlstad's three versions of one need, as the demo tells them (title and text).
FIRST_SV = (
    "Vi behöver en VR-utbildning om demens för nyanställda. "
    "Nyanställda och vikarier på våra vård- och omsorgsboenden får i dag två timmars föreläsning "
    "och en pärm om demens. De säger själva att de förstår orden men inte människan. Vi vill ha en "
    "VR-utbildning som visar hur det är att leva med demens, så att de möter de boende lugnare "
    "redan första veckan."
)
SECOND_SV = (
    "Vårdpersonal ska kunna känna igen hur kognitiv svikt upplevs. All personal som möter personer "
    "med kognitiv svikt ska få en egen upplevelse av hur det är att inte tolka rummet, tiden och "
    "rösterna rätt – oavsett om svikten kommer av demens, stroke eller medfödd "
    "funktionsnedsättning. Upplevelsen ska gå att få på arbetsplatsen, under ett arbetspass, utan "
    "att någon reser till en kurslokal. Vi beskriver vad vi vill uppnå. Hur det går till överlåter "
    "vi åt er: film, spel, rum, samtal eller något vi inte har tänkt på."
)
THIRD_SV = (
    "En jämn kunskapsnivå som bärs av metoden, inte av eldsjälen. En egen upplevelse räcker inte. "
    "Efteråt måste arbetsgruppen prata om den och bestämma en sak att göra annorlunda. I dag "
    "hänger det på om det finns en eldsjäl på enheten. Vi vill ha en jämn kunskapsnivå: samma "
    "grund för den som arbetat i trettio år och den som började i måndags, dag som natt. "
    "Utgångspunkten ska vara en vanlig dag – frukosten, duschen, besöket – inte det dramatiska. "
    "Den som leder samtalet ska inte behöva vara specialist."
)
FIRST_EN = (
    "We need VR training about dementia for new staff. New and temporary staff get a two-hour "
    "lecture and a binder about dementia. They say they understand the words but not the person. "
    "We want VR training that shows what living with dementia is like."
)
SECOND_EN = (
    "Care staff should be able to recognise how cognitive impairment feels. Everyone who meets "
    "people with cognitive impairment should get their own experience of misreading the room, the "
    "time and the voices, whatever the cause, at the workplace and within a shift. We say what we "
    "want to reach; how is left to you."
)
THIRD_EN = (
    "An even level of knowledge carried by the method, not by the enthusiast. An experience is not "
    "enough: the team must talk about it afterwards and decide one thing to do differently. We "
    "want an even level of knowledge for veterans and newcomers, day and night, starting from an "
    "ordinary day, led by non-specialists."
)


def words(text, language="sv"):
    return [hint.word for hint in hints(text, language)]


def test_the_first_version_of_karlstads_need_names_a_solution():
    assert words(FIRST_SV) == ["VR-utbildning", "VR-utbildning"]
    assert words(FIRST_EN, "en") == ["VR", "VR"]


@pytest.mark.parametrize(
    ("text", "language"),
    [(SECOND_SV, "sv"), (THIRD_SV, "sv"), (SECOND_EN, "en"), (THIRD_EN, "en")],
)
def test_the_later_versions_describe_the_need_alone(text, language):
    assert hints(text, language) == []


@pytest.mark.parametrize(
    ("text", "word", "why"),
    [
        ("Vi vill ha en app för hemtjänsten.", "app", PRODUCT),
        ("Personalen behöver mobilappar.", "mobilappar", PRODUCT),
        ("Ett nytt verksamhetssystem ska underlätta.", "verksamhetssystem", PRODUCT),
        ("Systemet ska larma när någon faller.", "Systemet", PRODUCT),
        ("En digital plattform där alla möts.", "digital plattform", PRODUCT),
        ("En portal för anhöriga.", "portal", PRODUCT),
        ("Medborgarna möts av en kundportal.", "kundportal", PRODUCT),
        ("En e-tjänst för ansökan.", "e-tjänst", PRODUCT),
        ("Vi söker en teknisk lösning.", "teknisk lösning", PRODUCT),
        ("AI-stöd i bedömningen.", "AI-stöd", TECHNOLOGY),
        ("En robot som delar ut medicin.", "robot", TECHNOLOGY),
        ("Medicinrobotar i varje hem.", "Medicinrobotar", TECHNOLOGY),
        ("Sätt sensorer i golvet.", "sensorer", TECHNOLOGY),
        ("En chattbot som svarar dygnet runt.", "chattbot", TECHNOLOGY),
        ("Utbildning i VR för alla.", "VR", TECHNOLOGY),
        ("Kameror i trapphuset.", "Kameror", TECHNOLOGY),
        ("Alla ska få en iPad.", "iPad", BRAND),
        ("Vi ska upphandla larm.", "upphandla", PURCHASE),
        ("Vi behöver en utbildning om demens.", "utbildning", PURCHASE),
        ("Vi behöver ett nytt verktyg.", "verktyg", PURCHASE),
        ("Vi behöver en ny webbkurs.", "webbkurs", PRODUCT),
    ],
)
def test_a_solution_is_noticed_in_swedish(text, word, why):
    assert [(hint.word, hint.why) for hint in hints(text, "sv")] == [(word, why)]


@pytest.mark.parametrize(
    ("text", "word", "why"),
    [
        ("We want an app for home care.", "app", PRODUCT),
        ("A new case system would help.", "system", PRODUCT),
        ("Build a portal for relatives.", "portal", PRODUCT),
        ("AI-supported assessment.", "AI-supported", TECHNOLOGY),
        ("Sensors in every floor.", "Sensors", TECHNOLOGY),
        ("A chatbot that answers at night.", "chatbot", TECHNOLOGY),
        ("We need a training about dementia.", "training", PURCHASE),
        ("We are to procure alarms.", "procure", PURCHASE),
        ("Everyone gets an iPad.", "iPad", BRAND),
    ],
)
def test_a_solution_is_noticed_in_english(text, word, why):
    assert [(hint.word, hint.why) for hint in hints(text, "en")] == [(word, why)]


@pytest.mark.parametrize(
    "text",
    [
        "Vi arbetar systematiskt och vädjar i en appell.",
        "Knappen sitter i trappan, pappret i lappen.",
        "Immunsystemet och nervsystemet påverkas.",
        "Hela välfärdssystemet, skolsystemet och rättssystemet berörs.",
        "Perrongen heter plats ett. Vi är portade i trappuppgången.",
        "Artur tar emot Aina i köket.",
        "Vi behöver en lugnare morgon.",
        "Vi vill ha ett bättre sätt att upptäcka fall.",
        "Personalen har utbildning och går en kurs varje år.",
        "De handlar mat och köper kläder.",
        "Kamratskapet är viktigt, och kamraterna också.",
        "Det är robust.",
        "Upphandlingen leds av kommunen.",
        "Hon excellerar.",
    ],
)
def test_ordinary_swedish_is_left_alone(text):
    assert hints(text, "sv") == []


@pytest.mark.parametrize(
    "text",
    [
        "Apply systematically; an apple a day.",
        "The immune system and the school system are affected.",
        "They wait on the train platform.",
        "We need a calmer morning and better ways to notice falls.",
        "Staff have training every year.",
        "Aid arrives by air in Arvika.",
    ],
)
def test_ordinary_english_is_left_alone(text):
    assert hints(text, "en") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Vi har inte bestämt att det ska vara en app.", "sv"),
        ("Dagens system är svårt att förstå.", "sv"),
        ("Ingen ska behöva en robot.", "sv"),
        ("De loggar in i det befintliga systemet.", "sv"),
        ("We have not decided on an app.", "en"),
        ("Today's system is hard to understand.", "en"),
        ("It doesn't have to be an app.", "en"),
    ],
)
def test_what_is_not_wanted_or_exists_today_is_left_alone(text, language):
    assert hints(text, language) == []


def test_a_no_in_the_sentence_before_excuses_nothing():
    assert words("Det räcker inte. Vi vill ha en app.") == ["app"]


def test_an_unknown_language_gives_no_hints():
    assert hints("En app.", "fi") == []


def test_each_hint_says_what_to_do_instead_in_the_readers_language():
    (hint,) = hints("Alla ska ha VR.", "sv")

    with translation.override("sv"):
        assert str(hint.why) == "Nämner en teknik. Beskriv vad som ska bli möjligt."
    with translation.override("en"):
        assert str(hint.why) == "Names a technology. Describe what should become possible."


@given(st.text(st.sampled_from("appsystem VRAI-enortal. \nåäö"), max_size=400))
def test_hints_point_at_their_words_and_never_overlap(text):
    for language in ("sv", "en"):
        found = hints(text, language)

        assert all(text[hint.start : hint.end] == hint.word for hint in found)
        ends = [0] + [hint.end for hint in found]
        assert all(hint.start >= end for hint, end in zip(found, ends, strict=False))


def test_only_the_first_pages_of_a_very_long_text_are_read():
    assert len(hints("app " * 250_000, "sv")) == 5000
    assert hints("a" * 1_000_000 + " app", "sv") == []
