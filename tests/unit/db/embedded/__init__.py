"""Unit tests of app.db.embedded."""
