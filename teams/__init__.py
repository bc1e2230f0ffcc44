"""Who we are: users, organisations, intermediary teams, memberships, roles."""
