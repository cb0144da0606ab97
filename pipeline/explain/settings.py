"""Parameters of a control, and register entries, that would change its verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.collect.register import KINDS
from pipeline.explain.changes import Enter
from pipeline.explain.replay import Replay
from pipeline.explain.search import Solution, singles, turns

LARGEST = 10**6
MOST_WORDS = 20
LONGEST_WORD = 200


def other_params(replay: Replay, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """For each parameter that can change the verdict: the other value in words, the new verdict and reason."""
    before = replay.judge()
    for name, value in params.items():
        for other in values(replay, name, value):
            after = replay.judge(params={name: other})
            if turns(before, after):
                words = f"with {name} = {json.dumps(other)} in the settings; it is {json.dumps(value)}"
                yield words, after.verdict, after.reason
                break


def values(replay: Replay, name: str, value: Any) -> Iterator[Any]:
    """Other values worth trying: the nearest number that changes the verdict, or a list that includes the resource."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        limits = (threshold(replay, name, int(value), end) for end in (LARGEST, 0))
        yield from (limit for limit in limits if limit is not None)
    elif isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        finding = replay.finding
        words = dict.fromkeys((finding.resource, finding.account_id, *words_in(replay.judge().evidence)))
        yield from ([*value, word] for word in words if word not in value)


def threshold(replay: Replay, name: str, value: int, end: int) -> int | None:
    """The nearest value in the direction of `end` at which the verdict changes."""
    before = replay.judge()
    if value == end or not turns(before, replay.judge(params={name: end})):
        return None
    same, other = value, end
    while abs(other - same) > 1:
        middle = (same + other) // 2
        if turns(before, replay.judge(params={name: middle})):
            other = middle
        else:
            same = middle
    return other


def words_in(evidence: Any) -> list[str]:
    """The short texts in the evidence: accounts, names, services."""
    if isinstance(evidence, str):
        return [evidence] if 0 < len(evidence) < LONGEST_WORD and evidence[0] not in "{[" else []
    if isinstance(evidence, dict | list):
        parts = evidence.values() if isinstance(evidence, dict) else evidence
        return [word for part in parts for word in words_in(part)][:MOST_WORDS]
    return []


def entries(replay: Replay) -> list[Solution]:
    """Register entries, of the kinds used by the control, that change the verdict."""
    header = replay.control.control
    kinds = header.register_entries if header else ()
    tables = [table for table, entry in KINDS.items() if entry.kind in kinds]
    return singles(replay, (entry for table in tables for entry in entries_of(replay, table)))


def entries_of(replay: Replay, table: str) -> Iterator[Enter]:
    """Candidate entries under `[[table]]` for the finding."""
    finding, fields = replay.finding, KINDS[table].model_fields
    accounts = (word for word in words_in(replay.judge().evidence) if len(word) == 12 and word.isdigit())
    if "control" in fields:
        yield Enter(table, control_id=finding.control_id)
    elif "service_principal" in fields:
        service = finding.resource.rpartition("/")[2]
        yield from (
            Enter(table, account_id=account_id, service_principal=service) for account_id in dict.fromkeys(accounts)
        )
    elif "resource" in fields:
        yield Enter(table, finding.resource)
        if "/accesskey/" in finding.resource:
            yield Enter(table, finding.resource.partition("/accesskey/")[0])
    else:
        yield from (Enter(table, account_id=account) for account in dict.fromkeys(accounts))
