"""What beat asks for by the clock."""

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone


@shared_task(name="teams.close_day")
def close_day() -> None:
    """Asked for every hour: does something once a day."""
    from teams.models import User
    from teams.operations.registry import close_day as close

    close(by=User.objects.system(), at=timezone.now())


@shared_task(name="teams.clear_sessions")
def clear_sessions() -> None:
    """Sessions that have ended let nobody in: what they say of a person is not kept."""
    SessionStore.clear_expired()
