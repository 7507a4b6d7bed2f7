"""Queries of the worklist, the case page and the list of deliveries."""
