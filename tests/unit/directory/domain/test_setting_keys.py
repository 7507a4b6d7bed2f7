import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.directory.domain.setting_keys import (
    DEFINITIONS,
    SettingKey,
    SettingUnknown,
    check_value,
    find_key,
)


@pytest.mark.parametrize("key", list(SettingKey))
def test_every_setting_has_a_default_that_passes_its_own_check(key: SettingKey) -> None:
    default = DEFINITIONS[key].default

    assert check_value(key, default, per_site=False) == default


@pytest.mark.parametrize("value", [0, -1, 3651, 1.5, "15", True, None, [15]])
def test_days_are_a_whole_number_within_bounds(value: object) -> None:
    with pytest.raises(InvalidField):
        check_value(SettingKey.RETENTION_DAYS, value, per_site=False)


def test_what_is_the_same_for_all_has_no_value_of_one_site() -> None:
    with pytest.raises(InvalidField) as refused:
        check_value(SettingKey.DISK_ALARM_DAYS, 20, per_site=True)

    assert refused.value.field == "site_id"


@pytest.mark.parametrize("value", ["0000", [""], ["  "], [1], ["x" * 65], ["a\nb"], ["x"] * 201])
def test_dummy_identifiers_are_a_bounded_list_of_texts(value: object) -> None:
    with pytest.raises(InvalidField):
        check_value(SettingKey.DUMMY_PATIENT_IDS, value, per_site=False)


@given(st.lists(st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True), max_size=50))
def test_dummy_identifiers_are_kept_once_each_in_their_order(values: list[str]) -> None:
    padded = [f" {each} " for each in values + values]

    assert check_value(SettingKey.DUMMY_PATIENT_IDS, padded, per_site=False) == list(
        dict.fromkeys(values)
    )


def test_a_key_that_nobody_defined_is_no_setting() -> None:
    assert find_key("retention_days") is SettingKey.RETENTION_DAYS
    with pytest.raises(SettingUnknown):
        find_key("retention")


def test_an_alarm_goes_to_mail_addresses_and_telephones() -> None:
    given = [" chef@gcs.example ", "+33 6 00 00 00 01", "0600000001", "chef@gcs.example"]

    kept = check_value(SettingKey.ALARM_TO, given, per_site=False)

    assert kept == ["chef@gcs.example", "+33 6 00 00 00 01", "0600000001"]


@pytest.mark.parametrize(
    "value", ["a@b.example", ["nobody"], ["a b@c.example"], [7], [""], ["a@b.example"] * 21]
)
def test_what_is_no_address_is_refused(value: object) -> None:
    with pytest.raises(InvalidField):
        check_value(SettingKey.ALARM_TO, value, per_site=False)
