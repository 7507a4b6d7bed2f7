"""Every query on requests, their history and their attachments."""
