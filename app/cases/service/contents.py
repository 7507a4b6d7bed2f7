"""What a case says of its studies, brought up to date whenever they change."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository
from app.cases.domain.sla import find_signed_due
from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.intake.models import Study


def describe(studies: Sequence[Study]) -> str:
    """Say in one line what was examined: modalities and descriptions, each once."""
    parts: list[str] = []
    for study in studies:
        text = " ".join([*study.modalities, study.study_description]).strip()
        if text and text not in parts:
            parts.append(text)
    return " + ".join(parts)


def count_images(study: Study) -> int:
    """Count what is to be looked at: paper opens, re-opens and announces nothing."""
    return study.instance_count - study.paper_count


def combine_reasons(reasons: Iterable[str | None]) -> str:
    """Say why the studies of a case are complete, each reason once."""
    return "; ".join(dict.fromkeys(each or "" for each in reasons))


async def take_stock(session: AsyncSession, case_id: int, **columns: object) -> Case:
    """Let a locked case say of its studies what is so now; give it as it is then.

    Images that were seen stay seen; the label of completeness stands while every study has it.

    Parameters
    ----------
    columns
        Other columns of the case that change with it.
    """
    case = await repository.get_case(session, case_id)
    studies = await repository.list_studies(session, case_id)
    sla = await repository.get_sla(session, case_id)
    first_image_at = studies[0].first_image_at if studies else None
    complete_at = _find_complete(studies)
    reason = combine_reasons(each.complete_reason for each in studies)
    signed_due_at = find_signed_due(sla, first_image_at=first_image_at)
    is_offered = case.state == CaseState.NOMINATED and signed_due_at != case.signed_due_at
    values: dict[str, object] = {
        "instance_count": sum(count_images(study) for study in studies),
        "description": describe(studies) or case.description,
        "patient_id": studies[0].patient_id if studies else case.patient_id,
        "first_image_at": first_image_at,
        "signed_due_at": signed_due_at,
        # Its clock of slack has moved: who decides looks at it at once.
        "step_due_at": first_image_at if is_offered and sla.steps else case.step_due_at,
        "complete_at": complete_at,
        "complete_reason": reason if complete_at else None,
    }
    await repository.change(session, case_id, **{**values, **columns})
    return await repository.get_case(session, case_id)


def _find_complete(studies: Sequence[Study]) -> datetime | None:
    instants = [study.complete_at for study in studies if study.complete_at is not None]
    return max(instants) if instants and len(instants) == len(studies) else None
