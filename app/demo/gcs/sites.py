"""Fifteen hospitals of Nouvelle-Aquitaine that no map knows; a few send most of the flow."""

from typing import NamedTuple

from app.demo.gcs.numbers import make_finess, make_landline
from app.demo.gcs.shapes import SiteData

_FIRST_LANDLINE = 1000


class _Row(NamedTuple):
    key: str
    name: str
    department: str
    territory: str
    society: str
    modalities: tuple[str, ...]


_LARGE = ("CT1", "CT2", "MR1", "US1", "CR1", "NM1")
_MIDDLE = ("CT1", "MR1", "US1", "CR1")
_SMALL = ("CT1", "CR1")

_WORKSTATION = "AW1"
"""Sends maps that it has computed, not what a scanner has seen."""

_ROWS = (
    _Row(
        "VALLON",
        "CH de Vallon-sur-Vienne",
        "87",
        "Haute-Vienne",
        "MOULINS",
        (*_LARGE, _WORKSTATION),
    ),
    _Row("AMBRE", "CH d'Ambreville", "33", "Gironde", "AMBRE", _LARGE),
    _Row("PORTAMBRE", "CH du Port-d'Ambre", "33", "Gironde", "AMBRE", _MIDDLE),
    _Row("SALINE", "CH de Pointe-Saline", "17", "Charente-Maritime", "CORMORAN", _LARGE),
    _Row("CORMORAN", "CH de La Roche-Cormoran", "17", "Charente-Maritime", "CORMORAN", _MIDDLE),
    _Row("DUNE", "CH de Dune-Rousse", "40", "Landes", "DUNE", _MIDDLE),
    _Row("GAVE", "CH de Gave-le-Vert", "64", "Pyrénées-Atlantiques", "GAVE", _LARGE),
    _Row("TOURBEUIL", "CH de Tourbeuil", "23", "Creuse", "TOURBIERE", _MIDDLE),
    _Row("PIERRE", "CH de Pierreplate", "86", "Vienne", "PIERRE", _MIDDLE),
    _Row("HERONS", "CH de Marais-aux-Hérons", "79", "Deux-Sèvres", "HERONS", _MIDDLE),
    _Row("CAUSSE", "CH de Clairecausse", "24", "Dordogne", "CAUSSE", _SMALL),
    _Row("CORREZE", "CH de Sept-Moulins", "19", "Corrèze", "MOULINS", _SMALL),
    _Row("BRUYERE", "CH de Bruyères-le-Mauve", "24", "Dordogne", "BRUYERE", _SMALL),
    _Row("FOUGERE", "Hôpital local de Fougèrehaute", "47", "Lot-et-Garonne", "FOUGERE", _SMALL),
    _Row("CHARENTE", "Clinique des Trois-Cygnes", "16", "Charente", "PIERRE", _SMALL),
)

SITES = tuple(
    SiteData(
        key=row.key,
        name=row.name,
        finess=make_finess(row.department, ordinal=position),
        society=row.society,
        territory=row.territory,
        telephone_emergency=make_landline(_FIRST_LANDLINE + 10 * position),
        telephone_ct=make_landline(_FIRST_LANDLINE + 10 * position + 1),
        modalities=row.modalities,
    )
    for position, row in enumerate(_ROWS, start=1)
)
