"""An answer has a time to come in, however it comes; what is slow, cut or endless is over by then."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from pipeline.aws.transport import TimedSession

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that reads each request and lets `speak` answer it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    try:
                        speak(connection)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def fetch(url: str, seconds: float = 0.5) -> bytes:
    session = TimedSession(timeout=seconds)
    session.longest_seconds = seconds
    try:
        body: bytes = session.send(AWSRequest(method="GET", url=url).prepare()).content
        return body
    finally:
        session.close()


def drip(connection: socket.socket, head: bytes, piece: bytes) -> None:
    connection.sendall(head)
    for _ in range(200):
        connection.sendall(piece)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (HEAD + b"content-length: 200\r\n\r\n", b"x"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (HEAD + b"\r\n", b"x"),
    ],
)
def test_a_slow_drip_is_a_timeout(head: bytes, piece: bytes) -> None:
    with server(lambda connection: drip(connection, head, piece)) as url:
        started = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            fetch(url)
        assert time.monotonic() - started < 5


def test_a_stall_in_the_body_is_a_timeout() -> None:
    def stall(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"content-length: 10\r\n\r\nabc")
        time.sleep(3)

    with server(stall) as url, pytest.raises(ReadTimeoutError):
        fetch(url)


def test_a_chunk_that_is_cut_is_a_closed_connection() -> None:
    with (
        server(lambda c: c.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\nff\r\nabc")) as url,
        pytest.raises(ConnectionClosedError),
    ):
        fetch(url)


def test_a_whole_answer_is_read_in_pieces() -> None:
    body = b"0123456789" * 30_000
    with server(lambda c: c.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)) as url:
        assert fetch(url, 20) == body
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body), body) for _ in range(2)) + b"0\r\n\r\n"
    with server(lambda c: c.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunks)) as url:
        assert fetch(url, 20) == body * 2
