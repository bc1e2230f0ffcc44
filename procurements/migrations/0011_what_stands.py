"""What stands in a case is whole: why, by which decision, since when.

Rows of before hold what is asked for here: the operations have always written them so.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("procurements", "0010_several_days_of_a_period")]

    operations = [
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(started_on=None), name="draft_has_not_begun"
            ),
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=~Q(state__in=("stopped", "completed")) | Q(ended_on__isnull=False),
                name="case_that_is_over_has_ended",
            ),
        ),
        migrations.AddConstraint(
            "case",
            models.CheckConstraint(
                condition=~Q(state="paused") | ~Q(state_reason=""), name="paused_case_says_why"
            ),
        ),
        migrations.AddConstraint(
            "caseinvitation",
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="case_invitation_has_one_end",
            ),
        ),
        migrations.AddConstraint(
            "casephase",
            models.CheckConstraint(condition=Q(attempt__gte=1), name="first_attempt_is_one"),
        ),
        migrations.AddConstraint(
            "casephase",
            models.CheckConstraint(
                condition=~Q(state="planned") | Q(started_on=None),
                name="planned_phase_has_not_begun",
            ),
        ),
        migrations.AddConstraint(
            "casephase",
            models.CheckConstraint(
                condition=Q(state="closed", started_on=None)
                | Q(state="closed", ended_on__isnull=False)
                | ~Q(state="closed") & Q(ended_on=None),
                name="phase_has_ended_when_closed",
            ),
        ),
        migrations.AddConstraint(
            "gatedecision",
            models.CheckConstraint(condition=~Q(reasons=""), name="gate_says_why"),
        ),
        migrations.AddConstraint(
            "gatedecision",
            models.CheckConstraint(condition=~Q(reference=""), name="gate_has_a_reference"),
        ),
        migrations.AddConstraint(
            "legalassessment",
            models.CheckConstraint(condition=~Q(reasons=""), name="assessment_says_why"),
        ),
        migrations.AddConstraint(
            "participant",
            models.CheckConstraint(
                condition=Q(state="in", left_in=None, left_on=None, left_reason="")
                | ~Q(state="in") & Q(left_on__isnull=False),
                name="supplier_that_left_has_a_day",
            ),
        ),
        migrations.AddConstraint(
            "participant",
            models.CheckConstraint(condition=~Q(name=""), name="supplier_has_a_name"),
        ),
        migrations.AddConstraint(
            "participant",
            models.CheckConstraint(condition=~Q(country=""), name="supplier_has_a_country"),
        ),
        migrations.AddConstraint(
            "task",
            models.CheckConstraint(
                condition=Q(state="done") | Q(done_at=None, done_by=None),
                name="task_not_done_was_done_by_nobody",
            ),
        ),
    ]
