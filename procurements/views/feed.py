"""Calendars of one's own: the secret addresses, and what is fetched there."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.signals import password_changed, password_reset
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import FormView, TemplateView

from procurements.calendar import calendar_of_case, calendar_of_person
from procurements.days import swedish_day
from procurements.forms.feed import FeedForm
from procurements.models import CalendarFeed, Case
from procurements.operations.feed import close_feed, open_feed
from procurements.refusals import Refused
from teams.models import User

CASES = 50


@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address. One that is unknown, changed, ended, or whose role
    has ended leads nowhere."""
    feed = CalendarFeed.find(token)
    if feed is None or not feed.person.is_active:
        raise Http404
    at = timezone.now()
    if feed.case is None:
        content = calendar_of_person(feed.person, at=at)
    elif Case.objects.held_by(feed.person, on=swedish_day(at)).filter(pk=feed.case_id).exists():
        content = calendar_of_case(feed.case, feed.person, at=at)
    else:
        raise Http404
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="upptakt.ics"'
    response["Cache-Control"] = "private, max-age=300"
    return response


@receiver([password_changed, password_reset])
def tell_of_addresses(request: HttpRequest, user: User, **_others: Any) -> None:
    """A new password ends every other session and no calendar address: one that ended by itself
    would leave a telephone's calendar empty without a word. Who has one is told, and changes it."""
    if not user.feeds.exists():
        return
    still = _("Your calendar addresses go on working. Could somebody else have got hold of them?")
    told = '{} <a href="{}">{}</a>'
    messages.warning(
        request, format_html(told, still, reverse("my_calendar"), _("Change the addresses"))
    )


class FeedMixin(LoginRequiredMixin):
    """What the pages about one's calendars share."""

    request: Any

    @property
    def person(self) -> User:
        return cast("User", self.request.user)

    @cached_property
    def cases(self) -> list[Case]:
        """The newest, and each that has an address: it must be found to be ended."""
        held = Case.objects.held_by(self.person, on=swedish_day(timezone.now()))
        newest = held.order_by("-number")
        opened = held.filter(feeds__person=self.person)
        found = {case.pk: case for case in [*newest[:CASES], *opened]}
        return sorted(found.values(), key=lambda case: -case.number)


class MyCalendar(FeedMixin, TemplateView):
    """The addresses of one's calendars: of all cases, and of each case."""

    template_name = "procurements/feed/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        feeds = {feed.case_id: feed for feed in CalendarFeed.objects.filter(person=self.person)}
        rows: list[dict[str, Any]] = [
            {"case": None, "name": _("All my cases"), "feed": feeds.get(None)}
        ]
        rows += [
            {"case": case, "name": case.title, "feed": feeds.get(case.pk)} for case in self.cases
        ]
        for row in rows:
            if row["feed"]:
                path = reverse("calendar_feed", args=[row["feed"].token])
                row["address"] = settings.PUBLIC_URL + path
                row["webcal"] = "webcal:" + settings.PUBLIC_URL.partition(":")[2] + path
        return super().get_context_data(**kwargs) | {"rows": rows}


class FeedOperation(FeedMixin, FormView):
    """Open, change or end one of the addresses."""

    form_class = FeedForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("my_calendar")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"cases": self.cases}

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        # A case that is no longer the person's, or was never.
        raise Http404

    def form_valid(self, form: FeedForm) -> HttpResponse:
        try:
            self.carry_out(form)
        except Refused:
            return self.form_invalid(form)
        return redirect("my_calendar")

    def carry_out(self, form: FeedForm) -> None:
        raise NotImplementedError


class OpenFeed(FeedOperation):
    def carry_out(self, form: FeedForm) -> None:
        open_feed(
            case=form.chosen,
            started_from=form.cleaned_data["started_from"],
            by=self.person,
            at=timezone.now(),
        )
        messages.success(self.request, _("The calendar has an address"))


class CloseFeed(FeedOperation):
    def carry_out(self, form: FeedForm) -> None:
        close_feed(case=form.chosen, by=self.person, at=timezone.now())
        messages.success(self.request, _("The address leads nowhere any more"))
