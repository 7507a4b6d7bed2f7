"""Says to an address outside that the platform lives."""
