"""Where a server listens."""

from typing import NamedTuple, Self

_HIGHEST_PORT = 65535


class Bind(NamedTuple):
    """Where a server listens; port 0 lets the system choose."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host:port`, with IPv6 hosts in brackets.

        Raises
        ------
        ValueError
            If there is no port, or it is not between 0 and 65535.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
            msg = f"{text!r} is not an address such as 127.0.0.1:8080"
            raise ValueError(msg)
        return cls(host.removeprefix("[").removesuffix("]"), int(port))

    def __str__(self) -> str:
        """Write `host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Can only this machine reach it?"""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")
