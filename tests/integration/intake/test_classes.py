"""What a study is for us: by the rules of its site, each study by one version; or by a click."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Grant, InvalidField, PermissionDenied, Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.service import settings_history
from app.intake import service
from app.intake.domain.classes import IntakeClass
from app.intake.models import IntakeRuleSet, Study
from app.intake.service import rule_sets
from app.kit.errors import Conflict, Invalid
from app.settings import Settings
from tests.factories.dicom import ACQUIRED_AT as NOW
from tests.factories.dicom import Patient, make_ct_slice, make_ct_study
from tests.factories.directory import add_sender
from tests.factories.flow import class_studies
from tests.integration.intake.hospital import Hospital, open_hospital

pytestmark = pytest.mark.asyncio
SETTINGS = Settings()
OLD = {"StudyDate": "20230501"}
PHANTOM = Patient(name="FANTOME^EAU", patient_id="QC-SCANNER")


async def classify(hospital: Hospital) -> list[str | None]:
    """Class all studies as the pipeline does, and list their classes."""
    await class_studies(hospital.session, await hospital.studies())
    return [each.intake_class for each in await hospital.studies()]


async def save(
    hospital: Hospital,
    *rules: dict[str, object],
    confirmed: bool = False,
    actor: Actor | None = None,
) -> IntakeRuleSet:
    return await rule_sets.save_rules(
        hospital.session,
        hospital.site.id,
        rules=rules,
        note="",
        confirmed=confirmed,
        actor=actor or hospital.coordinator,
        settings=SETTINGS,
        now=NOW,
    )


async def test_tonight_s_scanner_is_a_case_and_a_phantom_a_test(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await hospital.send(make_ct_slice(make_ct_study()))
    await hospital.send(make_ct_slice(make_ct_study(patient=PHANTOM)))

    assert await classify(hospital) == ["case", "test"]

    case, phantom = await hospital.studies()
    assert case.announced_count == 0, "the case is yet to be told"
    assert phantom.announced_count == phantom.instance_count, "nobody is told of it"
    assert phantom.intake_reason


@pytest.mark.parametrize(
    ("is_archive", "called", "expected"),
    [
        (True, "ASTREINTE", "prior"),
        (False, "ASTREINTE", "case"),
        (False, "ASTREINTE_ANT", "prior"),
    ],
)
async def test_an_old_study_is_a_prior_from_an_archive_or_by_the_priors_title(
    session: AsyncSession,
    is_archive: bool,  # noqa: FBT001
    called: str,
    expected: str,
) -> None:
    hospital = await open_hospital(session)
    if is_archive:
        hospital.sender.name = "PACS of the hospital"
        await session.flush()

    await hospital.send(make_ct_slice(make_ct_study(), **OLD), called=called)  # type: ignore[arg-type]

    assert await classify(hospital) == [expected]


async def test_a_prior_beside_tonight_s_scanner_is_told_from_a_clock_that_is_wrong(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    await hospital.send(make_ct_slice(make_ct_study()))
    await hospital.send(make_ct_slice(make_ct_study(), **OLD))  # type: ignore[arg-type]
    unknown = Patient(name="INCONNU^X", patient_id="INCONNU")
    await hospital.send(make_ct_slice(make_ct_study(patient=unknown)))
    await hospital.send(make_ct_slice(make_ct_study(patient=unknown), **OLD))  # type: ignore[arg-type]

    assert await classify(hospital) == ["case", "prior", "case", "case"]


async def test_tonight_s_exam_of_a_scanner_with_a_dead_clock_is_a_case_beside_a_radiograph(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    radiography = await add_sender(session, site_id=hospital.site.id)
    await hospital.send(make_ct_slice(make_ct_study()), by=radiography)
    await hospital.send(make_ct_slice(make_ct_study(), StationName="CT OLD", **OLD))  # type: ignore[arg-type]
    await hospital.send(make_ct_slice(make_ct_study(), **OLD))  # type: ignore[arg-type]

    assert await classify(hospital) == ["case", "case", "case"]


async def test_what_may_be_of_another_site_is_out_of_no_contract(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await save(hospital, {"intake_class": "out_of_contract", "modality": "CT"}, confirmed=True)
    await hospital.send(make_ct_slice(make_ct_study()))
    await hospital.send(make_ct_slice(make_ct_study()))
    (await hospital.studies())[1].site_to_confirm = True
    await session.flush()

    assert await classify(hospital) == ["out_of_contract", "case"]


async def test_how_old_a_prior_is_is_a_setting_of_the_site(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    hospital.sender.name = "PACS"
    await settings_history.set_value(
        session,
        SettingKey.PRIOR_HOURS,
        value=8760,
        actor=hospital.coordinator,
        now=NOW,
        site_id=hospital.site.id,
    )
    yesterday = (NOW - timedelta(days=3)).strftime("%Y%m%d")

    await hospital.send(make_ct_slice(make_ct_study(), StudyDate=yesterday))

    assert await classify(hospital) == ["case"]


async def test_paper_alone_has_no_class_until_an_image_comes(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    study = make_ct_study()
    await hospital.send(make_ct_slice(study, Modality="SR"))

    before = await classify(hospital)
    await hospital.send(make_ct_slice(study))

    assert before == [None]
    assert await classify(hospital) == ["case"]


async def test_each_study_is_classed_once_by_the_version_of_its_moment(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    first = await save(hospital, {"intake_class": "out_of_contract", "words": "cérébral"})
    await hospital.send(make_ct_slice(make_ct_study()))
    await classify(hospital)

    second = await save(hospital)
    await hospital.send(make_ct_slice(make_ct_study()))

    assert await classify(hospital) == ["out_of_contract", "case"]
    assert [each.intake_rule_set_id for each in await hospital.studies()] == [first.id, second.id]


async def add_month(hospital: Hospital, *, tests: int, cases: int) -> None:
    await hospital.send(
        *[make_ct_slice(make_ct_study()) for _ in range(cases)],
        *[make_ct_slice(make_ct_study(patient=PHANTOM)) for _ in range(tests)],
    )
    await classify(hospital)


async def test_a_set_that_classes_everything_as_test_is_saved_only_when_somebody_insists(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    await add_month(hospital, tests=1, cases=3)
    rule: dict[str, object] = {"intake_class": "test", "modality": "CT"}

    effect = await rule_sets.preview(
        session, hospital.site.id, [rule], settings=SETTINGS, now=NOW + timedelta(days=1)
    )
    with pytest.raises(rule_sets.NearlyNoCase, match=r"4 of the 4 studies .* 4 test"):
        await save(hospital, rule)
    refused = await session.scalar(select(func.count()).select_from(IntakeRuleSet))
    await save(hospital, rule, confirmed=True)

    assert (effect.before[IntakeClass.CASE], effect.after[IntakeClass.TEST]) == (3, 4)
    assert (effect.changed, effect.examined) == (3, 4)
    assert refused == 0
    (kept,) = await rule_sets.list_rule_sets(session, hospital.site.id, limit=5)
    assert kept.rules == [rule]
    assert kept.made_by == hospital.coordinator.user_id


async def test_the_effect_is_of_thirty_days_and_leaves_what_a_person_said(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    await add_month(hospital, tests=0, cases=2)
    old, said = await hospital.studies()
    await session.execute(
        update(Study)
        .where(Study.id == old.id)
        .values(first_image_at=NOW - timedelta(days=31), last_image_at=NOW)
    )
    await reclass(hospital, said, IntakeClass.PRIOR)

    effect = await rule_sets.preview(
        session,
        hospital.site.id,
        [{"intake_class": "test", "modality": "CT"}],
        settings=SETTINGS,
        now=NOW,
    )

    assert (effect.examined, effect.changed) == (1, 0)


async def test_rules_are_refused_by_their_field_and_by_who_may_not(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    reader = replace(hospital.coordinator, grants=(Grant(Role.COORDINATOR),))

    with pytest.raises(InvalidField, match="no such field"):
        await save(hospital, {"intake_class": "test", "colour": "red"})
    with pytest.raises(PermissionDenied):
        await save(hospital, actor=reader)
    with pytest.raises(rule_sets.SiteUnknown):
        await rule_sets.save_rules(
            session,
            999_999,
            rules=[],
            note="",
            confirmed=False,
            actor=hospital.coordinator,
            settings=SETTINGS,
            now=NOW,
        )


async def reclass(hospital: Hospital, study: Study, intake_class: IntakeClass) -> None:
    await service.reclass(
        hospital.session,
        study.id,
        intake_class=intake_class,
        actor=hospital.coordinator,
        reason="seen by the coordinator",
        now=NOW,
    )


async def test_what_is_no_case_becomes_one_by_a_click_and_back(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await add_month(hospital, tests=1, cases=0)
    study = await hospital.study()

    await reclass(hospital, study, IntakeClass.CASE)
    news = await service.studies_with_news(session, ae_title="ASTREINTE", limit=5)
    made_a_case = (study.intake_class, study.intake_by, study.intake_reason)
    again = await classify(hospital)
    await reclass(hospital, study, IntakeClass.TEST)

    assert [each.id for each in news] == [study.id]
    assert made_a_case == ("case", hospital.coordinator.user_id, "seen by the coordinator")
    assert again == ["case"], "no rule takes back what a person said"
    assert not await service.studies_with_news(session, ae_title="ASTREINTE", limit=5)


async def test_a_click_needs_a_reason_and_something_to_change(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    await add_month(hospital, tests=1, cases=0)
    study = await hospital.study()

    with pytest.raises(Conflict):
        await reclass(hospital, study, IntakeClass.TEST)
    with pytest.raises(Invalid):
        await service.reclass(
            session,
            study.id,
            intake_class=IntakeClass.CASE,
            actor=hospital.coordinator,
            reason="",
            now=NOW,
        )
