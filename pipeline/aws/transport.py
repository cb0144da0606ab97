"""Reading an answer to its end, but not for ever.

botocore's `read_timeout` is the longest pause between two receives: a service, or a proxy, that sends a byte a second
is never too slow for it. Here the whole body must come within the time that a call has.
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
    """botocore's HTTP session, with a limit for the time that one answer takes to come."""

    longest_seconds = 60.0

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Raises botocore's errors; `ReadTimeoutError` also for an answer that comes too slowly."""
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
    """What botocore's own session raises for an error of urllib3."""
    if isinstance(error, BotoCoreError):
        return error
    if isinstance(error, SocketTimeout):
        return ReadTimeoutError(endpoint_url=url, error=error)
    if isinstance(error, ProtocolError):
        return ConnectionClosedError(error=error, endpoint_url=url)
    return HTTPClientError(error=error)
