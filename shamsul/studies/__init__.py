"""A study, its model, its maps and what is known of them, together."""
