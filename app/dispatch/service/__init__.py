"""Use cases of dispatch."""

from app.dispatch.service.claims import (
    acknowledge,
    claim,
    let_go,
    mark_images_seen,
    reassign,
    release,
)
from app.dispatch.service.due import find_due, find_next_due, look_again, put_off
from app.dispatch.service.nominations import nominate, nominate_due, take_step

__all__ = [
    "acknowledge",
    "claim",
    "find_due",
    "find_next_due",
    "let_go",
    "look_again",
    "mark_images_seen",
    "nominate",
    "nominate_due",
    "put_off",
    "reassign",
    "release",
    "take_step",
]
