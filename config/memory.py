"""What has come to stay is not looked through again and again.

Python goes through all it holds, to find circles that nobody refers to any more, whenever the new
has grown by a quarter. With Django and the house in memory that took up to a third of a second,
in the middle of somebody's page, and a fifth of the time of the tests.
"""

import gc

# New objects before Python looks among them: some pages' worth.
THRESHOLD = 50_000


def settle() -> None:
    """Leave all that is held now out of every search to come. Called once everything is read in."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 10, 10)
