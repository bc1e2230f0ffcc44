from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procurements", "0016_signed_on")]

    operations = [
        migrations.AddField("task", "done_on", models.DateField(null=True, blank=True)),
    ]
