"""Facts of a policy document used as a permissions boundary: what it allows, and whether it can be removed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Policy
from pipeline.policy.rights import is_admin
from pipeline.policy.tagging import retagged
from pipeline.policy.tri import Tri, some
from pipeline.policy.writers import EVERYTHING


@dataclass(frozen=True, slots=True)
class BoundaryFacts:
    """`allows_everything`, `allows_iam`: the boundary allows everything, or IAM, without conditions.
    `protects_itself`: it denies editing the boundary policy and removing boundaries.
    """

    allows_everything: bool
    allows_iam: bool
    protects_itself: bool


def boundary_facts(document: Document, arn: str) -> BoundaryFacts:
    """The facts of a document used as a permissions boundary; `arn` is the policy's own."""
    prefix = arn.split(":policy/")[0]
    holder = Principal(f"{prefix}:user/{FRESH}", (EVERYTHING,), Policy("boundary", document))
    untagged = replace(holder, tags={}, takes_session_tags=False)
    # Whoever may tag the session of a role with the boundary sets any tag.
    tags_sessions = answer(can(untagged, "sts:TagSession", f"{prefix}:role/{FRESH}")) is not Tri.NO
    bearers = [holder] if tags_sessions else [untagged, *(other.principal for other in retagged(untagged))]
    admin = is_admin(holder)
    return BoundaryFacts(
        allows_everything=admin.verdict is Tri.YES and admin.level == "full",
        allows_iam=admin.verdict is Tri.YES,
        protects_itself=max(_edits(bearer, arn) for bearer in bearers) is Tri.NO,
    )


def _edits(holder: Principal, arn: str) -> Tri:
    """Whether the holder may edit its boundary, or remove the boundary of a user or role."""
    own: dict[str, Value] = {"iam:PermissionsBoundary": arn}
    prefix = arn.split(":policy/")[0]
    edits = (answer(can(holder, action, arn)) for action in EDITS)
    removals = (answer(can(holder, action, f"{prefix}:{kind}/{FRESH}", own)) for action, kind in _REMOVALS)
    return some((*edits, *removals))


EDITS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:DeletePolicy")
_REMOVALS = (("iam:DeleteUserPermissionsBoundary", "user"), ("iam:DeleteRolePermissionsBoundary", "role"))
