"""moto for every service without an extension, in the caller's account."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

from moto.core.request import Request

from demo.emulator.errors import ApiError
from demo.emulator.wire import Reply, write_error


@cache
def _application() -> Any:
    # Imported late: it is the slow half of moto, and most runs never need it.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    return DomainDispatcherApplication(create_backend_app)


def not_emulated(service: str, operation: str) -> Reply:
    """The answer to an operation that is not emulated."""
    message = f"{service}:{operation} is not emulated by the Rolecall demo"
    return write_error(service, ApiError("NotImplementedByEmulator", message, 501))


def ask_moto(request: Request, service: str, operation: str, account_id: str) -> Reply:
    """moto's answer; unsupported operations become an error in the service's protocol, never an HTML page."""
    environ = {**request.environ, "HTTP_X_MOTO_ACCOUNT_ID": account_id}
    environ["wsgi.input"] = io.BytesIO(request.get_data())
    environ.pop("werkzeug.request", None)
    seen: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        seen.update(status=int(status.split()[0]), headers=dict(headers))

    try:
        body = b"".join(_application()(environ, start))
    except Exception:  # moto raises NotImplementedError and whatever an unfinished backend meets
        return not_emulated(service, operation)
    kind = seen["headers"].get("Content-Type", "")
    if seen["status"] >= 400 and ("html" in kind or not _speaks(body)):
        return not_emulated(service, operation)
    return Reply(seen["status"], body, seen["headers"])


def _speaks(body: bytes) -> bool:
    """Whether an error's body is a service's (XML or JSON with a name in it)."""
    text = body.lstrip()
    if text.startswith(b"<"):
        return b"<Code>" in text
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
