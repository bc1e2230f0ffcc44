"""A revision is numbered from one, and says since when it is ready or why it failed.

Rows of before hold what is asked for here: the operations have always written them so.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_signed_copy")]

    operations = [
        migrations.AddConstraint(
            "revision",
            models.CheckConstraint(condition=Q(number__gte=1), name="first_revision_is_one"),
        ),
        migrations.AddConstraint(
            "revision",
            models.CheckConstraint(
                condition=Q(state="ready", ready_at__isnull=False)
                | (~Q(state="ready") & Q(ready_at=None)),
                name="revision_is_ready_since_a_moment",
            ),
        ),
        migrations.AddConstraint(
            "revision",
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error_code=""), name="failed_revision_says_why"
            ),
        ),
    ]
