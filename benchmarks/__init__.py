"""Programs behind make bench and make soak."""
