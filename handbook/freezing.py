"""What the database itself refuses: to change anything of an edition that was once published."""

from journal.guards import DELETE, INSERT, UPDATE, guard

PARTS = ("handbookrole", "phase", "step", "checklistitem", "note", "criterion", "documenttemplate")
EDITION_COLUMNS = (
    "handbook_id",
    "version",
    "build",
    "source_language",
    "languages",
    "licence_name",
    "licence_url",
    "content_hash",
    "published_at",
    "details",
    "assessment",
    "catalogue",
    "readiness",
    "law",
    "changelog",
)
TEXT_SET_COLUMNS = (
    "edition_id",
    "language",
    "number",
    "hash",
    "texts",
    "corrected_at",
    "section",
    "reason",
)

WAS_PUBLISHED = "OLD.state <> 'draft'"
# The one thing that may still happen to what was published.
STATE_IS_KEPT = "(NEW.state = OLD.state OR (OLD.state = 'published' AND NEW.state = 'superseded'))"
IN_PUBLISHED = (
    "EXISTS (SELECT 1 FROM handbook_edition e WHERE e.id = %s.edition_id AND e.state <> 'draft')"
)
OF_PUBLISHED_TEMPLATE = (
    "EXISTS (SELECT 1 FROM handbook_documenttemplate t "
    "JOIN handbook_edition e ON e.id = t.edition_id "
    "WHERE t.id = %s.documenttemplate_id AND e.state <> 'draft')"
)
OF_PUBLISHED_HANDBOOK = (
    "NEW.key <> OLD.key AND EXISTS (SELECT 1 FROM handbook_edition e "
    "WHERE e.handbook_id = OLD.id AND e.state <> 'draft')"
)


def freeze() -> None:
    """Register the guards; `post_migrate` puts them up."""
    for part in PARTS:
        _freeze_rows(f"handbook_{part}", IN_PUBLISHED)
    _freeze_rows("handbook_documenttemplate_phases", OF_PUBLISHED_TEMPLATE)
    for table, columns in (("edition", EDITION_COLUMNS), ("textset", TEXT_SET_COLUMNS)):
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
        condition = f"{WAS_PUBLISHED} AND ({changed} OR NOT {STATE_IS_KEPT})"
        guard(f"handbook_{table}", condition, acts=(UPDATE,))
        guard(f"handbook_{table}", WAS_PUBLISHED, acts=(DELETE,))
    guard("handbook_handbook", OF_PUBLISHED_HANDBOOK, acts=(UPDATE,))


def _freeze_rows(table: str, condition: str) -> None:
    guard(table, condition % "OLD", acts=(DELETE,))
    guard(table, condition % "NEW", acts=(INSERT,))
    guard(table, f"{condition % 'OLD'} OR {condition % 'NEW'}", acts=(UPDATE,))
