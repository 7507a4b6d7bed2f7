"""Policy, nominations, claims, escalation, presence."""
