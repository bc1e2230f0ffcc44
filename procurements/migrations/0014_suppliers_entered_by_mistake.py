from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("procurements", "0013_roles_are_kept")]

    operations = [
        migrations.RemoveConstraint("participant", "participant_state_is_known"),
        migrations.RemoveConstraint("participant", "supplier_is_once_in_a_case"),
        migrations.RemoveConstraint("participant", "supplier_number_is_once_in_a_case"),
        migrations.AlterField(
            "participant",
            "state",
            models.CharField(
                max_length=10,
                default="in",
                choices=[
                    ("in", "Takes part"),
                    ("discarded", "Does not go on"),
                    ("withdrawn", "Withdrawn"),
                    ("mistaken", "Entered by mistake"),
                ],
            ),
        ),
        migrations.AddConstraint(
            "participant",
            models.CheckConstraint(
                condition=models.Q(state__in=["in", "discarded", "withdrawn", "mistaken"]),
                name="participant_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            "participant",
            models.UniqueConstraint(
                models.F("case"),
                Lower("name"),
                condition=models.Q(state__in=("in", "discarded")),
                name="supplier_is_once_in_a_case",
            ),
        ),
        migrations.AddConstraint(
            "participant",
            models.UniqueConstraint(
                fields=["case", "number"],
                condition=~models.Q(number="") & models.Q(state__in=("in", "discarded")),
                name="supplier_number_is_once_in_a_case",
            ),
        ),
        migrations.AddConstraint(
            "participant",
            models.CheckConstraint(
                condition=~models.Q(state="mistaken") | models.Q(left_in=models.F("admitted_in")),
                name="mistaken_supplier_leaves_where_it_came_in",
            ),
        ),
    ]
