"""Loopback receivers of messages: an HTTP server and an SMTP server that keep what they were sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


@dataclass
class Receiver:
    """What came in, in order, and where it comes in. A path of `/403` is answered so; `/silent` never is."""

    port: int = 0
    got: list[Any] = field(default_factory=list)


@contextmanager
def http() -> Iterator[Receiver]:
    receiver, over = Receiver(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/silent"):
                over.wait(30)
            elif self.path.startswith("/403"):
                self.send_error(403)
            else:
                is_json = self.headers["Content-Type"] == "application/json"
                receiver.got.append(json.loads(body) if is_json else body)
                self.send_response(200)
                self.end_headers()

        def do_GET(self) -> None:
            receiver.got.append(self.path)
            self.send_response(403 if self.path.startswith("/403") else 200)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        receiver.port = server.server_port
        try:
            yield receiver
        finally:
            over.set()
            server.shutdown()


@contextmanager
def smtp() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
            content = cast(bytes, envelope.content)
            receiver.got.append(cast(EmailMessage, message_from_bytes(content, policy=policy.default)))
            return "250 taken"

    class AnyPort(Controller):
        def _trigger_server(self) -> None:
            """Called once it listens, to connect to it for the first time: by now it has a port."""
            self.port = receiver.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    controller = AnyPort(Handler(), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
