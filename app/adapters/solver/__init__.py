"""Rosters by constraint programming (CP-SAT): one module per rule, objectives one after another."""
