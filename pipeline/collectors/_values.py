"""Conversion of boto3 values to column values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from pipeline.collectors._keys import masked
from pipeline.schema import Column

TAGS = Column("tags", "json", 'Tags as an object: {"key": "value"}', required=True)


def compact(value: Any) -> str:
    """Compact JSON text, keys in the given order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_moment)


def document(value: Any) -> str | None:
    """A policy document, decoded or as text, as JSON text; unparsable text is returned unchanged."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            # boto3 leaves a document that it could not parse as it came: percent-encoded.
            return unquote(value) if value.startswith("%") else value
    return None if value is None else compact(value)


def tags(items: Iterable[dict[str, str]] | None) -> str:
    """AWS's list of Key and Value as one JSON object, sorted; access keys are masked (the console adds their ids)."""
    return tag_map({item["Key"]: item["Value"] for item in items or ()})


def tag_map(pairs: Mapping[str, str]) -> str:
    """Like `tags`, for responses with tags as one object."""
    return compact({masked(key): masked(value) for key, value in sorted(pairs.items())})


def utc(moment: datetime | None) -> datetime | None:
    """A timestamp as naive UTC."""
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(UTC).replace(tzinfo=None)


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{utc(value):%Y-%m-%dT%H:%M:%SZ}"
    raise TypeError(f"{type(value).__name__} has no JSON form here")
