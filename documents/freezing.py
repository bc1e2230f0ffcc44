"""What the database itself refuses: to change a paper that is ready, or what is said of a file."""

from journal.guards import UPDATE, guard


def freeze() -> None:
    """Register the guards; `post_migrate` puts them up."""
    guard("documents_revision", "OLD.state = 'ready'", acts=(UPDATE,))
    guard("documents_storedfile", acts=(UPDATE,))
