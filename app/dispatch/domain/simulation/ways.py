"""The policies that are compared."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from app.dispatch.domain.policy.parameters import DEFAULTS, Parameters


class Way(StrEnum):
    """To whom an arriving case is offered."""

    RULE = "rule"
    """To whom `decide` names."""
    POOL = "pool"
    """To everybody on guard; whoever is free takes the oldest."""
    ALONE = "alone"
    """To the readers of the site's own society, and to nobody else."""
    OWN_FIRST = "own_first"
    """To its own society as long as one of it is on guard, however late it is."""
    ROUND_ROBIN = "round_robin"
    """To one after the other."""
    LEAST_LOADED = "least_loaded"
    """To who has the fewest cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A way of offering cases, and what readers and platform do besides."""

    name: str
    way: Way
    parameters: Parameters = DEFAULTS
    takes_steps: bool = False
    """Who does not answer, and what runs late, widens the circle."""
    fails_over: bool = False
    """Cases leave a centre that does not answer."""
    puts_aside: bool = False
    """Who is offered a P1 puts another case aside for it."""
    takes_over: bool = False
    """Who has ended a read, and is offered nothing, takes what is offered to others."""
    foresees: bool = False
    """Knows how long the reads under way will still last; nobody does, published models do."""


def _ours(name: str, *, takes_over: bool = True, parameters: Parameters = DEFAULTS) -> Policy:
    return Policy(
        name=name,
        way=Way.RULE,
        parameters=parameters,
        takes_steps=True,
        fails_over=True,
        puts_aside=True,
        takes_over=takes_over,
    )


def make_policies(parameters: Parameters = DEFAULTS) -> Mapping[str, Policy]:
    """Make the policies that can be compared, ours first, by name.

    Parameters
    ----------
    parameters
        Of ours.
    """
    found = (
        _ours("ours", parameters=parameters),
        Policy(name="pool", way=Way.POOL),
        Policy(name="alone", way=Way.ALONE),
        Policy(name="own-first", way=Way.OWN_FIRST),
        Policy(name="round-robin", way=Way.ROUND_ROBIN),
        Policy(name="least-loaded", way=Way.LEAST_LOADED),
        _ours("ours-push-only", takes_over=False, parameters=parameters),
        replace(_ours("ours-no-steps", parameters=parameters), takes_steps=False),
    )
    return MappingProxyType({each.name: each for each in found})


USUAL = ("ours", "pool", "alone", "own-first", "round-robin")
"""Compared when nobody says which."""
