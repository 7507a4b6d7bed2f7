"""Each rule, where breaking it would pay."""
