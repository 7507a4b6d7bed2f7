"""Pure rules of dispatch."""
