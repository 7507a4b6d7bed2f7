"""Pure rules of intake: classes, completeness, priority."""
