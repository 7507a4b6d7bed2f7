"""Stories with the three processes."""
