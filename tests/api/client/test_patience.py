"""A call is repeated while that may help, never twice in effect, and ends with what the service said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.client import AsyncClient, Busy, Client, Invalid, NotAllowed, Refused, Terms, Unknown, Unreachable
from tests.api.client.script import Reply, scripted

QUICK = Terms(timeout=5, retries=3, first=0.01, longest=0.02)
HEALTH = Reply(200, {"status": "ok", "generation": "7", "sites": 1, "servers": 2})
BOOKED = Reply(
    200,
    {
        "id": "a-1", "kind": "allocation", "state": "confirmed", "tenant": "acme", "name": "web",
        "start": "2027-01-01T00:00:00Z", "end": None, "said by a newer service": True,
    },
)  # fmt: skip
BUSY = Reply(503, {"code": "server.busy", "detail": "too many wait"}, {"Retry-After": "0"})
Does = Callable[[str, str, Terms], Any]


def waiting(url: str, does: str, terms: Terms = QUICK) -> Any:
    with Client(url, "secret", terms) as client:
        return _operation(client, does)


def awaiting(url: str, does: str, terms: Terms = QUICK) -> Any:
    async def run() -> Any:
        async with AsyncClient(url, "secret", terms) as client:
            return await _operation(client, does)

    return asyncio.run(run())


def _operation(client: Client | AsyncClient, does: str) -> Any:
    return client.health() if does == "health" else client.commit("p-1")


both = pytest.mark.parametrize("ask", [waiting, awaiting])


@both
def test_a_busy_service_is_asked_again(ask: Does) -> None:
    with scripted(BUSY, Reply(429, {"code": "rate.exceeded"}), Reply(502, "<html>"), HEALTH) as server:
        assert ask(server.url, "health", QUICK).generation == "7"
    assert len(server.heard) == 4
    assert {each.headers["authorization"] for each in server.heard} == {"Bearer secret"}


@both
def test_a_booking_keeps_its_key_and_its_request_id_over_repeats(ask: Does) -> None:
    with scripted(BUSY, Reply(0), BOOKED) as server:
        assert ask(server.url, "commit", QUICK).state == "confirmed"
        ask(server.url, "commit", QUICK)
    first, *repeats, other = [each.headers["idempotency-key"] for each in server.heard]
    assert repeats == [first, first]
    assert other != first, "another call is another booking"
    assert len({each.headers["x-request-id"] for each in server.heard}) == 2


@both
def test_it_gives_up_and_says_what_the_service_said(ask: Does) -> None:
    with scripted(BUSY) as server, pytest.raises(Busy, match=r"server\.busy: too many wait"):
        ask(server.url, "health", QUICK)
    assert len(server.heard) == 1 + QUICK.retries


@both
def test_nobody_there(ask: Does) -> None:
    with scripted(HEALTH) as server:
        url = server.url
    with pytest.raises(Unreachable):
        ask(url, "health", QUICK)


@both
def test_an_answer_that_takes_too_long_is_none(ask: Does) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begin = time.perf_counter()
        with pytest.raises(Unreachable):
            ask(url, "health", Terms(timeout=0.1, retries=1, first=0.01))
    assert 0.2 <= time.perf_counter() - begin < 5


@pytest.mark.parametrize(
    ("status", "code", "raised"),
    [
        (400, "request.malformed", Invalid),
        (422, "manifest.invalid", Invalid),
        (401, "key.unknown", NotAllowed),
        (403, "scope.missing", NotAllowed),
        (404, "plan.unknown", Unknown),
        (409, "capacity.waiting", Refused),
        (422, "capacity.exceeds", Refused),
        (412, "generation.stale", Refused),
    ],
)
def test_what_repeats_would_not_change_is_told_at_once(status: int, code: str, raised: type[Exception]) -> None:
    said, told = Reply(status, {"code": code, "detail": "so it is"}), f"^{code}: so it is$"
    with scripted(said) as server, pytest.raises(raised, match=told):
        waiting(server.url, "commit")
    assert len(server.heard) == 1


def test_a_refusal_has_its_shortfall_and_explanation() -> None:
    content = {
        "code": "capacity.waiting", "detail": "not now", "shortfall": {"cpu": "6"},
        "explanation": {"fits": 4, "when": "2027-01-01T00:00:00Z", "reasons": ["cpu"], "helps": ["4 instead of 10"]},
    }  # fmt: skip
    with scripted(Reply(409, content, {"X-Request-Id": "r-1"})) as server, pytest.raises(Refused) as refused:
        waiting(server.url, "commit")
    told = refused.value
    assert told.explanation is not None
    assert (told.code, told.shortfall, told.explanation.fits) == ("capacity.waiting", {"cpu": "6"}, 4)
    assert (told.explanation.when, told.explanation.helps) == ("2027-01-01T00:00:00Z", ("4 instead of 10",))
    assert told.request == "r-1"


def test_an_error_of_somebody_on_the_way_is_told_too() -> None:
    with scripted(Reply(404, "<html>not here</html>")) as server, pytest.raises(Unknown, match="no problem document"):
        waiting(server.url, "health")


def test_it_waits_as_long_as_it_is_told() -> None:
    told = Reply(503, {"code": "server.busy"}, {"Retry-After": "0.3"})
    with scripted(told, HEALTH) as server:
        begin = time.perf_counter()
        waiting(server.url, "health")
    assert time.perf_counter() - begin >= 0.3


@pytest.mark.parametrize("form", [lambda: "3600", lambda: format_datetime(datetime.now(UTC) + timedelta(hours=1))])
def test_it_does_not_wait_past_its_patience(form: Callable[[], str]) -> None:
    told = Reply(429, {"code": "rate.exceeded"}, {"Retry-After": form()})
    with scripted(told, HEALTH) as server, pytest.raises(Busy) as busy:
        waiting(server.url, "health")
    assert busy.value.retry_after == pytest.approx(3600, abs=5)
    assert len(server.heard) == 1


@given(st.integers(0, 60), st.none() | st.floats(0, 100))
def test_pauses_grow_up_to_a_limit_and_are_never_shorter_than_told(repeat: int, told: float | None) -> None:
    terms = Terms(first=0.2, longest=10)
    pause = terms.pause(repeat, told)
    assert pause >= max(told or 0, min(10, 0.2 * 2**repeat) / 2)
    assert pause <= max(told or 0, 10)


def _sse(*events: tuple[str, str]) -> str:
    told = '{"id": "s-1", "state": "running", "location": "/v1/plans/s-1"}'
    return ": ping\n\n" + "".join(f"event: {event}\nid: {number}\ndata: {told}\n\n" for event, number in events)


def test_events_go_on_where_the_connection_broke() -> None:
    replies = [
        Reply(200, _sse(("progress", "1"), ("progress", "2")), cut=True),
        Reply(0),
        Reply(200, _sse(("progress", "3"), ("closing", ""))),
        Reply(200, _sse(("done", "end"))),
    ]
    with scripted(*replies) as server, Client(server.url, None, QUICK) as client:
        assert [each.event for each in client.plan_events("s-1")] == ["progress"] * 3 + ["done"]
    assert [each.headers.get("last-event-id") for each in server.heard] == [None, "2", "2", "3"]


def test_events_that_never_come_to_an_end_are_given_up() -> None:
    with scripted(Reply(200, "")) as server, Client(server.url, None, QUICK) as client, pytest.raises(Unreachable):
        list(client.plan_events("s-1"))


def test_lines_that_are_cut_off_are_told() -> None:
    whole = '{"generation": "1", "fits": 1, "refused": []}\n'
    with scripted(Reply(200, whole, cut=True)) as server, Client(server.url, None, QUICK) as client:
        lines = client.explain_lines([])
        assert next(lines).fits == 1
        with pytest.raises(Unreachable):
            next(lines)
