from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procurements", "0012_guards")]

    operations = [
        migrations.AddField("casephase", "begun_at", models.DateTimeField(null=True, blank=True)),
    ]
