"""Contract of the heartbeat: the real one and the fake."""
