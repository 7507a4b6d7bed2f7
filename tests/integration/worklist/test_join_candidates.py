"""Which cases the page offers to join: the same patient first, and two unknown ones never so."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import CaseState
from app.worklist.queries.case_facts import list_join_candidates
from tests.factories.kept import add_case
from tests.factories.stage import NIGHT, add_patient, add_study, set_stage


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("patient_id", "name", "birth_date", "expected"),
    [
        ("P-1", "DUPONT^JEANNE", "19500101", True),
        ("INCONNU", "INCONNU^X", "19000101", False),
        ("", "INCONNU^X", "", False),
    ],
)
async def test_two_unknown_patients_are_not_called_the_same(
    session: AsyncSession,
    patient_id: str,
    name: str,
    birth_date: str,
    expected: bool,  # noqa: FBT001
) -> None:
    stage = await set_stage(session)
    patient = await add_patient(stage, patient_id=patient_id, name=name, birth_date=birth_date)
    own, other = [
        await add_case(
            stage, await add_study(stage, patient=patient), state=CaseState.OPEN, at=NIGHT
        )
        for _ in range(2)
    ]

    (candidate,) = await list_join_candidates(session, case_id=own)

    assert candidate.case_id == other
    assert candidate.same_patient is expected
