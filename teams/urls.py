"""Addresses of people, organisations, teams, and of what every public service must tell."""

from django.urls import path

from teams.views import account, invitations, organisations, public, roles, teams, welcome

urlpatterns = [
    path("welcome/", welcome.Welcome.as_view(), name="welcome"),
    path("account/", account.Account.as_view(), name="account"),
    path("account/appearance/", account.appearance, name="appearance"),
    path("account/elsewhere/", account.elsewhere, name="sign_out_elsewhere"),
    path("account/demo/", account.demo_sign_in, name="demo_sign_in"),
    path("people/<int:pk>/open/", account.OpenAccount.as_view(), name="open_account"),
    path("organisations/", organisations.OrganisationList.as_view(), name="organisations"),
    path("organisations/new/", organisations.AddOrganisation.as_view(), name="add_organisation"),
    path(
        "organisations/<int:pk>/", organisations.OrganisationDetail.as_view(), name="organisation"
    ),
    path(
        "organisations/<int:pk>/edit/",
        organisations.EditOrganisation.as_view(),
        name="edit_organisation",
    ),
    path("organisations/<int:pk>/parts/new/", organisations.AddPart.as_view(), name="add_part"),
    path(
        "organisations/<int:pk>/accessibility/",
        organisations.EditStatement.as_view(),
        name="edit_statement",
    ),
    path(
        "organisations/<int:pk>/feedback/",
        organisations.Feedback.as_view(),
        name="organisation_feedback",
    ),
    path(
        "organisations/<int:pk>/letters/again/",
        organisations.SendLettersAgain.as_view(),
        name="send_letters_again",
    ),
    path(
        "organisations/<int:pk>/invite/",
        roles.InviteToOrganisation.as_view(),
        name="invite_to_organisation",
    ),
    path("teams/", teams.TeamList.as_view(), name="teams"),
    path("teams/new/", teams.AddTeam.as_view(), name="add_team"),
    path("teams/<int:pk>/", teams.TeamDetail.as_view(), name="team"),
    path("teams/<int:pk>/edit/", teams.EditTeam.as_view(), name="edit_team"),
    path(
        "teams/<int:pk>/organisations/<int:organisation>/agree/",
        teams.AgreeToTeam.as_view(),
        name="agree_to_team",
    ),
    path(
        "teams/<int:pk>/organisations/<int:organisation>/take-back/",
        teams.TakeBackAgreement.as_view(),
        name="take_back_agreement",
    ),
    path("teams/<int:pk>/invite/", roles.InviteToTeam.as_view(), name="invite_to_team"),
    path("roles/<int:pk>/change/", roles.ChangeRole.as_view(), name="change_role"),
    path("roles/<int:pk>/end/", roles.EndRole.as_view(), name="end_role"),
    path("invitations/<int:pk>/resend/", roles.resend, name="resend_invitation"),
    path("invitations/<int:pk>/withdraw/", roles.withdraw, name="withdraw_invitation"),
    path("invitations/<str:token>/", invitations.answer, name="invitation"),
    path("accessibility/", public.Accessibility.as_view(), name="accessibility"),
    path("accessibility/feedback/", public.feedback, name="accessibility_feedback"),
    path("accessibility/<int:pk>/", public.Accessibility.as_view(), name="accessibility_of"),
    path("accessibility/<int:pk>/feedback/", public.feedback, name="accessibility_feedback_of"),
    path("privacy/", public.Privacy.as_view(), name="privacy"),
    path("shortcuts/", public.Shortcuts.as_view(), name="shortcuts"),
]
