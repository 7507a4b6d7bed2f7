"""How the tests of the web sign in as a person does."""

import httpx

from app.directory.models import User
from tests.factories.directory import PASSWORD

ME = "/api/v1/me"
SESSION = "/api/v1/session"


def credentials(user: User, **changes: object) -> dict[str, object]:
    """Write what a user types, but for what a test changes."""
    return {"login": user.login, "password": PASSWORD, **changes}


async def start(client: httpx.AsyncClient, user: User, **changes: object) -> httpx.Response:
    """Sign in with a cookie, but for what a test changes."""
    return await client.post(SESSION, json=credentials(user, **changes))
