"""Which organisation is in which team becomes a row of its own, that knows who agreed to it.

Nobody has been asked so far: each row is carried over without an answer.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def carry_over(apps, schema_editor):
    team, affiliation = apps.get_model("teams", "Team"), apps.get_model("teams", "Affiliation")
    kept = team.organisations.through.objects.order_by("pk")
    affiliation.objects.bulk_create(
        affiliation(team_id=row.team_id, organisation_id=row.organisation_id)
        for row in kept.iterator()
    )


class Migration(migrations.Migration):
    dependencies = [("teams", "0007_roles_are_kept")]
    operations = [
        migrations.CreateModel(
            name="Affiliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agreed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agreed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="affiliations",
                        to="teams.organisation",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="affiliations",
                        to="teams.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "organisation in a team",
                "verbose_name_plural": "organisations in teams",
                "ordering": ["organisation__name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "organisation"), name="affiliation_is_one_in_a_team"
                    ),
                    models.CheckConstraint(
                        condition=Q(agreed_by=None, agreed_at=None)
                        | Q(agreed_by__isnull=False, agreed_at__isnull=False),
                        name="affiliation_is_agreed_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="team", name="organisations"),
        migrations.AddField(
            model_name="team",
            name="organisations",
            field=models.ManyToManyField(
                related_name="teams",
                through="teams.Affiliation",
                to="teams.organisation",
                verbose_name="organisations",
            ),
        ),
    ]
