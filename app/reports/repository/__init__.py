"""Every query on reports."""
