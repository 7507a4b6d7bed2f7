"""Backup and restore of all that cannot be made again: the database and the files it names.

A backup is a folder: `manifest.json`, `database.dump` (pg_dump's custom format) and `files/`, laid
out as the data folder is. It is taken while everything runs.
"""
