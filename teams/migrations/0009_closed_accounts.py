"""Changes no table: the guards of the database are put up anew after every migration."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("teams", "0008_who_agreed")]
    operations = []
