"""Why these readers were asked: the decisions of dispatch in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.web.pages.decision_sentence import write_sentence
from app.web.pages.texts import Texts
from app.web.pages.words import translate_reason
from app.worklist.views.case import DecisionView


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedReader:
    """A reader in a decision."""

    name: str
    chosen: bool
    minutes: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionShown:
    """A decision in words."""

    at: datetime
    cause: str
    sentence: str
    """Whom it asked, and what spoke for them."""
    again_at: datetime | None
    """When the case is looked at again at the latest."""
    ranking: tuple[WeighedReader, ...]
    excluded: tuple[WeighedReader, ...]
    dropped: tuple[str, ...]


def write_decisions(
    decisions: Sequence[DecisionView], *, names: Mapping[int, str], texts: Texts
) -> tuple[DecisionShown, ...]:
    """Write decisions in words, the latest first."""

    def say(reasons: Sequence[str]) -> tuple[str, ...]:
        return tuple(translate_reason(reason, texts=texts) for reason in reasons)

    def weigh(reader: Mapping[str, Any], *, nominees: Sequence[int]) -> WeighedReader:
        radiologist_id = int(reader["radiologist_id"])
        return WeighedReader(
            name=names.get(radiologist_id, f"#{radiologist_id}"),
            chosen=radiologist_id in nominees,
            minutes=_write_minutes(reader),
            reasons=say(reader.get("reasons") or [reader.get("reason", "")]),
        )

    return tuple(
        DecisionShown(
            at=each.at,
            cause=translate_reason(each.cause, texts=texts),
            sentence=write_sentence(each, names=names, texts=texts),
            again_at=each.next_deadline,
            ranking=tuple(
                weigh(reader, nominees=each.ranking["nominees"])
                for reader in each.ranking["readers"]
            ),
            excluded=tuple(weigh(reader, nominees=()) for reader in each.exclusions["readers"]),
            dropped=say(each.exclusions["dropped_filters"]),
        )
        for each in sorted(decisions, key=lambda each: each.at, reverse=True)
    )


def _write_minutes(reader: Mapping[str, Any]) -> str:
    """Write until when a reader was expected to have read it; who was left out has no such time."""
    minutes = reader.get("completion_minutes", reader.get("score_minutes"))
    return "" if minutes is None else f"{minutes:.0f}"


def find_radiologist_ids(decisions: Sequence[DecisionView]) -> frozenset[int]:
    """Find everybody whom the decisions speak of."""
    return frozenset(
        int(reader["radiologist_id"])
        for each in decisions
        for reader in (*each.ranking["readers"], *each.exclusions["readers"])
    )
