from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procurements", "0009_a_supplier_that_withdrew_may_come_anew")]

    operations = [
        migrations.RemoveConstraint("deadline", "one_open_deadline_per_period"),
        migrations.AddConstraint(
            "deadline",
            models.UniqueConstraint(
                fields=["case_phase", "period", "event_on"],
                condition=models.Q(state="open") & ~models.Q(period=""),
                name="one_open_deadline_per_period_and_event",
            ),
        ),
    ]
