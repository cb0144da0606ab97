"""Candidate changes: parts of a resource's policies that could be removed or narrowed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from pipeline.explain.changes import Bind, Detach, Rewrite
from pipeline.explain.policies import BearingPolicy, canonical
from pipeline.explain.replay import Change
from pipeline.policy import Statement


def cited_statements(
    policies: Sequence[BearingPolicy], cited: Iterable[str]
) -> Iterator[tuple[BearingPolicy, Statement]]:
    """The cited statements (canonical JSON), with the policies that contain them."""
    texts = set(cited)
    yield from (
        (policy, statement) for policy in policies for statement in policy.statements if statement.text in texts
    )


def removals(policies: Sequence[BearingPolicy], cited: Iterable[str]) -> Iterator[Change]:
    """Removals of the cited statements, except Allow statements of SCPs and RCPs."""
    for policy, statement in cited_statements(policies, cited):
        if statement.effect == "Deny" or policy.layer not in ("scp", "rcp"):
            yield removal(policy, statement)


def place(statement: Statement) -> str:
    """`statement Sid`, or its index."""
    return f"statement {statement.sid or statement.index}"


def removal(policy: BearingPolicy, statement: Statement) -> Change:
    """Removal of the statement; an AWS managed policy can only be detached."""
    if policy.is_aws_managed and policy.holder:
        return Bind(policy.holder, None) if policy.layer == "boundary" else Detach(policy)
    return Rewrite(policy, statement.text, "", f"without {place(statement)} of {policy.name}")


def narrowings(
    policies: Sequence[BearingPolicy], cited: Iterable[str], operator: str, key: str, value: str
) -> Iterator[Change]:
    """An additional condition on each cited Allow statement."""
    for policy, statement in cited_statements(policies, cited):
        if statement.effect == "Allow" and not policy.is_aws_managed:
            raw = json.loads(statement.text)
            block = raw.setdefault("Condition", {}).setdefault(operator, {})
            block.pop(next((name for name in block if name.lower() == key.lower()), ""), None)
            block[key] = [value]
            words = f"with {operator} {key} = {value} demanded by {place(statement)} of {policy.name}"
            yield Rewrite(policy, statement.text, canonical(raw), words)


def without_principals(policies: Sequence[BearingPolicy], cited: Iterable[str]) -> Iterator[Change]:
    """One principal fewer in each cited trust policy statement with several."""
    for policy, statement in cited_statements(policies, cited):
        principals = statement.principals or ()
        for kind, value in principals if len(principals) > 1 else ():
            raw = json.loads(statement.text)
            raw["Principal"][kind].remove(value)
            raw["Principal"] = {name: values for name, values in raw["Principal"].items() if values}
            words = f"without {value} in {place(statement)} of {policy.name}"
            yield Rewrite(policy, statement.text, canonical(raw), words)


def supports(policies: Sequence[BearingPolicy]) -> Iterator[Change]:
    """Removals that could turn a pass: each Deny, each condition of an Allow, and the boundary."""
    for policy in policies:
        if policy.layer == "boundary":
            yield Bind(policy.holder, None)
        for statement in policy.statements:
            if statement.effect == "Deny":
                yield removal(policy, statement)
            elif not policy.is_aws_managed:
                yield from without_conditions(policy, statement)


def without_conditions(policy: BearingPolicy, statement: Statement) -> Iterator[Change]:
    """Removals of each condition of the statement."""
    for condition in statement.conditions:
        raw = json.loads(statement.text)
        block = raw["Condition"].get(condition.name, {})
        if block.pop(condition.key, None) is not None:
            raw["Condition"] = {name: keys for name, keys in raw["Condition"].items() if keys}
            if not raw["Condition"]:
                del raw["Condition"]
            words = f"without {condition.name} {condition.key} in {place(statement)} of {policy.name}"
            yield Rewrite(policy, statement.text, canonical(raw), words)
