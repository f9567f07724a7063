"""A mail server that keeps nothing and costs little, so that whoever sends is what is measured.

`python -m tests.load.sink` prints the port that it has taken, then of each message that it accepted, when (by the monotonic clock,
which every process of a machine shares) and its Message-ID.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import uvloop


class _Session(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = bytearray()
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Whether there may be more to do with what was received."""
        end = b"\r\n.\r\n" if self._in_data else b"\r\n"
        found, separator, rest = self._received.partition(end)
        if not separator:
            return False
        self._received = rest
        if self._in_data:
            self._accept(bytes(found))
        else:
            self._answer(bytes(found[:4]).upper())
        return True

    def _accept(self, message: bytes) -> None:
        self._in_data = False
        self._transport.write(b"250 accepted\r\n")
        _, _, rest = message.partition(b"\r\nMessage-ID: ")
        print(time.monotonic(), rest.partition(b"\r\n")[0].decode())

    def _answer(self, command: bytes) -> None:
        self._in_data = command == b"DATA"
        if self._in_data:
            self._transport.write(b"354 go on\r\n")
        elif command == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 fine\r\n")


async def serve() -> None:
    """Answers until it is ended."""
    server = await asyncio.get_running_loop().create_server(_Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    uvloop.run(serve())
