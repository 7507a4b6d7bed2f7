"""Where what arrives belongs: by site rules, by the rest of its study, by a prefix."""

from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.prefixes import prefix_accession, prefix_identifier, prefix_nameless
from app.directory.domain.uids import derive_uid
from app.directory.models import Sender, SiteRule
from app.intake import service
from app.intake.domain.arrival import EXPIRED_CERTIFICATE, UNKNOWN_CALLING
from app.kit.errors import Conflict, Invalid
from tests.factories.dicom import ACQUIRED_AT as NOW
from tests.factories.dicom import CtStudy, Patient, make_ct_slice, make_ct_study
from tests.factories.directory import add_centre, add_domain, add_sender, add_site
from tests.integration.intake.hospital import Hospital, open_hospital

pytestmark = pytest.mark.asyncio
STUDY = make_ct_study(institution="CH DE LA BAIE")


async def add_rule(hospital: Hospital, institution: str, *, own_domain: bool = False) -> SiteRule:
    site = await add_site(hospital.session, society_id=hospital.site.society_id)
    domain_id = (await add_domain(hospital.session)).id if own_domain else None
    rule = SiteRule(
        sender_id=hospital.sender.id,
        rank=site.id,
        institution_name=institution,
        site_id=site.id,
        domain_id=domain_id,
    )
    hospital.session.add(rule)
    await hospital.session.flush()
    return rule


async def test_the_header_names_the_site_and_who_issues_its_identifiers(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    rule = await add_rule(hospital, "Ch de la Baie", own_domain=True)

    await hospital.send(make_ct_slice(STUDY))

    study = await hospital.study()
    assert (study.site_id, study.domain_id) == (rule.site_id, rule.domain_id)
    assert not study.site_to_confirm
    assert study.site_reason


async def test_two_hospitals_of_one_pacs_with_one_uid_stay_two(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    rules = [await add_rule(hospital, name, own_domain=True) for name in ("A", "B")]

    await hospital.send(
        make_ct_slice(replace(STUDY, institution="A")),
        make_ct_slice(replace(STUDY, institution="B")),
    )

    assert [each.site_id for each in await hospital.studies()] == [each.site_id for each in rules]


@pytest.mark.parametrize("first", ["image", "report"])
async def test_a_report_without_an_institution_follows_the_images_of_its_study(
    session: AsyncSession, first: str
) -> None:
    hospital = await open_hospital(session)
    rule = await add_rule(hospital, "CH DE LA BAIE", own_domain=True)
    image = make_ct_slice(STUDY)
    report = make_ct_slice(replace(STUDY, institution=""))
    batch = [image, report] if first == "image" else [report, image]

    await hospital.send(*batch)

    study = await hospital.study()
    assert (study.site_id, study.instance_count) == (rule.site_id, 2)


async def test_a_study_that_no_rule_names_is_to_be_confirmed_until_an_image_names_it(
    session: AsyncSession,
) -> None:
    hospital = await open_hospital(session)
    rule = await add_rule(hospital, "CH DE LA BAIE")

    await hospital.send(make_ct_slice(replace(STUDY, institution="ANNEXE")))
    unclear = await hospital.study()
    before = (unclear.site_id, unclear.site_to_confirm)
    await hospital.send(make_ct_slice(STUDY))

    assert before == (hospital.site.id, True)
    study = await hospital.study()
    assert (study.site_id, study.site_to_confirm) == (rule.site_id, False)


async def test_a_person_names_the_site_once(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    rule = await add_rule(hospital, "CH DE LA BAIE")
    await hospital.send(make_ct_slice(replace(STUDY, institution="ANNEXE")))
    study = await hospital.study()

    async def confirm(site_id: int) -> None:
        await service.confirm_site(
            session, study.id, site_id=site_id, actor=hospital.coordinator, now=NOW
        )

    with pytest.raises(Invalid):
        await confirm(999_999)
    await confirm(rule.site_id)
    with pytest.raises(Conflict):
        await confirm(hospital.site.id)

    assert (study.site_id, study.site_to_confirm) == (rule.site_id, False)


async def test_a_title_that_nobody_has_marks_the_study(session: AsyncSession) -> None:
    hospital = await open_hospital(session)

    await hospital.send(make_ct_slice(STUDY))
    await hospital.send(make_ct_slice(STUDY), mark=EXPIRED_CERTIFICATE)
    before = (await hospital.study()).unknown_calling
    await hospital.send(make_ct_slice(STUDY), calling="CT9", mark=UNKNOWN_CALLING)

    assert not before
    assert (await hospital.study()).unknown_calling


async def add_centre_s_node(hospital: Hospital) -> Sender:
    node = await add_sender(hospital.session, site_id=hospital.site.id)
    node.centre_id = (await add_centre(hospital.session, society_id=hospital.site.society_id)).id
    await hospital.session.flush()
    return node


def make_returned(hospital: Hospital, study: CtStudy, *, number: str = "A0001") -> CtStudy:
    prefix = hospital.site.prefix
    patient = Patient(
        name="essai^claire", birth_date="", patient_id=prefix_identifier(prefix, "P-0001")
    )
    return replace(study, patient=patient, accession_number=prefix_accession(prefix, number))


@pytest.mark.parametrize("number", ["A0001", "A234567890123456"])
async def test_what_returns_from_a_centre_joins_the_study_it_was_made_of(
    session: AsyncSession, number: str
) -> None:
    hospital = await open_hospital(session)
    node = await add_centre_s_node(hospital)
    mine = replace(STUDY, accession_number=number)
    await hospital.send(make_ct_slice(mine))

    await hospital.send(make_ct_slice(make_returned(hospital, mine, number=number)), by=node)

    study = await hospital.study()
    assert (study.instance_count, study.image_count, study.paper_count) == (2, 1, 1)
    assert not study.identity_open
    assert set(await hospital.identities()) == {"P-0001"}


async def test_uids_that_left_as_derived_ones_are_put_back(session: AsyncSession) -> None:
    hospital = await open_hospital(session)
    node = await add_centre_s_node(hospital)
    await hospital.send(make_ct_slice(STUDY, sop_instance_uid="1.2.3"))
    domain_id = hospital.sender.domain_id
    derived = replace(
        make_returned(hospital, STUDY),
        study_instance_uid=derive_uid(domain_id, STUDY.study_instance_uid),
        series_instance_uid=derive_uid(domain_id, STUDY.series_instance_uid),
    )

    recorded = await hospital.send(
        make_ct_slice(derived, sop_instance_uid=derive_uid(domain_id, "1.2.3")), by=node
    )

    assert recorded.repeat_count == 1, "it is the image that had left"
    assert (await hospital.study()).series_count == 1


@pytest.mark.parametrize("is_derived", [False, True])
async def test_what_returns_of_an_unknown_patient_joins_its_own_study(
    session: AsyncSession,
    is_derived: bool,  # noqa: FBT001
) -> None:
    hospital = await open_hospital(session)
    other = await open_hospital(session)
    node = await add_centre_s_node(hospital)
    nobody = Patient(name="INCONNU^X", patient_id="")
    mine = replace(STUDY, patient=nobody)
    if is_derived:
        await other.send(make_ct_slice(STUDY))
    await hospital.send(make_ct_slice(make_ct_study(patient=nobody)))
    await hospital.send(make_ct_slice(mine))
    sent = prefix_nameless(hospital.site.prefix, "", study_instance_uid=STUDY.study_instance_uid)
    back = replace(mine, patient=replace(nobody, patient_id=sent))
    if is_derived:
        uid = derive_uid(hospital.sender.domain_id, STUDY.study_instance_uid)
        back = replace(back, study_instance_uid=uid)

    await hospital.send(make_ct_slice(back), by=node)

    study = (await hospital.studies())[-1]
    assert (study.study_instance_uid, study.sender_id) == (
        STUDY.study_instance_uid,
        hospital.sender.id,
    )
    assert (study.instance_count, study.paper_count) == (2, 1)


@pytest.mark.parametrize("patient_id", ["P-0001", "ZZZ-P-0001"])
async def test_what_returns_from_nobody_knows_where_is_kept_and_never_a_case(
    session: AsyncSession, patient_id: str
) -> None:
    hospital = await open_hospital(session)
    node = await add_centre_s_node(hospital)
    await hospital.send(make_ct_slice(STUDY))

    await hospital.send(
        make_ct_slice(replace(STUDY, patient=Patient(patient_id=patient_id))), by=node
    )

    mine, returned = await hospital.studies()
    assert mine.instance_count == 1
    assert (returned.intake_class, returned.sender_id) == ("out_of_contract", node.id)
    assert "centre" in returned.intake_reason
