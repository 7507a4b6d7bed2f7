"""The data set obeys the rules of the directory and the figures of the mission."""

import pytest

from app.demo.gcs.radiologists import RADIOLOGISTS
from app.demo.gcs.shapes import RadiologistData, SiteData
from app.demo.gcs.sites import SITES
from app.demo.gcs.societies import SOCIETIES
from app.demo.gcs.users import USERS
from app.directory.domain.identifiers import check_ae_title, check_finess, check_rpps
from app.directory.domain.roles import Role


def test_it_has_the_size_that_the_mission_asks_for() -> None:
    assert (len(SOCIETIES), len(SITES), len(RADIOLOGISTS)) == (11, 15, 60)


def test_the_volumes_are_as_uneven_as_those_of_real_groups() -> None:
    volumes = sorted((society.yearly_exams for society in SOCIETIES), reverse=True)

    assert len(set(volumes)) == len(volumes)
    assert volumes[0] > 20 * volumes[-1]
    assert sum(volumes[:3]) > sum(volumes) / 2


@pytest.mark.parametrize("radiologist", RADIOLOGISTS, ids=lambda each: each.login)
def test_an_rpps_number_passes_its_check_digit(radiologist: RadiologistData) -> None:
    number = radiologist.rpps

    assert check_rpps(number) == number


@pytest.mark.parametrize("site", SITES, ids=lambda each: each.key)
def test_a_finess_number_passes_its_check_digit(site: SiteData) -> None:
    number = site.finess

    assert check_finess(number) == number


def test_no_two_of_anything_share_what_must_be_their_own() -> None:
    logins = [each.login for each in RADIOLOGISTS] + [user.login for user in USERS]
    keys = [
        logins,
        [society.short_name for society in SOCIETIES],
        [centre.key for society in SOCIETIES for centre in society.centres],
        [site.finess for site in SITES],
        [sender.ae_title for site in SITES for sender in site.senders],
        [radiologist.rpps for radiologist in RADIOLOGISTS],
        [each.telephone for each in RADIOLOGISTS],
    ]

    for values in keys:
        assert len(set(values)) == len(values)


def test_every_ae_title_is_one_that_dicom_allows() -> None:
    titles = [sender.ae_title for site in SITES for sender in site.senders]
    titles += [site.node_ae_title for site in SITES]
    titles += [centre.key for society in SOCIETIES for centre in society.centres]

    assert [check_ae_title(title) for title in titles] == titles


def test_every_society_has_a_centre_and_at_least_two_radiologists_who_sit_in_it() -> None:
    for society in SOCIETIES:
        centres = {centre.key for centre in society.centres}
        own = [each for each in RADIOLOGISTS if each.society == society.short_name]

        assert centres
        assert len(own) >= 2
        assert {each.centre for each in own} <= centres


def test_every_site_has_a_referent_society_a_scanner_and_a_user_of_its_own() -> None:
    societies = {society.short_name for society in SOCIETIES}
    limited_to = [user.site for user in USERS if user.role == "site"]

    assert {site.society for site in SITES} <= societies
    assert all("CT" in {sender.modality for sender in site.senders} for site in SITES)
    assert limited_to == [site.key for site in SITES]


def test_telephone_numbers_are_of_the_ranges_kept_for_fiction() -> None:
    mobiles = [each.telephone for each in RADIOLOGISTS]
    landlines = [site.telephone_emergency for site in SITES] + [site.telephone_ct for site in SITES]
    landlines += [centre.telephone for society in SOCIETIES for centre in society.centres]

    assert all(number.startswith("+33 6 39 98 ") for number in mobiles)
    assert all(number.startswith("+33 5 36 49 ") for number in landlines)


def test_every_role_of_a_user_exists() -> None:
    assert {user.role for user in USERS} <= set(Role)
