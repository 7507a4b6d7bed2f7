import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.service.totp import draw_enrolment, matching_steps

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
instants = st.integers(1_577_836_800, 4_102_444_800).map(lambda s: datetime.fromtimestamp(s, UTC))


# RFC 6238, appendix B, SHA-1; the last six of its eight digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_of_the_standard_are_right(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)

    assert seconds // 30 in matching_steps(SECRET, code=code, now=now)


@given(instants, st.integers(-300, 300))
def test_a_code_is_right_from_one_step_before_its_own_to_one_after(
    now: datetime, late_s: int
) -> None:
    code = pyotp.TOTP(SECRET).at(now)
    then = now + timedelta(seconds=late_s)

    step, asked = int(now.timestamp()) // 30, int(then.timestamp()) // 30
    assert (step in matching_steps(SECRET, code=code, now=then)) is (abs(step - asked) <= 1)


def test_blanks_that_telephones_show_do_not_matter() -> None:
    code = pyotp.TOTP(SECRET).at(NOON)

    assert matching_steps(SECRET, code=f" {code[:3]} {code[3:]} ", now=NOON)


@pytest.mark.parametrize(
    "code", ["", "12345", "abcdef", "é", "\uff11\uff12\uff13\uff14\uff15\uff16"]
)
def test_what_is_no_code_is_no_step(code: str) -> None:
    assert matching_steps(SECRET, code=code, now=NOON) == ()


def test_an_enrolment_tells_the_same_secret_as_text_and_as_link() -> None:
    enrolment = draw_enrolment("anne.dubois")

    link = urlsplit(enrolment.otpauth_uri)
    assert parse_qs(link.query)["secret"] == [enrolment.secret]
    assert parse_qs(link.query)["issuer"] == ["Astreinte"]
    assert link.path == "/Astreinte:anne.dubois"
    assert draw_enrolment("anne.dubois").secret != enrolment.secret


def test_the_picture_can_stand_alone_as_an_image() -> None:
    picture = draw_enrolment("s.abadiolle").qr_svg

    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
