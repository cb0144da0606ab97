"""Evaluates SCPs and RCPs for requests of an otherwise unrestricted administrator, in circumstances of its choice.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pipeline.policy.callers import Caller
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Document
from pipeline.policy.evaluate import evaluate
from pipeline.policy.match import common_text
from pipeline.policy.partitions import home_region
from pipeline.policy.request import Decision, Policies, Policy, Request, Verdict

Levels = Sequence[Sequence[Policy]]


@dataclass(frozen=True, slots=True)
class Site:
    """The evaluated account. Unknown facts about the organization ("") remain unknown: results that need them are
    DEPENDS.
    """

    account: str
    partition: str = "aws"
    org_id: str = ""
    org_path: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """The control policies in force for an account; `kind` scp or rcp, `levels` root first, account last."""

    kind: str
    levels: Levels
    site: Site

    def decide(
        self, who: Caller, action: str, resource: str, request_keys: Mapping[str, Value], setting: Mapping[str, Value]
    ) -> Decision:
        """Evaluate one request. Keys not in `request_keys` or `setting` are absent, except unknown facts about the
        organization.
        """
        facts = self._organization(who)
        unknown = frozenset(key.lower() for key, value in facts.items() if not value)
        values = Context.of({**who.context(), **setting, **facts, "aws:SecureTransport": True, **request_keys}).values
        values = {key: value for key, value in values.items() if key not in unknown}
        context = Context(values, complete=False, is_absent=lambda key: key not in unknown)
        policies = Policies([_ALLOW], scp_levels=self.levels)
        if self.kind == "rcp":
            policies = Policies([_ALLOW], resource=_OPEN, rcp_levels=self.levels)
        return evaluate(Request(who, action, resource, context, self.site.account), policies)

    def _organization(self, who: Caller) -> dict[str, Value]:
        paths = (self.site.org_path,) if self.site.org_path else ()
        facts: dict[str, Value] = {
            "aws:ResourceOrgID": self.site.org_id,
            "aws:ResourceOrgPaths": paths,
            "aws:ResourceAccount": self.site.account,
        }
        if who.is_aws_identity and who.account == self.site.account:
            facts |= {"aws:PrincipalOrgID": self.site.org_id, "aws:PrincipalOrgPaths": paths}
        return facts

    @property
    def documents(self) -> Iterator[Document]:
        return (policy.document for level in self.levels for policy in level if policy.document)

    def named(self, key: str) -> list[str]:
        """The values that the policies compare with the condition key (lower case)."""
        return list(dict.fromkeys(value for document in self.documents for value in condition_values(document, key)))

    def settings(self) -> list[dict[str, Value]]:
        """Circumstances that a caller can choose, derived from the policies: each approved Region, with an approved
        address, an approved VPC, and both.
        """
        regions = [common_text(value, "*", "1") or value for value in self.named("aws:requestedregion")]
        regions.append(home_region(self.site.partition))
        addresses = [value.split("/")[0] for value in self.named("aws:sourceip")] + ["192.0.2.77"]
        networks: list[dict[str, Value]] = [{"aws:SourceIp": addresses[0], "aws:SourceVpc": ()}]
        for vpc in self.named("aws:sourcevpc")[:1]:
            networks += [{"aws:SourceIp": address, "aws:SourceVpc": vpc} for address in ((), addresses[0])]
        chosen = dict.fromkeys(regions[:8] + regions[-1:])
        return [{**network, "aws:RequestedRegion": region} for region, network in product(chosen, networks)]


def is_denied(decision: Decision) -> bool:
    return decision.verdict in (Verdict.EXPLICITLY_DENIED, Verdict.IMPLICITLY_DENIED)


def condition_values(document: Document, key: str) -> Iterable[str]:
    conditions = (condition for statement in document.statements for condition in statement.conditions)
    return (value for condition in conditions if condition.key.lower() == key for value in condition.values)


_ALLOW = Policy.read(
    "administrator", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_OPEN = Policy.read(
    "open resource",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}},
    "resource",
)
