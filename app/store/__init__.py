"""Image files: durable write, digest, read back, quota."""
