"""All that an installation knows, in one file that can be checked and put back.

A tar with three kinds of members: `rows/TABLE.jsonl.gz` (the names of the columns, then one row a
line), `files/ORGANISATION/SHA256` (`shared` for what belongs to none), and last `manifest.json`,
which says what there is and the SHA-256 of each. Rows are neutral: what SQLite gave goes into
PostgreSQL and back. Left out are sessions (everybody signs in again), the cache, the broker
(promises are rows) and the secret key.
"""


class BackupRefused(Exception):
    """It cannot be done, and nothing was changed; the words say why, for who runs the house."""
