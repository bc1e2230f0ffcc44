"""The component page: every part in every state, to look at while building. Only in debug."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
