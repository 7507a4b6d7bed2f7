"""API, pages, server-sent events."""
