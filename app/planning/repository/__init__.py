"""Every query of the planning."""
