from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [
        migrations.AddField("revision", "is_signed_copy", models.BooleanField(default=False)),
        migrations.AddConstraint(
            "revision",
            models.CheckConstraint(
                condition=models.Q(is_signed_copy=False) | models.Q(made_elsewhere=True),
                name="signed_copy_is_made_elsewhere",
            ),
        ),
    ]
