"""Changes of policies that a finding's verdict could turn on, and the search for the smallest that turn it.

Each candidate is put to the control itself (`replay`), so what is reported has been tried, never guessed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.collect.register import KINDS
from pipeline.explain.held import Held, canonical
from pipeline.explain.replay import Change, Outcome, Replay
from pipeline.facts.guardrails import wanted
from pipeline.policy import Statement, parse
from pipeline.policy.objectives import Probe
from pipeline.policy.principal import FRESH
from pipeline.warehouse.store import Connection

Raw = dict[str, Any]
"""A statement as JSON."""

MOST_TRIALS = 120
MOST_CHANGES = 4
ADDED = "what-if"


@dataclass(frozen=True)
class Rewrite:
    """One statement of a policy replaced by another, or taken out (`new` empty). Statements are canonical JSON."""

    held: Held
    old: str
    new: str
    words: str

    def __str__(self) -> str:
        return self.words

    def apply(self, con: Connection, account_id: str) -> None:
        column, where, hashed = PLACES[self.held.table]
        names = {"account_id": account_id, "key": self.held.key}
        used = {name: value for name, value in names.items() if f"${name}" in where}
        row = con.execute(f"select {column} from {self.held.table} where {where}", used).fetchone()
        if row is None:
            return
        document = parse(row[0])
        texts = [self.new if one.text == self.old else one.text for one in document.statements]
        kept = [json.loads(text) for text in texts if text]
        if not kept:
            self._empty(con, account_id, where, used)
            return
        text = json.dumps({"Version": document.version, "Statement": kept})
        con.execute(
            f"update {self.held.table} set {column} = $text, {hashed} = sha256($text) where {where}",
            used | {"text": text},
        )

    def _empty(self, con: Connection, account_id: str, where: str, used: Mapping[str, str]) -> None:
        """A policy cannot be without statements: it goes, and nobody holds it."""
        con.execute(f"delete from {self.held.table} where {where}", used)
        if self.held.table == "stg_policies":
            con.execute(
                "delete from stg_policy_attachments where account_id = ? and policy_arn = ?",
                [account_id, self.held.arn],
            )
        if self.held.table == "stg_organization_policies":
            con.execute("delete from raw_policy_targets where policy_id = ?", [self.held.key])


PLACES = {
    "stg_policies": ("document", "account_id = $account_id and arn = $key", "document_sha256"),
    "stg_inline_policies": ("document", "principal_arn || '/' || policy_name = $key", "document_sha256"),
    "stg_roles": ("trust_document", "arn = $key", "trust_document_sha256"),
    "stg_organization_policies": ("document", "policy_id = $key", "document_sha256"),
}
"""Column of the document in each table, how a row is found, and the column of its key."""


@dataclass(frozen=True)
class Detach:
    """A policy of AWS taken off who holds it: its statements are not the customer's to change."""

    held: Held

    def __str__(self) -> str:
        return f"without {self.held.name}, detached from {short(self.held.holder)}"

    def apply(self, con: Connection, account_id: str) -> None:
        con.execute(
            "delete from stg_policy_attachments where principal_arn = ? and policy_arn = ?",
            [self.held.holder, self.held.arn],
        )


@dataclass(frozen=True)
class Bind:
    """The permissions boundary of a principal set, or taken off (`boundary_arn` None)."""

    principal_arn: str
    boundary_arn: str | None

    def __str__(self) -> str:
        name = (self.boundary_arn or "").rpartition("/")[2]
        return f"with {name} as its permissions boundary" if name else "without its permissions boundary"

    def apply(self, con: Connection, account_id: str) -> None:
        for table in ("stg_users", "stg_roles"):
            con.execute(
                f"update {table} set permissions_boundary_arn = ? where arn = ?",
                [self.boundary_arn, self.principal_arn],
            )


@dataclass(frozen=True)
class Add:
    """A policy of one statement (canonical JSON) more: an inline one of a principal, or an SCP or RCP of an account."""

    kind: Literal["inline", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
    target: str
    statement: str

    @property
    def actions(self) -> list[str]:
        return list(json.loads(self.statement).get("Action", []))

    def __str__(self) -> str:
        what = said(json.loads(self.statement))
        where: Mapping[str, str] = {
            "inline": f"in an inline policy of {short(self.target)}",
            "SERVICE_CONTROL_POLICY": f"in an SCP on account {self.target}, or above it",
            "RESOURCE_CONTROL_POLICY": f"in an RCP on account {self.target}, or above it",
        }
        return f"with {what} {where[self.kind]}"

    def apply(self, con: Connection, account_id: str) -> None:
        name = f"{ADDED}-{hashlib.sha256(self.statement.encode()).hexdigest()[:8]}"
        text = json.dumps({"Version": "2012-10-17", "Statement": [json.loads(self.statement)]})
        values = {"name": name, "text": text, "target": self.target}
        if self.kind == "inline":
            kind, _, path = self.target.split(":", 5)[5].partition("/")
            con.execute(
                """insert into stg_inline_policies by name
                select $account_id as account_id, $kind as principal_type, $holder as principal_name,
                    $target as principal_arn, $name as policy_name, $text as document,
                    sha256($text) as document_sha256""",
                values | {"account_id": account_id, "kind": kind, "holder": path.rpartition("/")[2]},
            )
            return
        con.execute(
            """insert into stg_organization_policies by name
            select $name as policy_id, $name as name, $kind as policy_type, false as is_aws_managed, $text as document,
                sha256($text) as document_sha256""",
            {"name": name, "text": text, "kind": self.kind},
        )
        con.execute("insert into raw_policy_targets values (?, ?, 'ACCOUNT')", [name, self.target])


@dataclass(frozen=True)
class Enter:
    """A live entry of the register, under `[[table]]`, for a resource, an account or a control."""

    table: str
    resource: str | None = None
    account_id: str | None = None
    control_id: str | None = None

    def __str__(self) -> str:
        what = self.resource or self.account_id or self.control_id
        return f"with an entry for {what} under [[{self.table}]] in the register"

    def apply(self, con: Connection, account_id: str) -> None:
        use_case = "no_role_possible" if self.table == "long_term_keys" else None
        values = [KINDS[self.table].kind, self.control_id, self.account_id, self.resource, use_case]
        con.execute(
            f"""insert into stg_register by name
            select '{ADDED}' as entry, ? as kind, ? as control_id, ? as account_id, ? as resource, ? as use_case,
                'you' as owner, '' as reason, '' as evidence_url, getvariable('as_of') + 365 as expires_on,
                true as is_live""",
            values,
        )


# -- in words


def short(arn: str) -> str:
    """`role deploy` for the ARN of a role; what is no ARN of IAM as it is."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    return f"{kind} {name}" if arn.startswith("arn:") and ":iam::" in arn and name else arn


def place(statement: Statement) -> str:
    return f"statement {statement.sid or statement.index}"


def said(statement: Raw) -> str:
    """`a Deny of iam:PassRole on * where {"StringEquals": ...}`."""
    actions = ", ".join(statement.get("Action") or ["all but", *statement["NotAction"]]).replace("but,", "but", 1)
    where = f" where {json.dumps(statement['Condition'])}" if statement.get("Condition") else ""
    return f"a {statement['Effect']} of {actions} on {', '.join(statement['Resource'])}{where}"


# -- the search


@dataclass(frozen=True)
class Found:
    """Changes that turn the verdict together, and what it turns to."""

    changes: tuple[Change, ...]
    outcome: Outcome


def turns(before: Outcome, after: Outcome) -> bool:
    """Whether the verdict is another one that says something."""
    return after.verdict not in (before.verdict, "unknown")


def smallest(replay: Replay, options: Callable[[Outcome], Iterable[Change]]) -> list[Found]:
    """The smallest sets of changes that turn the verdict, all of the same size; none where the trials run out.

    `options` says of an outcome what one would have to change of it: at least one of these is in every set that
    turns it, so that looking along them finds the smallest sets.
    """
    before, last = replay.judge(), replay.count + MOST_TRIALS
    level: list[frozenset[Change]] = [frozenset()]
    for _ in range(MOST_CHANGES):
        found: dict[frozenset[Change], Outcome] = {}
        above: dict[frozenset[Change], None] = {}
        for chosen in level:
            for change in options(replay.judge(chosen)):
                wider = chosen | {change}
                if wider in above or wider in found or len(wider) == len(chosen):
                    continue
                if replay.count >= last:
                    return _as_found(found)
                outcome = replay.judge(wider)
                if turns(before, outcome):
                    found[wider] = outcome
                elif outcome.verdict == before.verdict:
                    above[wider] = None
        if found:
            return _as_found(found)
        level = list(above)
    return []


def _as_found(found: Mapping[frozenset[Change], Outcome]) -> list[Found]:
    return [Found(tuple(sorted(chosen, key=str)), outcome) for chosen, outcome in found.items()]


def singles(replay: Replay, options: Iterable[Change]) -> list[Found]:
    """The changes that turn the verdict alone."""
    before = replay.judge()
    tried = ((one, replay.judge([one])) for one in dict.fromkeys([*options][:MOST_TRIALS]))
    return [Found((one,), outcome) for one, outcome in tried if turns(before, outcome)]


# -- what could be changed


def removals(held: Sequence[Held], cited: Iterable[str]) -> Iterator[Change]:
    """The cited statements (canonical JSON) taken out, wherever they are held; an SCP's Allow is none to take out."""
    texts = set(cited)
    for policy in held:
        for one in policy.statements:
            if one.text in texts and not (policy.layer in ("scp", "rcp") and one.effect == "Allow"):
                yield removal(policy, one)


def removal(policy: Held, one: Statement) -> Change:
    if policy.is_aws_managed and policy.holder:
        return Bind(policy.holder, None) if policy.layer == "boundary" else Detach(policy)
    return Rewrite(policy, one.text, "", f"without {place(one)} of {policy.name}")


def narrowings(held: Sequence[Held], cited: Iterable[str], operator: str, key: str, value: str) -> Iterator[Change]:
    """One more condition on each cited Allow statement."""
    texts = set(cited)
    for policy in held:
        for one in policy.statements:
            if one.text in texts and one.effect == "Allow" and not policy.is_aws_managed:
                raw = json.loads(one.text)
                block = raw.setdefault("Condition", {}).setdefault(operator, {})
                block.pop(next((name for name in block if name.lower() == key.lower()), ""), None)
                block[key] = [value]
                words = f"with {operator} {key} = {value} demanded by {place(one)} of {policy.name}"
                yield Rewrite(policy, one.text, canonical(raw), words)


def without_principals(held: Sequence[Held], cited: Iterable[str]) -> Iterator[Change]:
    """One principal less in each cited statement of a trust policy that names several."""
    texts = set(cited)
    for policy in held:
        for one in policy.statements:
            principals = one.principals or ()
            if one.text in texts and len(principals) > 1:
                for kind, value in principals:
                    raw = json.loads(one.text)
                    raw["Principal"][kind].remove(value)
                    raw["Principal"] = {name: values for name, values in raw["Principal"].items() if values}
                    yield Rewrite(policy, one.text, canonical(raw), f"without {value} in {place(one)} of {policy.name}")


def supports(held: Sequence[Held]) -> Iterator[Change]:
    """What a pass could rest on: each Deny, each condition of an Allow, and the boundary, taken away."""
    for policy in held:
        if policy.layer == "boundary":
            yield Bind(policy.holder, None)
        for one in policy.statements:
            if one.effect == "Deny":
                yield removal(policy, one)
            elif not policy.is_aws_managed:
                yield from _without_conditions(policy, one)


def _without_conditions(policy: Held, one: Statement) -> Iterator[Change]:
    for condition in one.conditions:
        raw = json.loads(one.text)
        block = raw["Condition"].get(condition.name, {})
        if block.pop(condition.key, None) is not None:
            raw["Condition"] = {name: keys for name, keys in raw["Condition"].items() if keys}
            if not raw["Condition"]:
                del raw["Condition"]
            words = f"without {condition.name} {condition.key} in {place(one)} of {policy.name}"
            yield Rewrite(policy, one.text, canonical(raw), words)


def denial(actions: Iterable[str], **more: Any) -> str:
    return canonical({"Effect": "Deny", "Action": sorted(actions), "Resource": ["*"], **more})


# -- guardrails


def guardrail(kind: str, objective_id: str, open_actions: Sequence[str], organization_id: str) -> list[str]:
    """Statements that together could meet an objective: Denies of what its probes let pass, on the probes' terms."""
    objective = next((one for one in wanted(kind) if one.id == objective_id), None)
    by_terms: dict[str, set[str]] = {}
    for probe in objective.probes if objective else ():
        if probe.action in open_actions:
            by_terms.setdefault(canonical_terms(probe, organization_id), set()).add(probe.action)
    more: Raw = {"Principal": "*"} if kind == "rcp" else {}
    return [
        denial({"*"} if any(one.startswith(FRESH) for one in actions) else actions, **json.loads(terms), **more)
        for terms, actions in by_terms.items()
    ]


def canonical_terms(probe: Probe, organization_id: str) -> str:
    """The condition under which a Deny speaks of the probe, and not of everything else, as JSON of a statement."""
    known, of_caller = probe.context, CALLERS.get(probe.caller, {})
    found = next((terms for key, terms in REQUESTS.items() if key in known), of_caller)
    return json.dumps({"Condition": found} if found else {}).replace(ORGANIZATION, organization_id)


ORGANIZATION = "ORGANIZATION"
REQUESTS: Mapping[str, Raw] = {
    "aws:RequestedRegion": {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1"]}},
    "aws:SourceIp": {
        "NotIpAddressIfExists": {"aws:SourceIp": ["192.0.2.0/24"]},
        "BoolIfExists": {"aws:ViaAWSService": ["false"]},
    },
    "aws:SecureTransport": {"BoolIfExists": {"aws:SecureTransport": ["false"]}},
    "token.actions.githubusercontent.com:sub": {
        "StringNotLikeIfExists": {"token.actions.githubusercontent.com:sub": ["repo:example/*"]},
    },
}
"""By condition key of a probe: terms that name it. Regions, addresses and repositories stand for the approved ones."""
CALLERS: Mapping[str, Raw] = {
    "root": {"ArnLike": {"aws:PrincipalArn": ["arn:*:iam::*:root"]}},
    "outsider": {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": [ORGANIZATION]},
        "BoolIfExists": {"aws:PrincipalIsAWSService": ["false"]},
    },
    "service": {
        "StringNotEqualsIfExists": {"aws:SourceOrgID": [ORGANIZATION]},
        "Bool": {"aws:PrincipalIsAWSService": ["true"]},
    },
}
