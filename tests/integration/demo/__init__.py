"""The peers of the demo, on sockets."""
