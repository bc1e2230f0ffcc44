from django.db import migrations


def by_language(apps, schema_editor):
    """What was rewritten belongs to the language in which the paper was begun."""
    papers = apps.get_model("procurements", "PhaseDocument").objects
    for paper in papers.exclude(passages={}).select_related("document"):
        paper.passages = {paper.document.language: paper.passages}
        paper.save(update_fields=["passages"])


def of_one_language(apps, schema_editor):
    papers = apps.get_model("procurements", "PhaseDocument").objects
    for paper in papers.exclude(passages={}).select_related("document"):
        paper.passages = paper.passages.get(paper.document.language, {})
        paper.save(update_fields=["passages"])


class Migration(migrations.Migration):
    dependencies = [("procurements", "0004_calendars"), ("documents", "0001_initial")]
    operations = [migrations.RunPython(by_language, of_one_language)]
