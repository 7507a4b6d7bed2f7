"""A known SOP Instance UID that comes again with other bytes: what it turns out to be.

| same image? | same person? | then                                                              |
|-------------|--------------|-------------------------------------------------------------------|
| yes         | yes          | `same`: silent, its file goes, its row stays                      |
| yes         | no           | `identity`: the hospital corrected the identity, a person chooses |
| no          | either       | `pixels`: counts as a new image, all under this UID conflict      |

An image whose first file was given up cannot be compared: its UID alone says that it is the same.
"""

from enum import StrEnum


class Repeat(StrEnum):
    """What a repeat is, or that nobody knows yet."""

    TO_COMPARE = "to_compare"
    SAME = "same"
    IDENTITY = "identity"
    PIXELS = "pixels"


def judge_repeat(*, same_content: bool, same_identity: bool) -> Repeat:
    """Tell what a repeat is.

    Parameters
    ----------
    same_content
        Whether it shows what an instance shows that came before, or that one's file is gone.
    same_identity
        Whether both identities can be one person's.
    """
    if not same_content:
        return Repeat.PIXELS
    return Repeat.SAME if same_identity else Repeat.IDENTITY
