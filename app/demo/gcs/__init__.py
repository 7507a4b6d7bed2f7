"""The demo GCS: eleven societies, fifteen hospitals and sixty radiologists, none of them real."""
