"""The client of the demo: what it says when the platform says no."""

import httpx
import pytest

from app.demo.play.api import Api, StepMissed, wait_for


def make_api(answer: httpx.Response) -> Api:
    transport = httpx.MockTransport(lambda _request: answer)
    return Api(httpx.Client(base_url="http://127.0.0.1", transport=transport))


def test_an_answer_is_read() -> None:
    assert make_api(httpx.Response(200, json={"id": 7})).get("/api/v1/cases/7") == {"id": 7}


def test_an_empty_answer_is_nothing() -> None:
    assert make_api(httpx.Response(204)).post("/api/v1/cases/7/claim") is None


def test_a_problem_is_told_in_its_own_words() -> None:
    problem = {"title": "Conflict", "detail": "case 7 is read by Dr Ossalois"}

    with pytest.raises(StepMissed, match=r"/claim was answered 409: case 7 is read by Dr Ossalois"):
        make_api(httpx.Response(409, json=problem)).post("/api/v1/cases/7/claim")


def test_an_answer_that_is_no_problem_document_is_told_too() -> None:
    with pytest.raises(StepMissed, match="502: Bad Gateway"):
        make_api(httpx.Response(502, text="<html>")).get("/")


def test_what_is_seen_late_is_seen() -> None:
    looks = iter([None, None, "there"])

    assert wait_for("it", lambda: next(looks), within_s=5) == "there"


def test_what_is_never_seen_is_named() -> None:
    with pytest.raises(StepMissed, match=r"the case was not seen within 0 s"):
        wait_for("the case", lambda: None, within_s=0.05)
