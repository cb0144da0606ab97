"""A time limit for reading a complete response.

botocore's `read_timeout` limits the pause between two receives: a service or proxy that sends a byte per second never
exceeds it. Here the whole body must arrive within the time limit of a call.
"""

from __future__ import annotations

import time
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import BotoCoreError, ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import ProtocolError
from urllib3.exceptions import ReadTimeoutError as SocketTimeout

CHUNK = 1 << 16
# An answer longer than this is none of AWS's: the largest page of what is asked has some 20 MB.
LONGEST_BODY = 1 << 28


class TimedSession(URLLib3Session):  # type: ignore[misc]
    """botocore's HTTP session with a time limit for one complete response."""

    longest_seconds = 60.0

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Raises botocore's errors; `ReadTimeoutError` also for a response that exceeds the time limit."""
        ends = time.monotonic() + self.longest_seconds
        is_streamed, request.stream_output = request.stream_output, True
        try:
            response = super().send(request)
        finally:
            request.stream_output = is_streamed
        if not is_streamed:
            response._content = self._body(request.url, response.raw, ends)
        return response

    def _body(self, url: str, raw: Any, ends: float) -> bytes:
        parts, length = [], 0
        try:
            while part := raw.read1(CHUNK):
                parts.append(part)
                length += len(part)
                if time.monotonic() > ends:
                    raise ReadTimeoutError(endpoint_url=url, error=f"not whole after {self.longest_seconds:g} seconds")
                if length > LONGEST_BODY:
                    raise HTTPClientError(error=f"an answer of more than {LONGEST_BODY} bytes")
        except Exception as error:
            raw.close()  # what is left of this answer must not be read as the next one
            raise _as_of_botocore(url, error) from error
        return b"".join(parts)


def _as_of_botocore(url: str, error: Exception) -> Any:
    """The botocore exception for a urllib3 error."""
    if isinstance(error, BotoCoreError):
        return error
    if isinstance(error, SocketTimeout):
        return ReadTimeoutError(endpoint_url=url, error=error)
    if isinstance(error, ProtocolError):
        return ConnectionClosedError(error=error, endpoint_url=url)
    return HTTPClientError(error=error)
