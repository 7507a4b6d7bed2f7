import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain import InvalidField
from app.directory.service.secrets import (
    SecretBox,
    digest_token,
    hash_password,
    verify_password,
)
from app.kit.errors import Unavailable

KEY = "a secret key of this test only"
PASSWORD = "correct horse battery staple"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_is_unsealed_as_it_was(secret: str) -> None:
    box = SecretBox(KEY, purpose="totp")

    sealed = box.seal(secret)

    assert box.unseal(sealed) == secret
    assert sealed != secret


@pytest.mark.parametrize(
    "other", [SecretBox(KEY, purpose="other"), SecretBox("another key", purpose="totp")]
)
def test_another_key_or_purpose_does_not_unseal_and_says_what_to_do(other: SecretBox) -> None:
    sealed = SecretBox(KEY, purpose="totp").seal("secret")

    with pytest.raises(Unavailable, match="ASTREINTE_SECRET_KEY"):
        other.unseal(sealed)


def test_the_same_secret_is_never_sealed_twice_alike() -> None:
    box = SecretBox(KEY, purpose="totp")

    assert box.seal("secret") != box.seal("secret")


def test_the_digest_of_a_token_is_a_sha_256() -> None:
    # FIPS 180-2, appendix B.1.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert digest_token("abc").hex() == expected


@pytest.mark.asyncio
async def test_a_password_is_kept_as_an_argon2id_hash_of_64_mib() -> None:
    kept = await hash_password(PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await verify_password(PASSWORD, password_hash=kept)
    assert not await verify_password(PASSWORD + " ", password_hash=kept)


@pytest.mark.asyncio
@pytest.mark.parametrize("kept", [None, "", "not a hash"])
async def test_without_a_hash_no_password_is_right(kept: str | None) -> None:
    assert not await verify_password("a password that nobody has", password_hash=kept)


@pytest.mark.asyncio
@pytest.mark.parametrize("password", ["short", "x" * 257])
async def test_a_password_of_a_wrong_length_is_refused_naming_the_field(password: str) -> None:
    with pytest.raises(InvalidField) as caught:
        await hash_password(password, field="new")

    assert caught.value.field == "new"
    assert not await verify_password("x" * 257, password_hash=None)
