"""What we have learnt: handbooks, editions, phases, steps, templates, translations."""
