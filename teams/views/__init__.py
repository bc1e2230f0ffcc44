"""Pages about people, organisations, teams and what the law asks of a public service."""
