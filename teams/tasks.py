"""What beat asks for by the clock."""

from celery import shared_task
from django.utils import timezone


@shared_task(name="teams.close_day")
def close_day() -> None:
    """Asked for every hour: does something once a day."""
    from teams.models import User
    from teams.operations.registry import close_day as close

    close(by=User.objects.system(), at=timezone.now())
