"""What makes a study urgent in the demo: words of its description, else its modality."""

PRIORITY_RULES = (
    {"words": "AVC THROMBOLYSE POLYTRAUMATISE", "priority": "P1"},
    {"modality": "CR", "priority": "P3"},
    {"modality": "MR", "priority": "P3"},
    {"modality": "NM", "priority": "P4"},
)
"""In the order in which they are tried; what none of them names is P2."""
