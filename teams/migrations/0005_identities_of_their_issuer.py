import hashlib

from django.db import migrations


def bind(apps, schema_editor):
    """As teams.issuer binds them; of a connection without an ID token nothing says the server."""
    for account in apps.get_model("socialaccount", "SocialAccount").objects.all():
        told = account.extra_data.get("id_token") or {}
        if "iss" in told and account.uid == told.get("sub"):
            bound = f"{told['iss']}\n{told['sub']}".encode()
            account.uid = hashlib.sha256(bound).hexdigest()
            account.save(update_fields=["uid"])


class Migration(migrations.Migration):

    dependencies = [
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("teams", "0004_signed_out_elsewhere"),
    ]

    operations = [migrations.RunPython(bind, migrations.RunPython.noop)]
