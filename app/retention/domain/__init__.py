"""The rules of retention: who may go, and how long the disk will last."""
