"""A mail has one receiver, no patient, and no header that it was not given."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.mail.sender import SmtpServer, write_message
from app.delivery.domain.mail import Mail, SheetPeriod, check_address, write_words
from app.kit.errors import Invalid

MADE = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MAIL = Mail(
    to="urgences@hopital.example",
    message_id="7.0123@astreinte",
    sent_at=MADE,
    subject="Liste de garde",
    text="Bonjour.",
    file_name="liste.pdf",
    content=b"%PDF-",
)
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
}


@pytest.mark.parametrize(
    "address", ["a@b", "urgences.nuit+garde@ch-exemple.fr", " secretariat@hopital.example "]
)
def test_an_address_is_taken_without_what_stands_around_it(address: str) -> None:
    assert check_address(address) == address.strip()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "urgences",
        "@hopital.example",
        "a@b@c",
        "a@b\r\nBcc: x@y",
        "a@b\n",
        "a@b,c@d",
        "A <a@b>",
        '"a b"@c',
        "a@-b",
        "é@hopital.example",
        f"{'a' * 65}@b",
        f"a@{'b.' * 130}c",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="one address"):
        check_address(address)


@given(text=st.text(max_size=80))
def test_no_text_becomes_a_header_of_its_own(text: str) -> None:
    try:
        mail = replace(MAIL, subject=text, file_name=text)
    except Invalid:
        return

    raw = write_message(mail, mail_from="a@b.example").as_bytes()

    read = message_from_bytes(raw, policy=policy.default)
    assert set(read.keys()) == HEADERS
    assert read.get_all("To") == [MAIL.to]


@pytest.mark.parametrize("text", ["", "7", "7@a\r\nBcc: x@y", " 7@a ", "<7@a>"])
def test_a_message_id_is_formed_as_an_address(text: str) -> None:
    with pytest.raises(Invalid):
        replace(MAIL, message_id=text)


@given(text=st.text(max_size=80))
def test_an_address_that_is_taken_is_read_back_as_the_only_one(text: str) -> None:
    try:
        address = check_address(text)
    except Invalid:
        return

    message = write_message(replace(MAIL, to=address), mail_from="a@b.example")

    assert [each.addr_spec for each in message["To"].addresses] == [address]


@pytest.mark.parametrize("language", ["fr", "en"])
@given(hours=st.integers(0, 24 * 366), length=st.integers(1, 168))
def test_the_words_give_the_hours_of_the_zone(language: str, hours: int, length: int) -> None:
    zone = ZoneInfo("Europe/Paris")
    start = MADE + timedelta(hours=hours)
    period = SheetPeriod(made_at=MADE, starts_at=start, ends_at=start + timedelta(hours=length))

    words = write_words(period, language=language, zone=zone)

    local = start.astimezone(zone)
    assert local.strftime("%H:%M") in words.subject
    assert local.strftime("%Y-%m-%d") in words.file_name
    assert words.subject.isprintable()
    assert "{" not in words.subject + words.text + words.file_name


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls"),
    [
        ("smtp://relay.example", "relay.example", 587, False),
        ("smtps://relay.example", "relay.example", 465, True),
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, False),
    ],
)
def test_a_mail_server_is_read_from_its_address(
    url: str, host: str, port: int, *, is_tls: bool
) -> None:
    server = SmtpServer.parse(url)

    assert (server.host, server.port, server.is_tls) == (host, port, is_tls)
    assert server.password is None


def test_a_password_is_read_and_never_shown() -> None:
    server = SmtpServer.parse("smtps://gcs:p%40ss@relay.example")

    assert (server.username, server.password) == ("gcs", "p@ss")
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize(
    "url", ["", "relay.example", "http://secret@relay", "smtp://:25", "smtp://secret@relay:x"]
)
def test_what_is_no_mail_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        SmtpServer.parse(url)

    assert "secret" not in refused.value.message
