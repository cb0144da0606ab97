"""Policy texts for IAM: merged statements, texts within the quota, and problems that AWS would report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from pipeline.knowledge import load
from pipeline.policy import Document, MalformedPolicy, Statement, flaws, parse
from pipeline.policy.actions import expand, is_invented, read_on, services
from pipeline.policy.match import glob

QUOTA: int = load("iam_quotas").facts["characters"]["boundary"]
"""Maximum characters of a managed policy, excluding whitespace."""

Element = dict[str, Any]
"""A statement as JSON, its elements lists."""
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_SID = re.compile(r"[A-Za-z0-9]+")
# What ValidatePolicy reports as an error or a warning, of the flaws of conditions.
_INVALID = {"unknown_operator", "unknown_key", "key_not_listed", "type_mismatch", "bad_value"}


def size(text: str) -> int:
    """Characters as IAM counts them."""
    return len(re.sub(r"\s", "", text))


def service_of(pattern: str) -> str:
    return pattern.partition(":")[0].lower()


@cache
def known_actions(service: str) -> tuple[str, ...]:
    return expand(f"{service}:*") if service in services() else ()


def contains(pattern: str, narrow: str) -> bool:
    """Whether the first pattern certainly matches everything that the second does."""
    pattern, narrow = pattern.lower(), narrow.lower()
    return pattern == narrow or ("?" not in pattern and glob(pattern, narrow))


# -- statements to policies


def element_of(statement: Statement, document: Document) -> Element:
    """A statement as a JSON element. Version 2008-10-17 has no variables: such text must not become one."""
    element: Element = json.loads(statement.text)
    if document.version == "2008-10-17":
        for name in ("Resource", "NotResource", "Condition"):
            if name in element:
                element[name] = json.loads(json.dumps(element[name]).replace("${", "${$}{"))
    if statement.effect == "Allow":
        element.pop("NotAction", None)
    return element


def merged(allows: Iterable[Element]) -> list[Element]:
    """The statements, merging those that differ only in their actions."""
    groups: dict[str, list[Element]] = {}
    for element in allows:
        rest = {name: value for name, value in element.items() if name not in ("Sid", "Action")}
        groups.setdefault(json.dumps(rest, sort_keys=True), []).append(element)
    result = []
    for alike in groups.values():
        actions = sorted({action.lower(): action for element in alike for action in element["Action"]}.values())
        combined = alike[0] | {
            "Action": [each for _, own in groupby(actions, service_of) for each in _needed(list(own))]
        }
        if len(alike) > 1:
            combined.pop("Sid", None)
        result.append(combined)
    return result


def _needed(patterns: list[str]) -> Iterator[str]:
    """The patterns of one service that are not covered by another."""
    low = [pattern.lower() for pattern in patterns]
    wide = [name for name in low if "*" in name and "?" not in name]
    return (
        pattern
        for pattern, name in zip(patterns, low, strict=True)
        if not any(w != name and glob(w, name) for w in wide)
    )


def unique(elements: Iterable[Element]) -> list[Element]:
    """The statements without duplicates; each Sid is unique and has only letters and digits."""
    sids: set[str] = set()
    by_text: dict[str, Element] = {}
    for element in elements:
        sid = element.get("Sid", "")
        if sid and (sid in sids or not _SID.fullmatch(sid)):
            element = {name: value for name, value in element.items() if name != "Sid"}
        sids.add(sid)
        by_text.setdefault(json.dumps({**element, "Sid": ""}, sort_keys=True), element)
    return list(by_text.values())


def parts(elements: Iterable[Element]) -> Iterator[str]:
    """Policies with the statements in order, each as large as the quota allows."""
    current: list[Element] = []
    for element in (piece for whole in elements for piece in _pieces(whole)):
        if current and size(_text([*current, element])) > QUOTA:
            yield _text(current)
            current = []
        current.append(element)
    if current:
        yield _text(current)


def _pieces(element: Element) -> Iterator[Element]:
    """The statement, split by its actions until each part fits a policy."""
    actions = element.get("Action", ())
    if size(_text([element])) <= QUOTA or len(actions) < 2:
        yield element
        return
    element = {name: value for name, value in element.items() if name != "Sid"}
    for half in (actions[: len(actions) // 2], actions[len(actions) // 2 :]):
        yield from _pieces(element | {"Action": half})


def _text(elements: Iterable[Element]) -> str:
    order = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
    ordered = [{name: _single(element[name]) for name in order if name in element} for element in elements]
    return json.dumps({"Version": "2012-10-17", "Statement": ordered}, ensure_ascii=False, separators=(",", ":"))


def _single(value: Any) -> Any:
    """A list of one as the item itself, as in AWS's examples."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else value
    return {name: _single(inner) for name, inner in value.items()} if isinstance(value, Mapping) else value


# -- what AWS would say


def all_problems(policies: Sequence[str]) -> Iterator[str]:
    attached = load("iam_quotas").facts["attached"]
    if len(policies) > attached["user"]:
        says = f"a user may have {attached['user']} and a role {attached['role']} unless the quota is raised"
        yield f"Takes {len(policies)} managed policies; {says}."
    for text in policies:
        yield from problems(text)


def problems(text: str) -> Iterator[str]:
    """Problems that ValidatePolicy or IAM would report for an identity policy: grammar, size, actions, ARNs,
    conditions.
    """
    try:
        document = parse(text, "identity")
    except MalformedPolicy as error:
        yield f"Not a policy: {error}."
        return
    if (characters := size(text)) > QUOTA:
        yield f"{characters:,} characters are more than the {QUOTA:,} of a managed policy; keep it inline."
    for statement in document.statements:
        for pattern in (*(statement.actions or ()), *(statement.not_actions or ())):
            if known_actions(service_of(pattern)) and (is_invented(pattern) or not expand(pattern)):
                yield f"{pattern} is no action in the Service Authorization Reference of {read_on()}."
        for resource in (*(statement.resources or ()), *(statement.not_resources or ())):
            if resource != "*" and not _ARN.fullmatch(resource):
                yield f"{resource} is not an ARN."
    for flaw in flaws(document):
        if flaw.code in _INVALID:
            yield f"Condition {flaw.operator} on {flaw.key}: {flaw.detail}."
