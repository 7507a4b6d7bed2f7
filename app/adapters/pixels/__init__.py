"""Comparison of images, in a process of its own."""
