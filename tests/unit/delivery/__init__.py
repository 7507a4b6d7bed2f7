"""Unit tests of app.delivery."""
