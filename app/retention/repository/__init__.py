"""Every query of retention."""
