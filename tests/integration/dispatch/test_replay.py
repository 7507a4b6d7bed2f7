"""What is kept of a decision is enough to make it again, from the database too."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.dispatch import repository, service
from app.dispatch.domain.policy.parameters import DEFAULTS, Parameters
from app.dispatch.domain.policy.stored import replay, write_answer
from app.dispatch.models import Decision
from app.dispatch.service.parameters import set_parameters, try_parameters
from tests.factories.deciding import take_step
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage

MINUTE = timedelta(minutes=1)


def is_made_again(decision: Decision) -> bool:
    again = replay(decision.inputs, rule_version=decision.rule_version)
    return (
        write_answer(again) == (decision.ranking, decision.exclusions)
        and again.next_deadline == decision.next_deadline
    )


@pytest.mark.asyncio
async def test_every_decision_of_a_case_is_made_again_from_its_row(session: AsyncSession) -> None:
    stage = await set_stage(session)
    readers = [await add_radiologist(stage) for _ in range(12)]
    for reader, _ in readers:
        await put_on_guard(stage, reader)
    backup, _ = await add_radiologist(stage, may_read=False)
    await put_on_guard(stage, backup, line="backup")
    case_id = await open_case(stage, urgent=True)
    await service.nominate(session, case_id, cause="due", now=NIGHT)
    await take_step(session, case_id, now=NIGHT + MINUTE)
    await take_step(session, case_id, now=NIGHT + 3 * MINUTE)
    session.expire_all()

    decisions = await repository.list_decisions(session, case_id)

    assert len(decisions) >= 2
    assert [is_made_again(each) for each in decisions] == [True] * len(decisions)
    assert len(decisions[-1].ranking["readers"]) == 10
    assert decisions[0].inputs["parameters_version"] is None
    assert decisions[0].inputs["case"]["region"] == "head"


@pytest.mark.asyncio
async def test_a_decision_is_made_again_with_the_parameters_that_it_was_made_with(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    admin = await add_user(stage, role=Role.GCS_ADMIN)
    values = DEFAULTS.to_json() | {"hourly_cap": 7}

    before = await open_case(stage)
    await service.nominate(session, before, cause="due", now=NIGHT)
    tried = await try_parameters(Parameters.from_json(values), based_on=None)
    in_force = await set_parameters(session, tried, note="quality", actor=admin, now=NIGHT)
    after = await open_case(stage)
    await service.nominate(session, after, cause="due", now=NIGHT)

    (old,) = await repository.list_decisions(session, before)
    (new,) = await repository.list_decisions(session, after)
    assert old.inputs["parameters"]["hourly_cap"] == 13
    assert new.inputs["parameters"]["hourly_cap"] == 7
    assert new.inputs["parameters_version"] == in_force.version
    assert is_made_again(old)
    assert is_made_again(new)
