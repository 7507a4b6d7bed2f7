"""Societies, centres, sites, senders, radiologists, users and roles."""
