"""Unit tests of app.db.backup."""
