"""A request, the policies by layer, and the decision with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pipeline.policy.callers import Caller, Named, account_of, caller, partition_of
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Document, parse
from pipeline.policy.grammar import Kind, MalformedPolicy
from pipeline.policy.tri import Tri

Effect = Literal["Allow", "Deny"]
EFFECTS: tuple[Effect, ...] = ("Allow", "Deny")


class Verdict(StrEnum):
    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    DEPENDS = "Depends"


@dataclass(frozen=True, slots=True)
class Policy:
    """A named document. If it could not be read or parsed, it has `problem` instead, and every verdict that needs it is
    DEPENDS.
    """

    name: str
    document: Document | None
    problem: str = ""
    arn: str = ""

    @classmethod
    def read(
        cls, name: str, source: Mapping[str, Any] | str | bytes | None, kind: Kind = "identity", arn: str = ""
    ) -> Policy:
        """Build a policy without raising: None is an unreadable document; a malformed one keeps the reason."""
        if source is None:
            return cls(name, None, "the document could not be read", arn)
        try:
            return cls(name, parse(source, kind), "", arn)
        except MalformedPolicy as error:
            return cls(name, None, str(error), arn)


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `resource_account` is "" if the owner of the resource is not known."""

    caller: Caller
    action: str
    resource: str
    context: Context
    resource_account: str = ""

    @classmethod
    def of(
        cls,
        principal: str,
        action: str,
        resource: str,
        context: Mapping[str, Value] | Context | None = None,
        account: str = "",
    ) -> Request:
        """Build a request. A plain mapping is the complete context; for a partial one pass `Context.of(...,
        complete=False)`. `account`: the owner of the resource, needed if the ARN has no account (S3) and it is not the
        caller's.
        """
        who = caller(principal, partition=partition_of(resource))
        keys = context if isinstance(context, Context) else Context.of(context)
        owner = account or account_of(resource)
        return cls.made(who, action, resource, keys, owner, owner or who.account)

    @classmethod
    def made(cls, who: Caller, action: str, resource: str, context: Context, owner: str, taken_for: str) -> Request:
        """Build a request with the keys derived from caller and owner. `taken_for`: the assumed owner of the resource;
        aws:ResourceAccount is set only if `owner` is certain.
        """
        derived = who.context()
        if owner:
            derived["aws:ResourceAccount"] = owner
        if who.account:
            derived["kms:CallerAccount"] = who.account
        return cls(who, action, resource, context.with_defaults(derived), taken_for)


@dataclass(frozen=True, slots=True)
class Policies:
    """All policies that may apply to a request.

    `identity` includes those of the user's groups. `boundary` None: the principal has none. `session` None: no
    session policy was passed. `resource` None: the question leaves the resource's own policy out. `scp_levels` (root
    first, account last: the caller's account) and `rcp_levels` (the resource's account) None: that policy type is not
    in force. SCPs skip the management account's principals, RCPs its resources.
    """

    identity: Sequence[Policy] = ()
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    resource: Policy | None = None
    scp_levels: Sequence[Sequence[Policy]] | None = None
    rcp_levels: Sequence[Sequence[Policy]] | None = None
    management_account: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement that took part: `layer` is identity, boundary, session, resource, scp or rcp; `unknown_keys` are the
    keys that its result depends on.
    """

    layer: str
    policy: str
    sid: str
    index: int | None
    effect: str
    answer: Tri
    text: str
    unknown_keys: tuple[str, ...] = ()
    named: Named = field(default=Named.SELF, repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def unknown_keys(self) -> tuple[str, ...]:
        """The condition keys that a DEPENDS depends on."""
        return tuple(sorted({key for hit in self.evidence for key in hit.unknown_keys}))
