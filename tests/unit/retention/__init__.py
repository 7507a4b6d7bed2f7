"""Unit tests of app.retention."""
