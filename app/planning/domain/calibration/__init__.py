"""How many seats each segment needs, and what that changes for people."""
