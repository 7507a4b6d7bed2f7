"""Commands of `astreinte`, one module per subject; `app.cli` puts them together."""
