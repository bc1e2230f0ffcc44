"""What the database itself refuses: two roles of one person in one place on the same day."""

from journal.guards import INSERT, UPDATE, guard, overlaps


def freeze() -> None:
    """Register the guards; `post_migrate` puts them up."""
    # Of organisation and team a role names one: of what is empty nothing is in common.
    in_one_place = " OR ".join(
        overlaps("teams_membership", "user_id", place) for place in ("organisation_id", "team_id")
    )
    guard("teams_membership", in_one_place, acts=(INSERT, UPDATE))
