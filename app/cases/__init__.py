"""The case: states, SLA clocks, urgency, timeline."""
