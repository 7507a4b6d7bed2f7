"""Nights as they happen: each story goes from a modality's images to what the hospital holds."""
