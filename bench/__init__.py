"""How fast and how small Upptakt is, measured the same way every time."""
