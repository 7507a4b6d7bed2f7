"""Pure rules of the report."""
