"""Tests of the house itself: budgets, layers, docker, docs."""
