"""The rules of tasks: what kinds there are, who sees them, how often they ring."""
