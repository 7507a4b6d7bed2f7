"""The demo GCS, with its hospitals and centres as simulated peers."""
