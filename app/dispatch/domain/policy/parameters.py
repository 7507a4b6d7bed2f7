"""What the group may set of the policy: one versioned set, checked as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from app.dispatch.domain.policy.inputs import Ring
from app.kit.errors import Invalid

PRIORITIES = ("P1", "P2", "P3", "P4")
VITAL = "P1"
"""Where life is at stake nearness counts for nothing: it has no affinity to set."""

_FURTHEST = 240
_BONUS_MOST = 60
_AGEING_MOST = 60
_CAP_MOST = 60
_CLOSING_MOST = 60
_SPECIALTIES_MOST = 100
_TEXT_LONGEST = 64


class InvalidParameters(Invalid):
    """A set of parameters breaks a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialty:
    """Which sub-specialty exams of a modality and a region call for."""

    sub_specialty: str
    modality: str | None = None
    """Nothing: any."""
    region: str | None = None
    """Nothing: any."""
    is_required: bool = False
    """Asked for, else preferred: who has it is nearer by the bonus."""

    def concerns(self, *, modality: str, region: str) -> bool:
        """Tell whether it speaks of such an exam."""
        return self.modality in {None, modality} and self.region in {None, region}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A set of parameters; all times are in minutes.

    Raises
    ------
    InvalidParameters
        If a figure is out of its range, a priority or a ring has none, or somebody further off
        would be put before somebody nearer.
    """

    affinity: Mapping[str, Mapping[Ring, float]]
    """What nearness is worth, by priority (not P1) and ring; below 0: is asked later."""
    bonus: Mapping[str, float]
    """What a preferred sub-specialty is worth, by priority."""
    ageing: Mapping[str, float]
    """How much of both is lost with each minute that a case waits, by priority."""
    hourly_cap: int
    """Nobody is offered more cases once they took so many within an hour, whatever their own cap
    allows; P1 excepted."""
    closing_minutes: float
    """How long before the end of their guard nobody is offered a new case; P1 excepted."""
    specialties: tuple[Specialty, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a set that breaks a rule."""
        for priority in PRIORITIES[1:]:
            _check_affinity(priority, self.affinity.get(priority, {}))
        if set(self.affinity) != set(PRIORITIES[1:]):
            raise InvalidParameters("affinity: name P2, P3 and P4, and nothing else")
        _check_table("bonus", self.bonus, most=_BONUS_MOST)
        _check_table("ageing", self.ageing, most=_AGEING_MOST)
        _check_range("hourly_cap", self.hourly_cap, least=1, most=_CAP_MOST)
        _check_range("closing_minutes", self.closing_minutes, least=0, most=_CLOSING_MOST)
        _check_specialties(self.specialties)

    def to_json(self) -> dict[str, Any]:
        """Write what the table and the inputs of a decision keep."""
        return {
            "affinity": {
                priority: {ring.value: minutes for ring, minutes in rings.items()}
                for priority, rings in self.affinity.items()
            },
            "bonus": dict(self.bonus),
            "ageing": dict(self.ageing),
            "hourly_cap": self.hourly_cap,
            "closing_minutes": self.closing_minutes,
            "specialties": [
                {
                    "sub_specialty": each.sub_specialty,
                    "modality": each.modality,
                    "region": each.region,
                    "is_required": each.is_required,
                }
                for each in self.specialties
            ],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            affinity={
                priority: {Ring(ring): minutes for ring, minutes in rings.items()}
                for priority, rings in values["affinity"].items()
            },
            bonus=values["bonus"],
            ageing=values["ageing"],
            hourly_cap=values["hourly_cap"],
            closing_minutes=values["closing_minutes"],
            specialties=tuple(Specialty(**each) for each in values["specialties"]),
        )


def _check_affinity(priority: str, rings: Mapping[Ring, float]) -> None:
    if set(rings) != set(Ring):
        names = ", ".join(ring.value for ring in Ring)
        raise InvalidParameters(f"affinity of {priority}: name each ring once ({names})")
    for ring, minutes in rings.items():
        name = f"affinity of {priority}, {ring.value}"
        _check_range(name, minutes, least=-_FURTHEST, most=_FURTHEST)
    ordered = [rings[ring] for ring in Ring]
    if ordered != sorted(ordered, reverse=True):
        message = f"affinity of {priority}: who is further off may not count as nearer"
        raise InvalidParameters(message)


def _check_table(name: str, table: Mapping[str, float], *, most: float) -> None:
    if set(table) != set(PRIORITIES):
        raise InvalidParameters(f"{name}: name each priority once ({', '.join(PRIORITIES)})")
    for priority, minutes in table.items():
        _check_range(f"{name} of {priority}", minutes, least=0, most=most)


def _check_range(name: str, value: float, *, least: float, most: float) -> None:
    # What is no number compares with nothing, and is refused with what is out of range.
    if not least <= value <= most:
        raise InvalidParameters(f"{name}: a number from {least:g} to {most:g}")


def _check_specialties(specialties: tuple[Specialty, ...]) -> None:
    if len(specialties) > _SPECIALTIES_MOST:
        raise InvalidParameters(f"specialties: at most {_SPECIALTIES_MOST}")
    for each in specialties:
        if not 0 < len(each.sub_specialty.strip()) <= _TEXT_LONGEST:
            message = f"specialties: a sub-specialty has 1 to {_TEXT_LONGEST} characters"
            raise InvalidParameters(message)
        if each.modality is None and each.region is None:
            message = f"specialties: {each.sub_specialty} names neither a modality nor a region"
            raise InvalidParameters(message)


def _rings(referent: float, territory: float, outside: float) -> Mapping[Ring, float]:
    return MappingProxyType(
        {
            Ring.REFERENT: referent,
            Ring.TERRITORY: territory,
            Ring.GCS: 0,
            Ring.OUTSIDE: outside,
        }
    )


DEFAULTS = Parameters(
    # Ten minutes of nearness cost one or two points of the share read within 30 min and bring
    # twenty to thirty more of it to the site's own society: the group's own trade-off.
    affinity=MappingProxyType(
        {"P2": _rings(10, 5, -5), "P3": _rings(25, 12, -10), "P4": _rings(60, 30, -30)}
    ),
    bonus=MappingProxyType({"P1": 0, "P2": 5, "P3": 10, "P4": 30}),
    # P2 counts nearness in full at its first image and not at all after 30 min.
    ageing=MappingProxyType({"P1": 0, "P2": 0.5, "P3": 0.25, "P4": 0.1}),
    # At 13 an hour major discrepancies were seen: Hanna 2018, Radiology 287(1), 2.92 M exams.
    hourly_cap=13,
    closing_minutes=15,
    specialties=(
        Specialty(sub_specialty="neuro", region="head"),
        Specialty(sub_specialty="neuro", region="spine"),
        Specialty(sub_specialty="head_and_neck", region="neck"),
        Specialty(sub_specialty="thorax", region="chest"),
        Specialty(sub_specialty="abdomen", region="abdomen"),
        Specialty(sub_specialty="musculoskeletal", region="limb"),
    ),
)
"""In force until somebody sets others: proposals of the platform, no rule."""
