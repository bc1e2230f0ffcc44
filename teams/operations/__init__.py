"""What people do with organisations, teams and roles: one function for each verb."""
