"""What a question says of the request: `--when key=value`, by a short name or by the condition key itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.policy.actions import find
from pipeline.settings import Refused

SHORT = {
    "mfa": "aws:MultiFactorAuthPresent",
    "ip": "aws:SourceIp",
    "vpc": "aws:SourceVpc",
    "endpoint": "aws:SourceVpce",
    "region": "aws:RequestedRegion",
    "tls": "aws:SecureTransport",
    "external-id": "sts:ExternalId",
    "time": "aws:CurrentTime",
    "service": "iam:PassedToService",
}
_BOOLEAN = {"yes": "true", "no": "false"}

Given = Mapping[str, tuple[str, ...]]
"""Values by condition key; none where the request does not carry the key."""


def given(texts: Iterable[str]) -> Given:
    """The known keys of a request. `key=` is a request without the key; a key given twice has both values.

    `mfa=no` is a long-term key, which sends no MFA key at all. Raises `Refused` for another form.
    """
    keys: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        key = SHORT.get(name.lower(), name)
        if not equals or ":" not in key:
            raise Refused(f"--when {text}: give key=value; a condition key, or one of {', '.join(SHORT)}")
        keys[key] = (*keys.get(key, ()), *(_values(key, value)))
    if keys.get(SHORT["mfa"]) == ():
        keys.setdefault("aws:MultiFactorAuthAge", ())
    return keys


def _values(key: str, value: str) -> tuple[str, ...]:
    if key == SHORT["mfa"] and value.lower() in ("no", ""):
        return ()
    word = _BOOLEAN.get(value.lower(), value) if key in (SHORT["mfa"], SHORT["tls"]) else value
    return (word,) if word else ()


def action_of(text: str) -> str:
    """The action as AWS spells it; one that the catalogue lacks as it is. Raises `Refused` if it is not one action."""
    service, _, name = text.partition(":")
    if not (service and name) or set("*? ") & set(text):
        raise Refused(f"{text}: name one action, as in s3:GetObject")
    entry = find(text)
    return entry.name if entry else text
