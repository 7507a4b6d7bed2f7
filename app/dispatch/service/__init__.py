"""Use cases of dispatch."""

from app.dispatch.service.claims import (
    acknowledge,
    claim,
    let_go,
    mark_images_seen,
    release,
)
from app.dispatch.service.coordinating import dispossess, leave, reassign
from app.dispatch.service.due import find_due, find_next_due, look_again, put_off
from app.dispatch.service.nominations import nominate, nominate_all_due
from app.dispatch.service.on_guard import GuardSeen
from app.dispatch.service.steps import take_due_steps
from app.dispatch.service.taking import take_away
from app.dispatch.service.watching import (
    Watched,
    put_aside,
    resume,
    still_reading,
    take_up_again,
    watch,
)

__all__ = [
    "GuardSeen",
    "Watched",
    "acknowledge",
    "claim",
    "dispossess",
    "find_due",
    "find_next_due",
    "leave",
    "let_go",
    "look_again",
    "mark_images_seen",
    "nominate",
    "nominate_all_due",
    "put_aside",
    "put_off",
    "reassign",
    "release",
    "resume",
    "still_reading",
    "take_away",
    "take_due_steps",
    "take_up_again",
    "watch",
]
