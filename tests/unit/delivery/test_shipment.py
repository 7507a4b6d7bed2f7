"""One result stands for a try of many files."""

from hypothesis import given
from hypothesis import strategies as st

from app.delivery.domain.outcomes import Outcome, sum_up
from app.delivery.domain.ports import SendResult
from app.delivery.domain.shipment import Summary, summarise

RESULTS = st.lists(
    st.builds(
        SendResult,
        st.just("1.2"),
        st.sampled_from(Outcome),
        st.none() | st.integers(0, 0xFFFF),
        st.sampled_from(("", "no answer")),
    )
)


def test_nothing_to_send_is_accepted() -> None:
    assert summarise(()) == Summary(outcome=Outcome.ACCEPTED, status=None, detail="")


def test_one_file_gives_its_own_result() -> None:
    result = SendResult("1.2", Outcome.REFUSED, 0x0122, "why")

    assert summarise((result,)) == Summary(outcome=Outcome.REFUSED, status=0x0122, detail="why")


def test_many_files_say_how_many_were_accepted() -> None:
    results = (
        SendResult("1", Outcome.ACCEPTED, 0),
        SendResult("2", Outcome.BUSY, 0xA700),
        SendResult("3", Outcome.ACCEPTED, 0),
    )

    summary = summarise(results)

    assert summary == Summary(outcome=Outcome.BUSY, status=0xA700, detail="2 of 3 accepted")


@given(results=RESULTS)
def test_the_summary_is_one_of_the_results(results: list[SendResult]) -> None:
    summary = summarise(tuple(results))

    assert summary.outcome is sum_up(each.outcome for each in results)
    if results:
        assert (summary.outcome, summary.status) in {(e.outcome, e.status) for e in results}
