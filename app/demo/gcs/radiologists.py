"""Sixty radiologists with invented names, spread over the societies by size."""

import unicodedata
from collections.abc import Iterator

from app.demo.gcs.numbers import make_mobile, make_rpps
from app.demo.gcs.shapes import RadiologistData, SocietyData
from app.demo.gcs.societies import SOCIETIES

_NAMES: dict[str, str] = {
    "AMBRE": """Solène Abadiolle, Tristan Bergevolle, Maëlys Cantegriou, Hadrien Dorlanges,
        Ysaline Estournel, Gaspard Ferragude, Noémie Garrilhac, Bastien Haultpré,
        Clélia Jaubertin, Octave Lamirande, Inès Mauvezac""",
    "MOULINS": """Roland Nadaillon, Perrine Orgibert, Lucien Pradessus, Apolline Quercyolle,
        Mathis Roquebrel, Salomé Sarrazolle, Timothée Talavère, Judith Uzercheix,
        Victor Vergnolet""",
    "CORMORAN": """Adèle Ardilouse, Benoît Brézolles, Capucine Chastagnac, Denis Dussolier,
        Emma Escourbiac, Florian Fontanière, Garance Gourmeval, Henri Hélianthe""",
    "DUNE": """Iris Izaribarne, Jules Lescarrade, Katell Mimizange, Loïc Navarrosse,
        Manon Ondreval, Nathan Pontenxac, Ophélie Sabresac""",
    "GAVE": """Pascal Arrémoulit, Quitterie Bielharde, Rémi Cauteron, Sabine Gavarnac,
        Théo Lescunhe, Ulysse Ossalois""",
    "TOURBIERE": """Valentine Aubussac, Wandrille Bénévard, Xavier Crozanne, Yasmine Felletour,
        Zélie Guérétoux""",
    "PIERRE": "Armand Chauvignac, Blanche Ligugeon, Corentin Mirebalais, Diane Nouaillol",
    "HERONS": "Élise Bressuirol, Fabrice Coulongère, Gwenaël Niortal",
    "CAUSSE": "Héloïse Rocamadier, Ismaël Souillagnac, Jeanne Gramatelle",
    "BRUYERE": "Karim Périgourd, Louison Sarladène",
    "FOUGERE": "Marceau Fumelard, Nora Villeneuval",
}

_SUB_SPECIALTIES = (
    ("neuro",),
    ("abdomen",),
    ("thorax",),
    ("neuro", "head_and_neck"),
    ("musculoskeletal",),
    ("abdomen", "vascular"),
    ("paediatrics",),
)


def _make_login(given_name: str, *, family_name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", f"{given_name[0]}.{family_name}".lower())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _iterate_names() -> Iterator[tuple[SocietyData, int, str, str]]:
    for society in SOCIETIES:
        for position, name in enumerate(_NAMES[society.short_name].split(",")):
            given_name, family_name = name.split()
            yield society, position, given_name, family_name


RADIOLOGISTS = tuple(
    RadiologistData(
        rpps=make_rpps(ordinal),
        family_name=family_name,
        given_name=given_name,
        telephone=make_mobile(ordinal),
        society=society.short_name,
        centre=society.centres[position % len(society.centres)].key,
        sub_specialties=_SUB_SPECIALTIES[ordinal % len(_SUB_SPECIALTIES)],
        login=_make_login(given_name, family_name=family_name),
    )
    for ordinal, (society, position, given_name, family_name) in enumerate(
        _iterate_names(), start=1
    )
)
