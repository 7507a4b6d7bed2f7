"""From what a planner types to one radiologist: an RPPS number, or a name."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_TITLES = frozenset({"dr", "docteur", "pr", "professeur"})


@dataclass(frozen=True, slots=True)
class Named:
    """A radiologist as they can be typed."""

    id: int
    rpps: str
    family_name: str
    given_name: str


def find_typed(text: str, people: Iterable[Named]) -> list[Named]:
    """Find whom somebody means by what they typed.

    Letters count without case and accents, hyphens and apostrophes as spaces. Whoever has all of
    the family name typed comes before those of whom a beginning was typed; words behind or before
    the family name must begin given names.

    Parameters
    ----------
    text
        An RPPS number (spaces do not count), or a family name, with or without given name and
        title.
    people
        Those who could be meant.

    Returns
    -------
    list
        By name, then id: one when it is clear, several when it is not, none when nobody fits.
    """
    digits = text.replace(" ", "")
    if digits.isdigit():
        return [each for each in people if each.rpps == digits]
    words = [word for word in _fold(text) if word not in _TITLES]
    if not words:
        return []
    in_order = sorted(
        people, key=lambda each: (_fold(each.family_name), _fold(each.given_name), each.id)
    )
    exact = [each for each in in_order if _fits(words, each, whole=True)]
    return exact or [each for each in in_order if _fits(words, each, whole=False)]


def _fits(words: list[str], person: Named, *, whole: bool) -> bool:
    family, given = _fold(person.family_name), _fold(person.given_name)
    cuts = [(words[:cut], words[cut:]) for cut in range(len(words) + 1)]
    either_way = [*cuts, *((rest, part) for part, rest in cuts)]
    return any(
        _begins(part, family, whole=whole) and _begins(rest, given, whole=False)
        for part, rest in either_way
        if part
    )


def _begins(typed: list[str], name: list[str], *, whole: bool) -> bool:
    """Is the name typed, all of it or word by word from its beginning?"""
    if whole:
        return typed == name
    return len(typed) <= len(name) and all(
        word.startswith(part) for part, word in zip(typed, name, strict=False)
    )


def _fold(text: str) -> list[str]:
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in letters if not unicodedata.combining(each))
    return "".join(each if each.isalnum() else " " for each in plain).split()
