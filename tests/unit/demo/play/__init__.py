"""Unit tests of app.demo.play."""
