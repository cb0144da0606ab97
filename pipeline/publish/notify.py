"""Sends notifications through Apprise (Slack, Teams, e-mail and many more) and SNS.

A target is an SNS topic, or an Apprise URL in an environment variable. Such a URL is a secret: messages about a target
name its variable and never quote the library, whose messages may contain parts of it.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from pipeline.publish.digest import Message
from pipeline.settings import Refused, Settings

TOPIC = re.compile(r"arn:aws[\w-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[\w-]{1,256}(?P<fifo>\.fifo)?")
VARIABLE = re.compile(r"[A-Za-z_]\w*")
SERVICE_SECONDS, CONNECT_SECONDS, READ_SECONDS = 30, 5, 10
SUBJECT_CHARACTERS, MESSAGE_BYTES = 100, 256 * 1024
ATTACHMENT_BYTES = 5 * 1024 * 1024
"""Larger files are omitted: mail servers often reject more than 10 MB, and base64 adds a third."""

_STATUS = re.compile(r"\berror=(\d{3})\b")


class Target(Protocol):
    """A notification target, named as in the settings."""

    @property
    def name(self) -> str: ...

    def tell(self, message: Message, files: Sequence[Path]) -> str | None:
        """Send a message. Returns None, or why it was not accepted, without secrets."""


@dataclass(frozen=True)
class Topic:
    """An SNS topic, called in its own Region with boto3's credentials. Attachments are not supported."""

    name: str
    region: str
    is_fifo: bool

    def tell(self, message: Message, files: Sequence[Path]) -> str | None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        once = {"total_max_attempts": 2, "mode": "standard"}
        config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries=once)
        order = {"MessageGroupId": "rolecall", "MessageDeduplicationId": uuid4().hex} if self.is_fifo else {}
        try:
            boto3.Session().client("sns", region_name=self.region, config=config).publish(
                TopicArn=self.name,
                Subject=message.title.encode("ascii", "replace").decode()[:SUBJECT_CHARACTERS],
                Message=message.text.encode()[:MESSAGE_BYTES].decode(errors="ignore"),
                **order,
            )
        except ClientError as error:
            return f"SNS answered {error.response['Error']['Code']}"
        except (BotoCoreError, ValueError) as error:
            return f"SNS could not be asked ({type(error).__name__})"
        return None


@dataclass(frozen=True)
class Service:
    """A service supported by Apprise. `plugin` contains the URL with its secrets."""

    name: str
    plugin: Any = field(repr=False)

    def tell(self, message: Message, files: Sequence[Path]) -> str | None:
        """Send HTML if that is the service's native format (e-mail), else text, which Apprise escapes as needed."""
        apprise = _library()
        formats = apprise.NotifyFormat
        if self.plugin.resolve_format() is formats.HTML:
            body, body_format = message.html, formats.HTML
        else:
            body, body_format = message.text, formats.TEXT
            if self.plugin.resolve_format(body_format) is formats.MARKDOWN:
                body = body.replace("\n", "\n\n")  # Markdown runs lines together
        sender = apprise.Apprise(asset=self.plugin.asset)
        sender.add(self.plugin)
        attach = attachments(files) if self.plugin.attachment_support else []
        try:
            result = sender.notify(body, title=message.title, body_format=body_format, attach=attach or None)
        except Exception as error:  # whatever a plugin raises: the others are still to be told
            return f"the message was not sent ({type(error).__name__})"
        if result:
            return None
        if result.timeout_count:
            return f"it did not take the message within {SERVICE_SECONDS} seconds"
        status = next((match[1] for log in result.logs() if (match := _STATUS.search(log.message))), None)
        return f"it answered {status}" if status else "it could not be reached, or did not take the message"


def targets(settings: Settings) -> list[Target]:
    """The targets in the settings. Raises `Refused` with the invalid entry or variable, without secrets."""
    return [_target(entry, place) for place, entry in enumerate(dict.fromkeys(settings.notify), start=1)]


def send(whom: Sequence[Target], message: Message, files: Sequence[Path] = ()) -> list[str]:
    """Send to each target, regardless of earlier failures. Returns a sentence for each failure."""
    told = ((target, _told(target, message, files)) for target in whom)
    return [f"{target.name}: {why}" for target, why in told if why]


def _told(target: Target, message: Message, files: Sequence[Path]) -> str | None:
    try:
        return target.tell(message, files)
    except Exception as error:  # its words may be an address with a password
        return f"{type(error).__name__} of the notifier"


def attachments(files: Sequence[Path]) -> list[Any]:
    """The files that exist and are not too large, read into memory."""
    memory: Any = import_module("apprise.attachment.memory")
    paths = []
    for file in files:
        if file.is_file() and file.stat().st_size <= ATTACHMENT_BYTES:
            kind = "application/pdf" if file.suffix == ".pdf" else None
            paths.append(memory.AttachMemory(file.read_bytes(), name=file.name, mimetype=kind))
    return paths


def _target(entry: str, place: int) -> Target:
    where = f"Settings: notify: entry {place}"
    if topic := TOPIC.fullmatch(entry):
        return Topic(entry, topic["region"], topic["fifo"] is not None)
    if not VARIABLE.fullmatch(entry):
        # Not quoted: it may be a URL with its secrets.
        raise Refused(
            f"{where} is neither the ARN of an SNS topic nor the name of an environment variable; put a URL into a "
            "variable and name that here"
        )
    url = os.environ.get(entry, "").strip()
    if not url:
        raise Refused(f"{where}: the variable {entry} is not set; put an Apprise URL into it")
    plugin = _library().Apprise.instantiate(url, asset=_asset())
    if plugin is None:
        raise Refused(
            f"{where}: the variable {entry} holds no URL that Apprise can use; expected one such as slack://..., "
            "workflows://... or mailto://..."
        )
    return Service(entry, plugin)


def _library() -> Any:
    """Apprise, imported on first use, with logging disabled: its log may contain parts of a URL."""
    import apprise

    log = logging.getLogger("apprise")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return apprise


def _asset() -> Any:
    """Apprise settings: no storage on disk, no remote images, no emoji conversion of names, and a time limit."""
    return _library().AppriseAsset(
        app_id="Rolecall",
        app_desc="Rolecall",
        app_url="",
        image_url_mask="",
        image_path_mask=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
        interpret_emojis=False,
        allow_templates=False,
        service_timeout=SERVICE_SECONDS,
    )
