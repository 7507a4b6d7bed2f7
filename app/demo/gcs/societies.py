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
    of_towns: tuple[str, ...]
    """Where its centres are, with the preposition: `d'Ambreville`."""
    joined_on: date = _FOUNDED


_ROWS = (
    _Row("AMBRE", "Imagerie du Val d'Ambre", 14_830, ("d'Ambreville", "du Port-d'Ambre")),
    _Row(
        "MOULINS",
        "Radiologie des Sept Moulins",
        11_240,
        ("de Sept-Moulins", "de Vallon-sur-Vienne"),
    ),
    _Row(
        "CORMORAN", "Groupe Cormoran Imagerie", 8_610, ("de La Roche-Cormoran", "de Pointe-Saline")
    ),
    _Row("DUNE", "Imagerie de la Dune Rousse", 6_470, ("de Dune-Rousse",)),
    _Row("GAVE", "Radiologues du Gave Vert", 4_950, ("de Gave-le-Vert",)),
    _Row("TOURBIERE", "Imagerie de la Tourbière", 3_720, ("de Tourbeuil",)),
    _Row("PIERRE", "Radiologie de la Pierre Plate", 2_860, ("de Pierreplate",)),
    _Row("HERONS", "Société radiologique des Hérons", 2_090, ("de Marais-aux-Hérons",)),
    _Row("CAUSSE", "Imagerie du Causse Clair", 1_480, ("de Clairecausse",)),
    _Row("BRUYERE", "Radiologues de la Bruyère Mauve", 930, ("de Bruyères-le-Mauve",)),
    _Row("FOUGERE", "Cabinet de la Fougère Haute", 470, ("de Fougèrehaute",), _YOUNGEST),
)


def _make_centres(row: _Row, *, first: int) -> tuple[CentreData, ...]:
    return tuple(
        CentreData(
            key=f"{row.short_name}_LECT{number}",
            name=f"Centre de lecture {of_town}",
            telephone=make_landline(_FIRST_LANDLINE + first + number),
        )
        for number, of_town in enumerate(row.of_towns, start=1)
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
