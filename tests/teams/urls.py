"""The house's addresses with those of the code to sign in with, which is switched on for few."""

from allauth.account import views
from django.urls import path

from config.urls import handler400, handler500, urlpatterns

__all__ = ["handler400", "handler500", "urlpatterns"]
CODE = "account/login/code/"
urlpatterns = [
    path(CODE, views.request_login_code, name="account_request_login_code"),
    path(f"{CODE}confirm/", views.confirm_login_code, name="account_confirm_login_code"),
    *urlpatterns,
]
