import pytest

from app.intake.domain.repeats import Repeat, judge_repeat


@pytest.mark.parametrize(
    ("same_content", "same_identity", "repeat"),
    [
        (True, True, Repeat.SAME),
        (True, False, Repeat.IDENTITY),
        (False, True, Repeat.PIXELS),
        (False, False, Repeat.PIXELS),
    ],
)
def test_a_repeat_is_what_the_table_says(
    same_content: bool,  # noqa: FBT001
    same_identity: bool,  # noqa: FBT001
    repeat: Repeat,
) -> None:
    assert judge_repeat(same_content=same_content, same_identity=same_identity) is repeat
