"""The scheduler: it asks the database what is due, and does it."""
