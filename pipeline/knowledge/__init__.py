"""Knowledge about AWS that no package provides: TOML files, each with a head on its provenance and validity.

A head has the source of the facts (`source`), the date they were read (`read_on`), how the file is made (`made_by`: by
hand, or by `make knowledge`), until when it counts as current (`valid_until`), and how the product treats names that
are not in the file (`off_list`): they are missing from a list of a certain date, which is not a fact about AWS.
`data_of` is the date of the source's data, if older than the reading.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

HEAD = "head"
MAKERS = ("hand", "make knowledge")


class KnowledgeError(ValueError):
    """An invalid knowledge file; the message has the file and the problem."""


@dataclass(frozen=True)
class Head:
    """Provenance and validity of a file."""

    title: str
    """The content of the file, in one sentence."""
    source: tuple[str, ...]
    """URLs, or packages with versions, that the facts are from."""
    read_on: date
    made_by: str
    """One of `MAKERS`."""
    valid_until: date
    off_list: str
    """How the product treats names that are not in the file, in one sentence."""
    data_of: date | None = None
    """Date of the source's data, if older than the day on which it was read."""

    @property
    def day(self) -> date:
        """The date of the facts."""
        return self.data_of or self.read_on

    def is_past(self, day: date) -> bool:
        """Whether the file should have been checked against its sources again by that date."""
        return day > self.valid_until


@dataclass(frozen=True)
class Knowledge:
    """A file: its name without `.toml`, its head, and the remaining TOML data."""

    name: str
    head: Head
    facts: Mapping[str, Any]

    @property
    def off_list(self) -> str:
        """The name of the list for messages: `Rolecall's list of 2026-11-27`."""
        return f"Rolecall's list of {self.head.read_on}"


@cache
def names() -> tuple[str, ...]:
    """Every file, by its name without `.toml`, in order."""
    file_names = (file.name for file in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in file_names if name.endswith(".toml")))


@cache
def load(name: str) -> Knowledge:
    """A file by its name without `.toml`. Raises `KnowledgeError`."""
    return parse(name, files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Knowledge:
    """A file from its text. Raises `KnowledgeError`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"knowledge/{name}.toml: {error}") from error
    problems = [*_problems(tables.get(HEAD, {}))]
    if problems:
        raise KnowledgeError(f"knowledge/{name}.toml: [head] {'; '.join(problems)}")
    head = tables.pop(HEAD)
    return Knowledge(name, Head(**{**head, "source": tuple(head["source"])}), tables)


def heads() -> Mapping[str, Head]:
    """The head of every file, by its name without `.toml`."""
    return {name: load(name).head for name in names()}


def past(day: date) -> Iterator[str]:
    """A line for each file that should have been checked against its sources again before that date."""
    for name, head in heads().items():
        if head.is_past(day):
            yield f"{name}: {head.title} was to be read again by {head.valid_until}"


def _problems(head: Mapping[str, Any]) -> Iterator[str]:
    kinds = {"title": str, "source": list, "read_on": date, "made_by": str, "valid_until": date, "off_list": str}
    for name, kind in kinds.items():
        if not isinstance(head.get(name), kind) or not head[name]:
            yield f"needs {name}"
    yield from (f"has no {name}" for name in head.keys() - kinds.keys() - {"data_of"})
    if not isinstance(head.get("data_of", date.min), date):
        yield "data_of is no date"
    if head.get("made_by") not in (None, "", *MAKERS):
        yield f"made_by is not one of {', '.join(MAKERS)}"
    read_on, valid_until = head.get("read_on"), head.get("valid_until")
    if isinstance(read_on, date) and isinstance(valid_until, date) and read_on > valid_until:
        yield "valid_until is before read_on"
