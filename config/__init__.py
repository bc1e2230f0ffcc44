"""Wiring only, no rules."""

from .celery import app as celery_app

__all__ = ["celery_app"]
