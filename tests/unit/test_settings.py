"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.kit.errors import Invalid
from app.settings import Bind, read_settings


def test_without_any_variable_there_are_defaults_for_one_machine() -> None:
    settings = read_settings({})

    assert settings.data_dir == Path("var")
    assert settings.http_bind == Bind("127.0.0.1", 8080)
    assert settings.dicom_bind == Bind("127.0.0.1", 11112)
    assert settings.ae_title == "ASTREINTE"
    assert settings.database_url is None
    assert settings.secret_key is None


def test_what_is_given_is_read_with_its_type() -> None:
    settings = read_settings(
        {
            "ASTREINTE_HTTP_BIND": "[::1]:9000",
            "ASTREINTE_COMPLETENESS_CT": "1.5",
            "ASTREINTE_DISPATCH_LATEST": "PT2M",
            "ASTREINTE_DATABASE_URL": "postgresql://u:hunter2@h/d",
            "PATH": "/bin",
        }
    )

    assert settings.http_bind == Bind("::1", 9000)
    assert str(settings.http_bind) == "[::1]:9000"
    assert settings.completeness_ct == timedelta(seconds=1.5)
    assert settings.dispatch_latest == timedelta(minutes=2)
    assert "hunter2" not in repr(settings)


def test_an_unknown_variable_is_refused_and_named() -> None:
    with pytest.raises(Invalid, match="unknown setting ASTREINTE_HTP_BIND"):
        read_settings({"ASTREINTE_HTP_BIND": "127.0.0.1:1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_BIND", "8080"),
        ("HTTP_BIND", "127.0.0.1:99999"),
        ("DICOM_BIND", ":104"),
        ("AE_TITLE", "WAY_TOO_LONG_TITLE"),
        ("AE_TITLE", "BACK\\SLASH"),
        ("AE_TITLE", ""),
        ("LOCALE", "de"),
        ("TICK", "0"),
        ("TICK", "soon"),
        ("DISK_RESERVE_BYTES", "-1"),
    ],
)
def test_a_value_that_cannot_be_is_refused_naming_the_variable(name: str, value: str) -> None:
    with pytest.raises(Invalid, match=f"ASTREINTE_{name}"):
        read_settings({f"ASTREINTE_{name}": value})


@pytest.mark.parametrize(
    ("bind", "loopback"),
    [("127.0.0.1:1", True), ("127.8.0.1:1", True), ("[::1]:1", True), ("0.0.0.0:1", False)],
)
def test_a_bind_knows_whether_only_this_machine_can_reach_it(bind: str, *, loopback: bool) -> None:
    assert Bind.parse(bind).is_loopback is loopback


def test_an_address_of_the_process_environment_is_read_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASTREINTE_HTTP_BIND", "127.0.0.1:9001")

    assert read_settings().http_bind == Bind("127.0.0.1", 9001)
    assert read_settings({}).http_bind == Bind("127.0.0.1", 8080)
