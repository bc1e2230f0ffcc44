"""The days of a case."""

from django.urls import path

from procurements.views import deadline, reminder

ONE = "deadlines/<int:deadline>/"
LETTER = "reminders/<int:reminder>/"

urlpatterns = [
    path("deadlines/", deadline.Deadlines.as_view(), name="case_deadlines"),
    path("deadlines/new/", deadline.SetDeadline.as_view(), name="deadline_new"),
    path("deadlines/count/", deadline.CountDeadline.as_view(), name="deadline_count"),
    path(ONE, deadline.DeadlinePage.as_view(), name="deadline"),
    path(f"{ONE}change/", deadline.ChangeDeadline.as_view(), name="deadline_change"),
    path(f"{ONE}announce/", deadline.AnnounceDeadline.as_view(), name="deadline_announce"),
    path(f"{ONE}kept/", deadline.KeepDeadline.as_view(), name="deadline_keep"),
    path(f"{ONE}reopen/", deadline.ReopenDeadline.as_view(), name="deadline_reopen"),
    path(f"{ONE}withdraw/", deadline.WithdrawDeadline.as_view(), name="deadline_withdraw"),
    path("reminders/", reminder.Reminders.as_view(), name="case_reminders"),
    path("reminders/when/", reminder.ChangeRhythm.as_view(), name="case_rhythm"),
    path("reminders/coming/", reminder.Coming.as_view(), name="reminder_coming"),
    path(f"{LETTER}hold/", reminder.HoldReminder.as_view(), name="reminder_hold"),
    path(f"{LETTER}release/", reminder.ReleaseReminder.as_view(), name="reminder_release"),
    path(f"{LETTER}send/", reminder.SendReminder.as_view(), name="reminder_send"),
]
