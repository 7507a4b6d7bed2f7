"""What goes where, retry, attempts."""
