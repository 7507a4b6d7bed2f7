"""Requests: orders for an exam with their justification, and the decision before the exam."""
