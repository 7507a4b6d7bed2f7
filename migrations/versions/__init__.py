"""One migration file per feature."""
