"""Swedish days: working days, holidays, and where a period ends whose last day is none of them.

The day of the event is day 0 and is not counted. Only the last day of a period is moved, and
only forwards, to the next working day: Monday to Friday, except public holidays (lag 1989:253),
midsommarafton, julafton and nyårsafton (lag 1930:173, 2 §; LOU 20:18). Klämdagar,
trettondagsafton and skärtorsdagen are ordinary days. Holidays are those in force since 2005.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SWEDEN = ZoneInfo("Europe/Stockholm")
ONE_DAY = timedelta(days=1)
SATURDAY = 5


def swedish_day(moment: datetime) -> date:
    """The date on a Swedish wall calendar at a moment; 23:30 UTC in June is the day after."""
    if moment.tzinfo is None:
        raise ValueError("A moment without a time zone has no day.")
    return moment.astimezone(SWEDEN).date()


def start_of(day: date) -> datetime:
    """The first moment of a Swedish day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=SWEDEN).astimezone(UTC)


@cache
def holidays(year: int) -> dict[date, Promise]:
    """The holidays and the three eves that count as holidays in a year, each with its name.

    Sundays are left out unless they are holidays in their own right. When two fall on one day
    (Ascension Day on the first of May), the day keeps the name of the fixed date.
    """
    easter = _easter(year)
    midsummer = _saturday_from(date(year, 6, 20))
    return {
        easter - timedelta(days=2): _("Good Friday"),
        easter: _("Easter Sunday"),
        easter + ONE_DAY: _("Easter Monday"),
        easter + timedelta(days=39): _("Ascension Day"),
        easter + timedelta(days=49): _("Whit Sunday"),
        date(year, 1, 1): _("New Year's Day"),
        date(year, 1, 6): _("Epiphany"),
        date(year, 5, 1): _("First of May"),
        date(year, 6, 6): _("National Day"),
        midsummer - ONE_DAY: _("Midsummer Eve"),
        midsummer: _("Midsummer Day"),
        _saturday_from(date(year, 10, 31)): _("All Saints' Day"),
        date(year, 12, 24): _("Christmas Eve"),
        date(year, 12, 25): _("Christmas Day"),
        date(year, 12, 26): _("Boxing Day"),
        date(year, 12, 31): _("New Year's Eve"),
    }


def holiday_name(day: date) -> Promise | None:
    """What the holiday is called in the reader's language, or None on other days."""
    return holidays(day.year).get(day)


def is_working_day(day: date) -> bool:
    """Whether a period may end on this day without being moved (lag 1930:173, 2 §)."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def roll_forward(day: date) -> date:
    """The day itself when it is a working day, otherwise the next one."""
    while not is_working_day(day):
        day += ONE_DAY
    return day


def roll_back(day: date) -> date:
    """The day itself when it is a working day, otherwise the one before: advice, never law."""
    while not is_working_day(day):
        day -= ONE_DAY
    return day


def next_working_day(day: date) -> date:
    """The first working day after this one."""
    return roll_forward(day + ONE_DAY)


def previous_working_day(day: date) -> date:
    """The last working day before this one."""
    return roll_back(day - ONE_DAY)


def add_working_days(day: date, count: int) -> date:
    """The working day so many working days later, or earlier when the count is negative.

    Zero gives the day itself, rolled forward. From a Saturday one is the Monday after and
    minus one is the Friday before.
    """
    if count == 0:
        return roll_forward(day)
    step = next_working_day if count > 0 else previous_working_day
    for _counted in range(abs(count)):
        day = step(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days come after the start up to and with the end.

    When the end is before the start they are counted the other way and the number is negative,
    so that adding them to the start gives the end whenever the end is a working day.
    """
    if end < start:
        return -_count_working_days(end, start)
    return _count_working_days(start + ONE_DAY, end + ONE_DAY)


def same_day_months_later(start: date, months: int) -> date:
    """The same day number so many months later, or the month's last day (1930:173 1 §)."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def _count_working_days(start: date, end: date) -> int:
    """Working days from the start up to but not with the end."""
    weekdays = _weekdays_before(end) - _weekdays_before(start)
    for year in range(start.year, end.year + 1):
        weekdays -= sum(start <= day < end and day.weekday() < SATURDAY for day in holidays(year))
    return weekdays


def _weekdays_before(day: date) -> int:
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(weekday, 5)


def _saturday_from(day: date) -> date:
    return day + timedelta(days=(SATURDAY - day.weekday()) % 7)


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous rule of 1876)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    correction = century - (century + 8) // 25 + 1
    moon = (19 * golden + century - century // 4 - correction // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
