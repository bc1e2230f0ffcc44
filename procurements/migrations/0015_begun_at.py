from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procurements", "0014_suppliers_entered_by_mistake")]

    operations = [
        migrations.AddField("casephase", "begun_at", models.DateTimeField(null=True, blank=True)),
    ]
