"""Enters the demo GCS into a database, through the directory's use cases."""
