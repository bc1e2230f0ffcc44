from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("procurements", "0015_begun_at")]

    operations = [
        migrations.AddField("gatesignature", "signed_on", models.DateField(null=True, blank=True)),
    ]
