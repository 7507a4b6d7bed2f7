"""One user of the demo shows the second factor: enrolled as anybody would, over the API."""

from pathlib import Path

import pyotp

from app.demo.credentials import Credentials, write
from app.demo.gcs.users import AUDITOR
from app.demo.play.api import Api


def enrol_second_factor(url: str, *, credentials: Credentials, folder: Path) -> Credentials:
    """Enrol it at the first demo of a data folder; returns the credentials with its secret."""
    if credentials.second_factor_secret is not None:
        return credentials
    api = Api.sign_in(url, login=AUDITOR.login, password=credentials.password)
    secret = str(api.post("/api/v1/me/second-factor")["secret"])
    # Kept first: a secret that is enrolled and lost would lock the user out.
    enrolled = credentials.with_second_factor(secret)
    write(enrolled, folder=folder)
    api.post("/api/v1/me/second-factor/confirm", {"code": pyotp.TOTP(secret).now()})
    api.close()
    return enrolled
