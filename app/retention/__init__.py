"""How long images stay: which may go, when the disk will be full, and what was removed."""
