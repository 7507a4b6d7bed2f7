"""From a received instance to a study."""
