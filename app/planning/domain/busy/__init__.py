"""Sessions elsewhere that are imported: from tables, and from calendars with repeated events."""
