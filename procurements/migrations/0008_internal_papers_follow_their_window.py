from django.db import migrations


def follow(apps, schema_editor):
    """What the team wrote for itself in a phase with a window may name suppliers."""
    papers = apps.get_model("procurements", "PhaseDocument").objects
    inside = papers.filter(template__audience="internal", case_phase__round__isnull=False)
    inside.update(is_secret=True)


class Migration(migrations.Migration):
    dependencies = [
        ("handbook", "0006_suggestions"),
        ("procurements", "0007_where_the_next_phase_was_planned"),
    ]

    operations = [migrations.RunPython(follow, migrations.RunPython.noop)]
