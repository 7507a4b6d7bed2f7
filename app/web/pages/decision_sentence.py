"""A decision of dispatch in one sentence that a radiologist understands."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.web.pages.texts import N_, Texts
from app.worklist.views.case import DecisionView

_VITAL = "P1"
_MOST_NAMES = 3
_TIED = "as soon as others"

_NOBODY = N_("Nobody was on guard: whom to ask is decided anew every few seconds.")
_BY_HAND = N_("The coordinator named the reader; by the rules it would have been %(names)s.")
_ALL = N_("Offered to the whole first line (%(count)s): nobody had taken it in time.")
_WIDER = N_(
    "Offered to the backup line and the coordinator too (%(count)s in all): nobody had taken it in "
    "time."
)
_BACKUP = N_("Offered to %(names)s: nobody of the first line is at hand.")
_OWNER = N_("Offered to %(names)s first, who validated the request and is on guard.")
_VITAL_SOONEST = N_(
    "Life is at stake: offered to %(names)s at once, who can have read it soonest, in about "
    "%(minutes)s min."
)
_TIE = N_(
    "Offered to %(names)s: others could have read it as soon, in about %(minutes)s min, but this "
    "society is shorter of its share of this guard, or this reader has fewer points."
)
_SOONEST = N_("Offered to %(names)s, who can have read it soonest: in about %(minutes)s min.")
_FAVOURED = N_(
    "Offered to %(names)s, nearer to the hospital or more at home with such an exam: read in about "
    "%(minutes)s min, where %(other)s would have needed about %(other_minutes)s min."
)


def write_sentence(decision: DecisionView, *, names: Mapping[int, str], texts: Texts) -> str:
    """Say whom a decision asked, and what spoke for them."""
    nominees: Sequence[int] = decision.ranking["nominees"]
    if not nominees:
        return texts.gettext(_NOBODY)
    message = _find_message(decision)
    ranking: Sequence[Mapping[str, Any]] = decision.ranking["readers"]
    soonest = min(ranking, key=_find_minutes)
    return texts.gettext(
        message,
        names=_name(nominees, names),
        count=len(nominees),
        minutes=f"{_find_minutes(ranking[0]):.0f}",
        other=_name([int(soonest["radiologist_id"])], names),
        other_minutes=f"{_find_minutes(soonest):.0f}",
    )


def _find_message(decision: DecisionView) -> str:
    if decision.cause == "reassigned by hand":
        return _BY_HAND
    circle, is_step = decision.inputs["circle"], decision.cause.startswith("step ")
    if is_step and circle == "on_guard":
        return _ALL
    if is_step and circle == "backup":
        return _WIDER
    if decision.ranking.get("circle", circle) == "backup":
        return _BACKUP
    return _find_reason(decision)


def _find_reason(decision: DecisionView) -> str:
    """Say what spoke for the first of the best placed."""
    first, *others = decision.ranking["readers"]
    case = decision.inputs["case"]
    if first["radiologist_id"] == case["owner_id"]:
        return _OWNER
    if case["priority"] == _VITAL:
        return _VITAL_SOONEST
    if any(round(_find_minutes(each)) < round(_find_minutes(first)) for each in others):
        return _FAVOURED
    is_tied = any(reason.startswith(_TIED) for reason in first["reasons"])
    return _TIE if is_tied else _SOONEST


def _find_minutes(reader: Mapping[str, Any]) -> float:
    """Find when a reader was expected to have read it; older rows keep the score alone."""
    minutes: float = reader.get("completion_minutes", reader["score_minutes"])
    return minutes


def _name(radiologist_ids: Sequence[int], names: Mapping[int, str]) -> str:
    shown = [names.get(each, f"#{each}") for each in radiologist_ids[:_MOST_NAMES]]
    more = len(radiologist_ids) - len(shown)
    return ", ".join(shown) + (f" +{more}" if more > 0 else "")
