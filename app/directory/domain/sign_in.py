"""When a sign-in may be tried, and how long it lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PASSWORD_SHORTEST = 12
PASSWORD_LONGEST = 256
"""Longer ones are refused before they are hashed, so that nobody makes us hash megabytes."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """How failed sign-ins slow down the next one.

    Parameters
    ----------
    free_failures
        Failures in a row that cost no wait, >= 1.
    first_wait
        Wait after the first failure that costs one; doubled by each further one.
    longest_wait
        No wait is longer.
    """

    free_failures: int = 5
    first_wait: timedelta = timedelta(seconds=15)
    longest_wait: timedelta = timedelta(minutes=15)

    def wait_after(self, failures: int) -> timedelta:
        """Return how long the next try has to wait after this many failures in a row, >= 0."""
        beyond = failures - self.free_failures
        if beyond < 0:
            return timedelta(0)
        # 2**16 first waits are longer than any longest wait that makes sense.
        return min(self.first_wait * (1 << min(beyond, 16)), self.longest_wait)


PAIR_THROTTLE = Throttle()
"""For one login from one address."""
LOGIN_THROTTLE = Throttle(free_failures=20, longest_wait=timedelta(minutes=1))
"""For one login from everywhere: short, so that nobody can lock a doctor out at night."""
ADDRESS_THROTTLE = Throttle(free_failures=100)
"""For one address with all logins: a whole hospital may stand behind it."""


class Refusal(StrEnum):
    """Why a sign-in was refused."""

    WRONG = "wrong"
    """Login, password or code; which of them is not told."""
    CODE_NEEDED = "code_needed"
    """The password is right, and the user has a second factor."""
    TOO_MANY = "too_many"
    """Too many failures, or another try of the same login is under way."""


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """A sign-in that did not happen; a result and no error, since its failure must be kept.

    Parameters
    ----------
    wait
        How long the next try has to wait, >= 0.
    """

    reason: Refusal
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session of the browser lasts.

    Parameters
    ----------
    idle
        Longest silence, > 0.
    longest
        From sign-in to the end, whatever happens, > 0.
    """

    idle: timedelta
    longest: timedelta

    def end(self, *, started_at: datetime, seen_at: datetime) -> datetime:
        """Return the first instant at which the session is over, if nobody is seen any more."""
        return min(started_at + self.longest, seen_at + self.idle)


def has_allowed_length(password: str) -> bool:
    """Is a new password neither too short nor absurdly long?

    References
    ----------
    NIST SP 800-63B §5.1.1.2: length counts, rules of composition do not.
    """
    return PASSWORD_SHORTEST <= len(password) <= PASSWORD_LONGEST


def choose_totp_step(matching_steps: tuple[int, ...], *, last_used_step: int | None) -> int | None:
    """Return the step of a code that may be used now, or nothing.

    Parameters
    ----------
    matching_steps
        Steps around now at which the code is the right one.
    last_used_step
        The latest step that a code was accepted for: it and all before it are used up
        (RFC 6238 §5.2), or nothing if none was.
    """
    fresh = [step for step in matching_steps if last_used_step is None or step > last_used_step]
    return min(fresh, default=None)
