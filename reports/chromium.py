"""One headless Chromium: started, used, and removed with its temporary files, even if it hangs or crashes."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from choreographer import Browser, Tab
from choreographer.browsers import BrowserFailedError, Chromium
from choreographer.channels import ChannelClosedError

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 30
"""Time limit for all work in one Chromium."""

_DROPPED = {"--disable-web-security", "--allow-file-access-from-files"}
_ADDED = (
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--hide-scrollbars",
    "about:blank",
)

LOADED = "new Promise((is) => document.readyState === 'complete' ? is() : addEventListener('load', () => is()))"

T = TypeVar("T")


class Failed(Exception):
    """Chromium failed; the message is a clause that says how."""


class _Offline(Chromium):
    """Chromium without network access, with default security settings, writing only to its temporary folder."""

    def get_cli(self) -> Sequence[str]:
        return [*(argument for argument in super().get_cli() if argument not in _DROPPED), *_ADDED]

    def get_env(self) -> MutableMapping[str, str]:
        own = self.tmp_dir.path
        return {**os.environ, **{name: str(own) for name in ("TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}}


def find() -> str | None:
    """The path of Chromium: from `CHROMIUM`, else an installed one, else None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def run(path: str, work: Callable[[Tab], Awaitable[T]], seconds: float = SECONDS) -> T:
    """Start Chromium, run `work` on its first tab, stop it. Raises `Failed`, after `seconds` at the latest."""
    for name in ("choreographer", "browser_proc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not shutil.which(path):
        raise Failed(f"{path} is not a program that can be run")
    try:
        return asyncio.run(_run(path, work, seconds))
    except TimeoutError as error:
        raise Failed(f"{path} was not done after {seconds:g} seconds") from error
    except (BrowserFailedError, ChannelClosedError, asyncio.CancelledError) as error:
        raise Failed(f"{path} ended before it was done") from error
    except (OSError, RuntimeError) as error:
        raise Failed(f"{path} could not be used: {error}") from error


async def _run(path: str, work: Callable[[Tab], Awaitable[T]], seconds: float) -> T:
    # Chromium refuses to start its sandbox as root.
    browser = Browser(path, browser_cls=_Offline, enable_sandbox=os.geteuid() != 0)
    working = asyncio.ensure_future(_work(browser, work))
    try:
        done, _ = await asyncio.wait([working], timeout=seconds)
        if not done:
            raise TimeoutError
        return working.result()
    finally:
        await _end(browser)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _work(browser: Browser, work: Callable[[Tab], Awaitable[T]]) -> T:
    await browser.open()
    tab = browser.get_tab()
    if tab is None:
        raise Failed("Chromium opened no tab")
    return await work(tab)


async def _end(browser: Browser) -> None:
    """Kill all processes of it. It has nothing to save: its profile is thrown away."""
    if hasattr(browser, "subprocess"):
        with suppress(ProcessLookupError):
            os.killpg(browser.subprocess.pid, signal.SIGKILL)
        browser.subprocess.wait()
    # Closed first, or its reader would wait for words of a browser that is no more.
    browser._channel.close()
    await browser.close()


async def ask(tab: Tab, command: str, **params: Any) -> dict[str, Any]:
    """The answer to a command of the DevTools protocol. Raises `Failed` with what Chromium objects to."""
    answer = await tab.send_command(command, params)
    if "error" in answer:
        raise Failed(f"{command}: {answer['error']['message']}")
    return dict(answer["result"])


async def evaluate(tab: Tab, expression: str) -> Any:
    """What a script says in the page, once what it promises is kept."""
    answer = await ask(tab, "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
    if "exceptionDetails" in answer:
        raise Failed(answer["exceptionDetails"].get("exception", {}).get("description", "a script failed"))
    return answer["result"].get("value")


async def visit(tab: Tab, page: Path) -> None:
    """Open a file and wait until it is loaded."""
    answer = await ask(tab, "Page.navigate", url=page.resolve().as_uri())
    if "errorText" in answer:
        raise Failed(f"{page.name}: {answer['errorText']}")
    await evaluate(tab, LOADED)
