"""Messages between the server and its workers: pickles over a socket, each after its length."""

from __future__ import annotations

import pickle
import select
import socket
import struct
from typing import Any

_HEAD = struct.Struct("!Q")


def packed(message: object) -> bytes:
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _HEAD.pack(len(content)) + content


def send(to: socket.socket, message: object) -> None:
    """Raises EOFError when the other side is gone."""
    try:
        to.sendall(packed(message))
    except ConnectionError as error:
        raise EOFError("the other side is gone") from error


def receive(of: socket.socket) -> Any:
    """Waits for a whole message. Raises EOFError when the other side is gone."""
    return pickle.loads(_exactly(of, _HEAD.unpack(_exactly(of, _HEAD.size))[0]))


def waiting(of: socket.socket, seconds: float = 0.0) -> bool:
    """Whether something is there to be received, or the other side is gone."""
    return bool(select.select([of], [], [], seconds)[0])


def _exactly(of: socket.socket, size: int) -> bytearray:
    content = bytearray(size)
    view = memoryview(content)
    while view:
        try:
            count = of.recv_into(view)
        except ConnectionError:
            count = 0
        if not count:
            raise EOFError("the other side is gone")
        view = view[count:]
    return content


class Unpacker:
    """Puts messages together from the pieces that arrive."""

    def __init__(self) -> None:
        self._content = bytearray()

    def feed(self, piece: bytes) -> list[Any]:
        """The messages that are whole now."""
        self._content += piece
        found = []
        while len(self._content) >= _HEAD.size:
            end = _HEAD.size + _HEAD.unpack_from(self._content)[0]
            if len(self._content) < end:
                break
            found.append(pickle.loads(memoryview(self._content)[_HEAD.size : end]))
            del self._content[:end]
        return found
