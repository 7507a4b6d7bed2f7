"""What rosters must keep, one module per rule, and what keeping it costs where it may be bought."""
