from django.db import migrations, models


def follow(apps, schema_editor):
    """What the team wrote for itself in a phase with a window may name suppliers."""
    papers = apps.get_model("procurements", "PhaseDocument").objects
    admits = models.Q(case_phase__phase__admits_suppliers=True)
    assesses = ~models.Q(case_phase__phase__assessment="none")
    papers.filter(admits | assesses, template__audience="internal").update(is_secret=True)


class Migration(migrations.Migration):
    dependencies = [
        ("handbook", "0006_suggestions"),
        ("procurements", "0007_where_the_next_phase_was_planned"),
    ]

    operations = [migrations.RunPython(follow, migrations.RunPython.noop)]
