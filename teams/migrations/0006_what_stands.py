"""Everybody has a name, and an invitation is accepted or withdrawn, not both.

Rows of before hold what is asked for here: the operations have always written them so.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("teams", "0005_identities_of_their_issuer")]

    operations = [
        migrations.AddConstraint(
            "invitation",
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="invitation_has_one_end"
            ),
        ),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(condition=~Q(name=""), name="user_has_a_name"),
        ),
    ]
