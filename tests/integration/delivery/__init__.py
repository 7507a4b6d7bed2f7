"""Integration tests of app.delivery."""
