"""Unit tests of app.demo."""
