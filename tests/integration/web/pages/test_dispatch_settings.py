"""The page of the parameters of dispatch: what is in force, who may change it, what is refused."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from app.dispatch.domain.policy import DEFAULTS, Ring
from app.dispatch.domain.policy.parameters import PRIORITIES
from app.dispatch.service.parameters import (
    ParametersChanged,
    Tried,
    read_parameters,
    set_parameters,
)
from tests.factories.stage import NIGHT, Stage, add_user
from tests.integration.web.pages.conftest import Browse

PATH = "/settings/dispatch"


def make_form(changed: dict[str, str | int]) -> dict[str, str | int]:
    form: dict[str, str | int] = {
        f"{priority}-{ring.value}": f"{minutes:g}"
        for priority, rings in DEFAULTS.affinity.items()
        for ring, minutes in rings.items()
    }
    for priority in PRIORITIES:
        form |= {
            f"{priority}-bonus": f"{DEFAULTS.bonus[priority]:g}",
            f"{priority}-ageing": f"{DEFAULTS.ageing[priority]:g}",
        }
    return form | {"hourly_cap": 13, "closing_minutes": 15, "note": ""} | changed


@pytest.mark.asyncio
async def test_an_administrator_sets_the_parameters_and_the_page_says_who_did(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))
    assert "as it was delivered" in (await browser.get(PATH)).text

    form = make_form({"P2-referent": "7,5", "hourly_cap": 11, "note": "after the evaluation"})
    answer = await browser.send(PATH, form)

    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)
    in_force = (await read_parameters(session)).parameters
    assert in_force.affinity["P2"][Ring.REFERENT] == 7.5
    assert (in_force.hourly_cap, in_force.specialties) == (11, DEFAULTS.specialties)
    page = (await browser.get(PATH)).text
    assert 'value="7.5"' in page
    assert "after the evaluation" in page.partition('id="past-title"')[2]


@pytest.mark.asyncio
async def test_a_set_made_before_another_was_set_does_not_undo_it(
    stage: Stage, session: AsyncSession
) -> None:
    admin = await add_user(stage, role=Role.GCS_ADMIN)
    tried = Tried(DEFAULTS, (), based_on=None)
    other = Tried(replace(DEFAULTS, specialties=()), (), based_on=None)
    await set_parameters(session, other, note="", actor=admin, now=NIGHT)

    with pytest.raises(ParametersChanged):
        await set_parameters(session, tried, note="", actor=admin, now=NIGHT)

    assert (await read_parameters(session)).parameters.specialties == ()


@pytest.mark.parametrize(
    "wrong",
    [{"P2-referent": "nan"}, {"P3-gcs": ""}, {"P2-referent": "-9"}, {"hourly_cap": "1e999"}],
)
@pytest.mark.asyncio
async def test_what_is_no_set_is_refused_and_nothing_changes(
    stage: Stage, browse: Browse, session: AsyncSession, wrong: dict[str, str | int]
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.send(PATH, make_form(wrong))

    assert answer.status_code == 422
    assert (await read_parameters(session)).version is None


@pytest.mark.asyncio
async def test_a_coordinator_sees_them_and_cannot_change_them(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = await browser.get(PATH)

    assert page.status_code == 200
    assert '<button type="submit">' not in page.text.partition("<main")[2].partition("</main>")[0]
    assert (await browser.send(PATH, make_form({}))).status_code == 403
