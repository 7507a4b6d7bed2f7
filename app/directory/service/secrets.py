"""Passwords, digests of tokens, and the box that keeps secrets unreadable at rest."""

import asyncio
import base64
import hashlib
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.directory.domain import InvalidField
from app.directory.domain.sign_in import PASSWORD_LONGEST, PASSWORD_SHORTEST, has_allowed_length
from app.kit.errors import Unavailable

# RFC 9106 §4, second recommended option: 64 MiB of memory.
_HASHER: Final = PasswordHasher()
_NOBODYS_HASH: Final = _HASHER.hash("a password that nobody has")


class SecretBox:
    """Encrypts small secrets with a key of its own, derived from the platform's secret key.

    Parameters
    ----------
    secret_key
        The platform's; whoever has it can read what was sealed.
    purpose
        Two purposes never share a key.
    """

    def __init__(self, secret_key: str, *, purpose: str) -> None:
        # RFC 5869; the platform's key is long and random, so that no salt is needed.
        kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(kdf.derive(secret_key.encode())))

    def seal(self, secret: str) -> str:
        """Encrypt and authenticate."""
        return self._fernet.encrypt(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return what was sealed.

        Raises
        ------
        Unavailable
            If it was sealed with another key: the platform's secret key was changed.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            message = (
                "a secret in the database was sealed with another ASTREINTE_SECRET_KEY;"
                " start with the former key, or reset the second factor of this user"
            )
            raise Unavailable(message) from error


def digest_token(token: str) -> bytes:
    """Return what the database keeps of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


async def hash_password(password: str, *, field: str = "password") -> str:
    """Hash a new password, in a thread: it takes a tenth of a second on purpose.

    Raises
    ------
    InvalidField
        If it is too short or absurdly long.
    """
    if not has_allowed_length(password):
        message = f"a password has {PASSWORD_SHORTEST} to {PASSWORD_LONGEST} characters"
        raise InvalidField(field, message)
    return await asyncio.to_thread(_HASHER.hash, password)


async def verify_password(password: str, *, password_hash: str | None) -> bool:
    """Is this the password? Takes as long when there is no user or no password to compare with."""
    if len(password) > PASSWORD_LONGEST:
        return False
    kept = _NOBODYS_HASH if password_hash is None else password_hash
    matches = await asyncio.to_thread(_matches, kept, password)
    return matches and password_hash is not None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
