"""Pure rules of the planning."""
