"""What happened: append-only, hash-chained events."""
