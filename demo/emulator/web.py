"""A threaded HTTP/1.1 server with keep-alive on loopback, able to damage a response on the wire.

werkzeug's own server closes the connection after every response and waits 10 ms for it, so it is not used.
"""

from __future__ import annotations

import io
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from moto.core.request import Request

from demo.emulator.wire import Reply

Answer = Callable[[Request], Reply]
Clock = Callable[[], datetime]


class LoopbackServer(ThreadingHTTPServer):
    """Serves ``answer`` on 127.0.0.1; the ``Date`` header comes from ``clock``."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, answer: Answer, clock: Clock) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.clock = clock

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up; report anything else on stderr."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LoopbackServer

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        reply = self.server.answer(Request(self._environ(body)))
        try:
            self._send(reply)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

    def handle_expect_100(self) -> bool:
        """Answer at once: boto3 waits a second for this before it sends an object's body."""
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(path, "latin-1"),
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _send(self, reply: Reply) -> None:
        if reply.delay_seconds:
            time.sleep(reply.delay_seconds)
        if reply.damage == "reset":
            self._reset()
            return
        body = reply.body
        if reply.damage == "malformed":
            body = body[: len(body) // 2]
        self.send_response_only(reply.status)
        self.send_header("Date", format_datetime(self.server.clock(), usegmt=True))
        for name, value in reply.headers.items():
            if name.lower() not in ("content-length", "date", "connection", "status"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.damage == "truncate":
            body = body[: len(body) // 2]
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _reset(self) -> None:
        """End the connection with a TCP reset instead of an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the calls are counted, not logged."""
