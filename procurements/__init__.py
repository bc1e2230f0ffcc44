"""What we do: cases, needs, phases, gates, insights, suppliers."""
