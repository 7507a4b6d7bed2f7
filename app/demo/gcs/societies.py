"""Eleven societies whose volumes differ by a factor of thirty, as those of real groups do."""

from datetime import date
from typing import NamedTuple

from app.demo.gcs.numbers import make_landline
from app.demo.gcs.shapes import CentreData, SocietyData

_FIRST_LANDLINE = 100
_FOUNDED = date(2024, 1, 1)
_YOUNGEST = date(2026, 1, 1)


class _Row(NamedTuple):
    short_name: str
    name: str
    yearly_exams: int
    towns: tuple[str, ...]
    """Where its centres are; they are called so."""
    joined_on: date = _FOUNDED


_ROWS = (
    _Row("AMBRE", "Imagerie du Val d'Ambre", 14_830, ("Ambreville", "Port-d'Ambre")),
    _Row(
        "MOULINS",
        "Radiologie des Sept Moulins",
        11_240,
        ("Sept-Moulins", "Vallon-sur-Vienne"),
    ),
    _Row("CORMORAN", "Groupe Cormoran Imagerie", 8_610, ("La Roche-Cormoran", "Pointe-Saline")),
    _Row("DUNE", "Imagerie de la Dune Rousse", 6_470, ("Dune-Rousse",)),
    _Row("GAVE", "Radiologues du Gave Vert", 4_950, ("Gave-le-Vert",)),
    _Row("TOURBIERE", "Imagerie de la Tourbière", 3_720, ("Tourbeuil",)),
    _Row("PIERRE", "Radiologie de la Pierre Plate", 2_860, ("Pierreplate",)),
    _Row("HERONS", "Société radiologique des Hérons", 2_090, ("Marais-aux-Hérons",)),
    _Row("CAUSSE", "Imagerie du Causse Clair", 1_480, ("Clairecausse",)),
    _Row("BRUYERE", "Radiologues de la Bruyère Mauve", 930, ("Bruyères-le-Mauve",)),
    _Row("FOUGERE", "Cabinet de la Fougère Haute", 470, ("Fougèrehaute",), _YOUNGEST),
)


def _make_centres(row: _Row, *, first: int) -> tuple[CentreData, ...]:
    return tuple(
        CentreData(
            key=f"{row.short_name}_LECT{number}",
            name=town,
            telephone=make_landline(_FIRST_LANDLINE + first + number),
        )
        for number, town in enumerate(row.towns, start=1)
    )


SOCIETIES = tuple(
    SocietyData(
        short_name=row.short_name,
        name=row.name,
        joined_on=row.joined_on,
        yearly_exams=row.yearly_exams,
        centres=_make_centres(row, first=10 * position),
    )
    for position, row in enumerate(_ROWS)
)
"""Largest first."""
