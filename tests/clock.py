"""Moments for tests that tell of days, on whatever day they run."""

from datetime import datetime, timedelta

from django.utils import timezone

from procurements.days import SWEDEN, is_working_day

WORKING_WEEKS = (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)


def a_quiet_monday() -> datetime:
    """Ten in the morning on a Monday to come, in two weeks without a holiday."""
    monday = timezone.now().astimezone(SWEDEN).replace(hour=10, minute=0, second=0)
    monday += timedelta(days=14 - monday.weekday())
    while not all(is_working_day((monday + timedelta(days=n)).date()) for n in WORKING_WEEKS):
        monday += timedelta(days=7)
    return monday
