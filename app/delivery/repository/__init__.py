"""Every query on the outbox."""
