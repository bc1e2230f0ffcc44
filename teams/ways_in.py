"""The addresses of allauth that this house uses, and no others.

Nobody signs up by themselves and everybody has one address, so those pages do not exist.
A way in that is switched off has no address either.
"""

from allauth.account import views
from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path, re_path

from teams.views.account import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", SignIn.as_view(), name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
if settings.ACCOUNT_LOGIN_BY_CODE_ENABLED:
    urlpatterns += [
        path("login/code/", views.request_login_code, name="account_request_login_code"),
        path("login/code/confirm/", views.confirm_login_code, name="account_confirm_login_code"),
    ]
if settings.MFA_PASSKEY_LOGIN_ENABLED:
    urlpatterns += [path("2fa/", include("allauth.mfa.urls"))]
if settings.SOCIALACCOUNT_PROVIDERS:
    from teams.views import through_organisation

    urlpatterns += [
        path("3rdparty/", include("allauth.socialaccount.urls")),
        # Before allauth's own of that name.
        path(
            "oidc/<str:provider_id>/login/",
            through_organisation.sign_in,
            name="openid_connect_login",
        ),
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
    ]
