from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("procurements", "0008_internal_papers_follow_their_window")]

    operations = [
        migrations.RemoveConstraint("participant", "supplier_is_once_in_a_case"),
        migrations.RemoveConstraint("participant", "supplier_number_is_once_in_a_case"),
        migrations.AddConstraint(
            "participant",
            models.UniqueConstraint(
                models.F("case"),
                Lower("name"),
                condition=~models.Q(state="withdrawn"),
                name="supplier_is_once_in_a_case",
            ),
        ),
        migrations.AddConstraint(
            "participant",
            models.UniqueConstraint(
                fields=["case", "number"],
                condition=~models.Q(number="") & ~models.Q(state="withdrawn"),
                name="supplier_number_is_once_in_a_case",
            ),
        ),
    ]
