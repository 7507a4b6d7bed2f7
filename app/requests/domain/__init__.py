"""The rules of requests: what they must hold, their states, how they find their images."""
