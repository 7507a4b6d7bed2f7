"""Studies, intake rules and settings over the API."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Grant, Role
from app.intake.models import Study
from tests.factories.dicom import Patient, make_ct_slice, make_ct_study
from tests.factories.directory import add_user
from tests.factories.flow import class_studies
from tests.integration.intake.hospital import Hospital, open_hospital
from tests.integration.web.conftest import SignIn

pytestmark = pytest.mark.asyncio
STUDIES, SETTINGS = "/api/v1/studies", "/api/v1/settings"
PHANTOM = Patient(name="FANTOME^EAU", patient_id="QC-1")
ALL_TEST = {"rules": [{"intake_class": "test", "modality": "CT"}]}


async def lay_night(session: AsyncSession, clock: SetClock) -> Hospital:
    """Record a scanner and a phantom, classed."""
    hospital = await open_hospital(session)
    for patient in (Patient(), PHANTOM):
        await hospital.send(make_ct_slice(make_ct_study(patient=patient)), at=clock.instant)
    await class_studies(session, await hospital.studies())
    return hospital


def fields(answer: httpx.Response) -> list[str]:
    return [each["field"] for each in answer.json()["errors"]]


async def list_ids(client: httpx.AsyncClient, **wanted: Any) -> list[int]:
    answer = await client.get(STUDIES, params=wanted)
    return [each["id"] for each in answer.json()["items"]]


async def test_what_is_no_case_is_listed_with_its_reason(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    hospital = await lay_night(session, clock)
    case, phantom = await hospital.studies()
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    listed = (await client.get(STUDIES, params={"no_case": True})).json()["items"]

    assert [(each["id"], each["intake_class"]) for each in listed] == [(phantom.id, "test")]
    assert listed[0]["intake_reason"]
    assert await list_ids(client, intake_class="case") == [case.id]
    assert await list_ids(client) == [phantom.id, case.id]


async def test_it_becomes_a_case_by_a_click_once(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    hospital = await lay_night(session, clock)
    _, phantom = await hospital.studies()
    client = await sign_in(await add_user(session, Role.COORDINATOR))
    path = f"{STUDIES}/{phantom.id}/intake-class"
    body = {"intake_class": "case", "reason": "a person, not a phantom"}

    first, second = await client.post(path, json=body), await client.post(path, json=body)
    without = await client.post(path, json={"intake_class": "test", "reason": " "})
    unknown = await client.post(f"{STUDIES}/999999/intake-class", json=body)

    assert [each.status_code for each in (first, second, without, unknown)] == [204, 409, 422, 404]
    assert (await hospital.studies())[1].intake_class == "case"


async def test_who_may_only_look_changes_nothing(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    hospital = await lay_night(session, clock)
    study, _ = await hospital.studies()
    auditor = await sign_in(await add_user(session, Role.AUDITOR))
    elsewhere = await open_hospital(session)
    guest = await sign_in(await add_user(session, Grant(Role.SITE, site_id=elsewhere.site.id)))
    body = {"intake_class": "test", "reason": "why"}
    identity = {"identity_id": study.patient_id, "reason": "why"}

    answers = [
        await auditor.post(f"{STUDIES}/{study.id}/intake-class", json=body),
        await auditor.post(f"{STUDIES}/{study.id}/site", json={"site_id": 1}),
        await auditor.put(f"{SETTINGS}/retention_days", json={"value": 20}),
        await guest.post(f"{STUDIES}/{study.id}/identity", json=identity),
        await guest.get(f"{STUDIES}/{study.id}/identities"),
    ]

    # Of another site the hospital does not even learn that there is such a study.
    assert [each.status_code for each in answers] == [403, 403, 403, 404, 404]


async def test_two_identities_are_shown_side_by_side_and_one_is_chosen(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    hospital = await open_hospital(session)
    shared = make_ct_study()
    other = Patient(name="AUTRE^NOM", patient_id="P-2")
    await hospital.send(
        make_ct_slice(shared),
        make_ct_slice(make_ct_study(study_instance_uid=shared.study_instance_uid, patient=other)),
    )
    study = await hospital.study()
    user = await add_user(session, Grant(Role.SITE, site_id=hospital.site.id))
    client = await sign_in(user)
    path = f"{STUDIES}/{study.id}"

    shown = (await client.get(f"{path}/identities")).json()
    wanted = next(each for each in shown["items"] if each["patient_id"] == "P-2")
    body = {"identity_id": wanted["id"], "reason": "corrected by us"}
    shown_less = await client.post(f"{path}/identity", json={**body, "seen_count": 1})
    assert shown_less.status_code == 409
    body["seen_count"] = len(shown["items"])
    chosen = await client.post(f"{path}/identity", json=body)
    after = (await client.get(f"{path}/identities")).json()

    assert shown["identity_open"]
    assert [each["in_force"] for each in shown["items"]] == [True, False]
    assert chosen.status_code == 204
    assert not after["identity_open"]
    assert [each["in_force"] for each in after["items"]] == [False, True]
    assert after["last_choice_id"] is not None


async def test_a_site_to_confirm_is_named_by_a_click(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    hospital = await lay_night(session, clock)
    await session.execute(update(Study).values(site_to_confirm=True))
    study, _ = await hospital.studies()
    client = await sign_in(await add_user(session, Role.COORDINATOR))
    path = f"{STUDIES}/{study.id}/site"

    answer = await client.post(path, json={"site_id": hospital.site.id})
    again = await client.post(path, json={"site_id": hospital.site.id})

    assert (answer.status_code, again.status_code) == (204, 409)


async def test_a_set_that_makes_all_no_case_says_so_before_it_is_saved(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    hospital = await lay_night(session, clock)
    clock.advance(timedelta(days=1))
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    path = f"/api/v1/sites/{hospital.site.id}/intake-rules"

    preview = await client.post(f"{path}/preview", json=ALL_TEST)
    refused = await client.post(path, json=ALL_TEST)
    saved = await client.post(path, json={**ALL_TEST, "confirmed": True, "note": "for a day"})
    listed = (await client.get(path)).json()["items"]

    assert preview.json()["is_suspicious"]
    assert (preview.json()["before"]["case"], preview.json()["after"]["test"]) == (1, 2)
    assert refused.status_code == 409
    assert "2 of the 2 studies" in refused.json()["detail"]
    assert saved.status_code == 201
    assert [each["note"] for each in listed] == ["for a day"]
    assert listed[0]["rules"][0]["modality"] == "CT"


@pytest.mark.parametrize(
    "rule",
    [
        {"intake_class": "test"},
        {"intake_class": "test", "modality": "ct"},
        {"intake_class": "test", "colour": "red"},
        {"intake_class": "test", "patient_id": "*"},
        {"intake_class": "phantom", "modality": "CT"},
    ],
)
async def test_a_rule_that_is_none_is_refused(
    session: AsyncSession, sign_in: SignIn, clock: SetClock, rule: dict[str, Any]
) -> None:
    hospital = await lay_night(session, clock)
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    path = f"/api/v1/sites/{hospital.site.id}/intake-rules"

    answer = await client.post(path, json={"rules": [rule]})

    assert answer.status_code == 422
    assert any("rules" in each for each in fields(answer))
    assert (await client.get(path)).json()["items"] == []


async def test_a_setting_keeps_its_history(session: AsyncSession, sign_in: SignIn) -> None:
    user = await add_user(session, Role.GCS_ADMIN)
    client = await sign_in(user)
    path = f"{SETTINGS}/dummy_patient_ids"

    before = (await client.get(path)).json()
    answer = await client.put(path, json={"value": ["INCONNU", " X "]})
    after = (await client.get(path)).json()

    assert before["value"] == before["default"]
    assert before["history"]["items"] == []
    assert answer.json()["value"] == after["value"] == ["INCONNU", "X"]
    assert [each["set_by"] for each in after["history"]["items"]] == [user.id]


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("retention_days", {"value": 0}, 422),
        ("retention_days", {"value": "20"}, 422),
        ("retention_days", {"value": 20, "site_id": 1}, 422),
        ("grouping_minutes", {"value": 30, "site_id": 999_999}, 422),
        ("dummy_patient_ids", {"value": 5}, 422),
        ("colour", {"value": 5}, 404),
    ],
)
async def test_a_value_that_a_setting_cannot_have_is_refused(
    session: AsyncSession, sign_in: SignIn, key: str, body: dict[str, Any], status: int
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))

    answer = await client.put(f"{SETTINGS}/{key}", json=body)

    assert answer.status_code == status


async def test_all_settings_are_listed(session: AsyncSession, sign_in: SignIn) -> None:
    client = await sign_in(await add_user(session, Role.AUDITOR))

    listed = (await client.get(SETTINGS)).json()

    assert {"retention_days", "prior_hours"} <= {each["key"] for each in listed}
