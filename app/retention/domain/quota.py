"""What a site may have stored: more is told, and never refused."""

from dataclasses import dataclass

GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is kept of one site's images.

    Parameters
    ----------
    site_id
        The site.
    kept_bytes
        Of all its images that are kept, >= 0.
    quota_gib
        What was agreed, in GiB, > 0; nothing: no limit.
    """

    site_id: int
    kept_bytes: int
    quota_gib: int | None

    @property
    def is_above(self) -> bool:
        """Is more stored than was agreed? Exactly as much is not."""
        return self.quota_gib is not None and self.kept_bytes > self.quota_gib * GIB

    @property
    def kept_gib(self) -> float:
        """Return what is kept in GiB, with one decimal, rounded up: never shown as the quota."""
        return -(-self.kept_bytes * 10 // GIB) / 10
