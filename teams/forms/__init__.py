"""What people type about people, organisations, teams and roles: cleaned, never saved here."""
