"""Use cases of the planning: segments, plannings, drafts, publications, who is on guard."""
