"""A dead man's switch: a URL that is asked for after each published night, so that its silence is noticed elsewhere.

The URL is a secret: who has it can pretend that nights are published. No message quotes it.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request

SECONDS, ATTEMPTS, PAUSE_SECONDS = 10, 3, 2.0


def beat(url: str) -> str | None:
    """Ask for the URL, a few times if need be. Returns None, or why it did not answer well."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        try:
            request = urllib.request.Request(url, headers={"User-Agent": "rolecall"})
            with urllib.request.urlopen(request, timeout=SECONDS):
                return None
        except urllib.error.HTTPError as error:
            problem = f"it answered {error.code}"
        except (OSError, ValueError) as error:
            problem = f"it could not be reached ({type(error).__name__})"
    return problem
