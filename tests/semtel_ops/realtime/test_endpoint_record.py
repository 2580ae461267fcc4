"""When a run leaves an endpoint: soon if it never answered, late if it did, never for one bad request."""

import pytest

from semtel_ops.errors import EndpointError, EndpointErrorKind
from semtel_ops.realtime.endpoint_record import EndpointRecord, Patience

UNUSABLE = (EndpointErrorKind.AUTH, EndpointErrorKind.DEPLOYMENT)
UNANSWERED = (
    EndpointErrorKind.RATE_LIMITED,
    EndpointErrorKind.OVERLOADED,
    EndpointErrorKind.SERVER_ERROR,
    EndpointErrorKind.TIMEOUT,
    EndpointErrorKind.CONNECTION,
    EndpointErrorKind.MALFORMED,
    EndpointErrorKind.WITHHELD,
)
DECLINED = (EndpointErrorKind.BAD_REQUEST, EndpointErrorKind.UNSUPPORTED)
FINAL = (EndpointErrorKind.CONTENT_FILTER, EndpointErrorKind.CONTEXT_LENGTH)


def test_the_kinds_of_failure_here_are_all_there_are() -> None:
    assert {*UNUSABLE, *UNANSWERED, *DECLINED, *FINAL} == set(EndpointErrorKind)


class History:
    """One endpoint's record, and the requests that go to it one after another, or several at once."""

    def __init__(self) -> None:
        self.record = EndpointRecord(Patience(give_up_s=120.0, outage_s=3_600.0))
        self.requests = 0

    def fails(self, kind: EndpointErrorKind, at: float, *, request: str | None = None, together: int = 1) -> str | None:
        """What is decided after so many requests, sent at once at `at`, have failed at once."""
        self.requests += 1
        numbers = [self.record.sent() for _ in range(together)]
        error = EndpointError("refused", kind=kind)
        reasons = [
            self.record.failed(error, request or f"{self.requests}.{number}", number=number, started_at=at, now=at)
            for number in numbers
        ]
        return next(filter(None, reasons), None)

    def answers(self) -> None:
        self.record.succeeded(self.record.sent())


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_endpoint_that_never_answered_is_left_at_the_third_refusal(kind: EndpointErrorKind) -> None:
    history = History()
    assert [history.fails(kind, at) for at in (0.0, 0.5)] == [None, None]
    assert history.fails(kind, 1.5) == "it refused all of 3 tries"


def test_requests_that_were_under_way_together_are_one_try() -> None:
    assert History().fails(EndpointErrorKind.AUTH, 0.0, together=50) is None


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_endpoint_that_has_answered_is_left_after_seconds_of_refusals_of_several_requests(kind: EndpointErrorKind) -> None:
    history = History()
    history.answers()
    assert [history.fails(kind, at) for at in (0.0, 1.0, 2.0, 9.9)] == [None] * 4
    assert history.fails(kind, 10.0) == "it refused all of 5 tries"


def test_one_request_that_is_always_refused_does_not_cost_an_endpoint_that_answers_others() -> None:
    history = History()
    history.answers()
    assert not any(history.fails(EndpointErrorKind.AUTH, float(at), request="c3") for at in range(100))


def test_an_answer_clears_all_suspicion() -> None:
    history = History()
    for at in range(500):
        kind = (*UNUSABLE, *UNANSWERED, *DECLINED)[at % 10]
        assert history.fails(kind, at * 60.0) is None
        history.answers()


@pytest.mark.parametrize("kind", UNANSWERED)
def test_an_endpoint_that_never_answered_may_fail_for_two_minutes(kind: EndpointErrorKind) -> None:
    history = History()
    assert not any(history.fails(kind, float(at)) for at in range(120))
    assert history.fails(kind, 120.0) == "it has not answered for 2 min, 121 requests failed"


@pytest.mark.parametrize("kind", UNANSWERED)
def test_the_outage_of_an_endpoint_that_has_answered_is_waited_out_for_an_hour(kind: EndpointErrorKind) -> None:
    history = History()
    history.answers()
    assert not any(history.fails(kind, float(at)) for at in range(0, 3_600, 10))
    assert history.fails(kind, 3_600.0) is not None


def test_a_few_slow_timeouts_are_no_evidence() -> None:
    history = History()
    assert not any(history.fails(EndpointErrorKind.TIMEOUT, at) for at in (0.0, 600.0, 1_200.0, 1_800.0))
    assert history.fails(EndpointErrorKind.TIMEOUT, 2_400.0) is not None


@pytest.mark.parametrize(("kind", "enough"), zip(DECLINED, (20, 5), strict=True))
def test_an_endpoint_that_declines_whatever_it_gets_is_left(kind: EndpointErrorKind, enough: int) -> None:
    history = History()
    assert not any(history.fails(kind, 0.0) for _ in range(enough - 1))
    assert history.fails(kind, 0.0) == f"it declined {enough} requests in a row"


@pytest.mark.parametrize("kind", DECLINED)
def test_requests_that_were_under_way_before_may_still_be_answered(kind: EndpointErrorKind) -> None:
    """A refusal takes milliseconds, an answer seconds."""
    history = History()
    slow = history.record.sent()
    assert not any(history.fails(kind, 0.0) for _ in range(500))
    history.record.succeeded(slow)
    assert not any(history.fails(kind, 0.0) for _ in range(99))


@pytest.mark.parametrize("kind", DECLINED)
def test_requests_that_were_under_way_before_and_are_declined_too_are_evidence(kind: EndpointErrorKind) -> None:
    history = History()
    assert history.fails(kind, 0.0, together=64) is not None


@pytest.mark.parametrize("kind", DECLINED)
def test_an_endpoint_that_has_answered_may_decline_many(kind: EndpointErrorKind) -> None:
    history = History()
    history.answers()
    assert not any(history.fails(kind, 0.0) for _ in range(99))
    assert history.fails(kind, 0.0) is not None


@pytest.mark.parametrize("kind", FINAL)
def test_the_refusal_of_one_input_is_an_answer(kind: EndpointErrorKind) -> None:
    history = History()
    assert not any(history.fails(kind, float(at)) for at in range(10_000))
    assert history.record.answered


def test_what_answered_another_task_of_the_run_is_waited_for_until_an_hour_after_that() -> None:
    history = History()
    history.record = EndpointRecord(Patience(), now=0.0, answered_s_ago=1_800.0)
    assert not any(history.fails(EndpointErrorKind.CONNECTION, float(at)) for at in range(0, 1_800, 10))
    assert history.fails(EndpointErrorKind.CONNECTION, 1_800.0) == "it has not answered for 1 h, 181 requests failed"


def test_an_answer_to_another_task_long_ago_does_not_count() -> None:
    assert not EndpointRecord(Patience(), now=0.0, answered_s_ago=3_600.0).answered
