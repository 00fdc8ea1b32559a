"""Messages over a socket: whole, or the other side is gone, which is no other error."""

from __future__ import annotations

import socket

import pytest

from api.workers import wire


def test_messages_come_whole_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for message in ("one", {"two": [2] * 10_000}):
            wire.send(ours, message)
            assert wire.waiting(theirs)
            assert wire.receive(theirs) == message
        assert not wire.waiting(theirs)


def test_who_sends_or_receives_learns_that_the_other_side_is_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        assert wire.waiting(ours)
        with pytest.raises(EOFError, match="gone"):
            wire.receive(ours)
        with pytest.raises(EOFError, match="gone"):
            wire.send(ours, "nobody")
