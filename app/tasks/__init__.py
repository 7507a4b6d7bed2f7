"""Tasks: what a named person must do before a case, a study or the platform itself is safe."""
