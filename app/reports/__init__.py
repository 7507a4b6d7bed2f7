"""Draft, preliminary, signed report, addendum; documents."""
