"""What may stand on a timeline."""

from enum import StrEnum


class EventKind(StrEnum):
    """The kinds of `case_event`; each interval of an indicator is named by two of them.

    A move is written by a trigger (`MOVED`, with the states it led from and to); the others are
    facts, written by the service that makes them.
    """

    MOVED = "moved"
    IMAGES_ADDED = "images_added"
    COMPLETE = "complete"
    ACKNOWLEDGED = "acknowledged"
    """A nominated reader has said that they have seen it."""
    WIDENED = "widened"
    IMAGES_SEEN = "images_seen"
    PRIORITY_CHANGED = "priority_changed"
    PRELIMINARY = "preliminary"
    ADDENDUM = "addendum"
    WITHDRAWN = "withdrawn"
    """The report was withdrawn by a signed version."""
    REPLACED = "replaced"
    """A new report was signed after a withdrawal."""
    REISSUED = "reissued"
    """The documents were made anew, under the identity that was chosen."""
    CRITICAL_FOUND = "critical_found"
    """Somebody at the site must hear a finding and say it back."""
    CALL_MADE = "call_made"
    CRITICAL_CONFIRMED = "critical_confirmed"
    """A critical finding was said back, rightly."""
    IMAGES_FORWARDED = "images_forwarded"
    """A centre's node has accepted all images that had arrived."""
    REPORT_DELIVERED = "report_delivered"
    DELIVERY_DEAD = "delivery_dead"
    DELIVERY_RESENT = "delivery_resent"
    """Somebody asked for a delivery again that had been given up."""
    UNACCEPTED = "unaccepted"
    """The site had not accepted the report in time, or never will: people were told to call it."""
    IMAGES_AFTER_SIGNATURE = "images_after_signature"
    IMAGES_PURGED = "images_purged"
    """The files of a study were removed, their time being over."""
