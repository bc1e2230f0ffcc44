"""Changes no table: the guards of the database are put up anew after every migration."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("procurements", "0019_closed_accounts")]
    operations = []
