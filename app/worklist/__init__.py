"""Read model of the live worklist."""
