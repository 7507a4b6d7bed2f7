"""What kind of exam a case asks to be read: one modality and one region of the body."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType


class Region(StrEnum):
    """A region of the body; of two, the one further up takes longer to read."""

    WHOLE_BODY = "whole_body"
    ABDOMEN = "abdomen"
    HEAD = "head"
    CHEST = "chest"
    NECK = "neck"
    LIMB = "limb"
    SPINE = "spine"
    OTHER = "other"
    """None is named, or one that is none of these."""


@dataclass(frozen=True, slots=True)
class ExamKind:
    """Of what kind an exam is; an empty modality: none is known."""

    modality: str
    region: Region


_MODALITIES = ("CT", "MR", "PT", "NM", "XA", "US", "MG", "RF", "DX", "CR")
"""Of several, the first counts: images beside it are read with it."""

_MANY_REGIONS = 3
"""An exam of so many is one of the whole body."""

# BodyPartExamined, PS3.16 annex L.
_BODY_PARTS: Mapping[str, Region] = MappingProxyType(
    {
        code: region
        for region, codes in {
            Region.WHOLE_BODY: "WHOLEBODY",
            Region.ABDOMEN: (
                "ABDOMEN ABDOMENPELVIS PELVIS LIVER KIDNEY BLADDER PANCREAS SPLEEN UTERUS PROSTATE"
            ),
            Region.HEAD: "HEAD BRAIN SKULL FACE ORBIT SINUS JAW EAR EYE NOSE HEADNECK IAC SELLA",
            Region.CHEST: "CHEST THORAX LUNG HEART RIB STERNUM BREAST CORONARYARTERY",
            Region.NECK: "NECK CAROTID LARYNX THYROID",
            Region.LIMB: (
                "ANKLE ARM CALF CLAVICLE ELBOW EXTREMITY FINGER FOOT FOREARM HAND HIP HUMERUS KNEE"
                " LEG SCAPULA SHOULDER THIGH THUMB TOE WRIST FEMUR"
            ),
            Region.SPINE: "SPINE CSPINE TSPINE LSPINE SSPINE COCCYX SACRUM CTSPINE TLSPINE LSSPINE",
        }.items()
        for code in codes.split()
    }
)

# Beginnings of words as French and English descriptions have them, without accents.
_WORDS: Mapping[str, Region] = MappingProxyType(
    {
        stem: region
        for region, stems in {
            Region.WHOLE_BODY: "polytrauma bodyscan wholebody",
            Region.ABDOMEN: "abdom pelvi foie uroscan colo hepat renal",
            Region.HEAD: "crane cranio cereb encephal tete head brain sinus rocher orbit massif",
            Region.CHEST: "thora thorax pulmon poumon chest lung angiothorax coro",
            Region.NECK: "cou cervico tsa neck carotid",
            Region.LIMB: "membre genou epaule cheville poignet pied main hanche coude knee ankle",
            Region.SPINE: "rachis lombaire lombo spine dorsal vertebr",
        }.items()
        for stem in stems.split()
    }
)
_WHOLE_BODY = ("corps entier", "whole body", "body scan")
_KEPT = 4096
"""Descriptions whose regions are kept: a hospital has some hundreds, and every decision asks."""
_SHORT_STEM = 3
"""Stems so short are whole words: a neck (`cou`) is no colour."""


def find_kind(
    modalities: Iterable[str], *, body_parts: Iterable[str], description: str = ""
) -> ExamKind:
    """Say of what kind an exam is.

    Parameters
    ----------
    modalities
        As received, in any order.
    body_parts
        BodyPartExamined of its series, as received; when none of them is known, the words of the
        description count.
    description
        What was examined, as people wrote it.
    """
    parts = (part.upper().replace(" ", "").replace("_", "") for part in body_parts)
    regions = {_BODY_PARTS[part] for part in parts if part in _BODY_PARTS}
    return ExamKind(_choose_modality(modalities), _join(regions or _find_named(description)))


def _choose_modality(modalities: Iterable[str]) -> str:
    known = {each.strip().upper() for each in modalities} - {""}
    first = next((each for each in _MODALITIES if each in known), None)
    return first or min(known, default="")


@lru_cache(maxsize=_KEPT)
def _find_named(description: str) -> frozenset[Region]:
    decomposed = unicodedata.normalize("NFKD", description.casefold())
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    if any(words in plain for words in _WHOLE_BODY):
        return frozenset({Region.WHOLE_BODY})
    words = "".join(each if each.isalnum() else " " for each in plain).split()
    return frozenset(
        region
        for word in words
        for stem, region in _WORDS.items()
        if word == stem or (len(stem) > _SHORT_STEM and word.startswith(stem))
    )


def _join(regions: Collection[Region]) -> Region:
    if len(regions) >= _MANY_REGIONS:
        return Region.WHOLE_BODY
    return next((each for each in Region if each in regions), Region.OTHER)
