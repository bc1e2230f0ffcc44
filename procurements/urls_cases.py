"""My cases, several cases at once, the case itself, its plan, legal track and people."""

from django.urls import path

from procurements.views import case, feed, legal, mine, people, plan, portfolio, start

urlpatterns = [
    path("", mine.MyCases.as_view(), name="my_cases"),
    path("portfolio/", portfolio.Portfolio.as_view(), name="portfolio"),
    path("calendar/", feed.MyCalendar.as_view(), name="my_calendar"),
    path("calendar/open/", feed.OpenFeed.as_view(), name="calendar_open"),
    path("calendar/close/", feed.CloseFeed.as_view(), name="calendar_close"),
    path("calendar/<str:token>.ics", feed.calendar_feed, name="calendar_feed"),
    path("cases/new/", start.StartCase.as_view(), name="case_new"),
    path("cases/new/authorities/", start.Authorities.as_view(), name="case_authorities"),
    path(
        "cases/invitations/<str:token>/",
        people.AcceptInvitation.as_view(),
        name="case_invitation",
    ),
    path("cases/<int:number>/", case.Overview.as_view(), name="case"),
    path("cases/<int:number>/edit/", case.ChangeCase.as_view(), name="case_edit"),
    path("cases/<int:number>/begin/", case.BeginCase.as_view(), name="case_begin"),
    path("cases/<int:number>/pause/", case.PauseCase.as_view(), name="case_pause"),
    path("cases/<int:number>/resume/", case.ResumeCase.as_view(), name="case_resume"),
    path("cases/<int:number>/stop/", case.StopCase.as_view(), name="case_stop"),
    path("cases/<int:number>/discard/", case.DiscardCase.as_view(), name="case_discard"),
    path("cases/<int:number>/plan/", plan.Plan.as_view(), name="case_plan"),
    path("cases/<int:number>/plan/<int:run>/", plan.MovePhase.as_view(), name="case_phase_move"),
    path(
        "cases/<int:number>/plan/<int:run>/shape/",
        plan.ShapePhase.as_view(),
        name="case_phase_shape",
    ),
    path("cases/<int:number>/legal/", legal.Legal.as_view(), name="case_legal"),
    path("cases/<int:number>/people/", people.People.as_view(), name="case_people"),
    path("cases/<int:number>/people/give/", people.GiveRole.as_view(), name="case_role_give"),
    path("cases/<int:number>/people/invite/", people.InvitePerson.as_view(), name="case_invite"),
    path("cases/<int:number>/people/promise/", people.Promise.as_view(), name="case_promise"),
    path(
        "cases/<int:number>/people/interests/",
        people.CorrectInterests.as_view(),
        name="case_interests",
    ),
    path("cases/<int:number>/people/<int:role>/", people.ChangeRole.as_view(), name="case_role"),
    path(
        "cases/<int:number>/people/<int:role>/end/",
        people.EndRole.as_view(),
        name="case_role_end",
    ),
    path(
        "cases/<int:number>/invitations/<int:invitation>/again/",
        people.ResendInvitation.as_view(),
        name="case_invitation_again",
    ),
    path(
        "cases/<int:number>/invitations/<int:invitation>/withdraw/",
        people.WithdrawInvitation.as_view(),
        name="case_invitation_withdraw",
    ),
]
