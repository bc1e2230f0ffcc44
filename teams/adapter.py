"""How sign-in is done here: accounts come by invitation or with the first administrator."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from teams.models import User


class AccountAdapter(DefaultAccountAdapter):
    """allauth, with nobody signing up by themselves and the system never signing in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        return User.objects.normalise(email)
