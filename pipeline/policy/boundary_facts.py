"""Facts of a policy document used as a permissions boundary: what it allows, and whether it can be removed."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Policy
from pipeline.policy.rights import is_admin
from pipeline.policy.tri import Tri

_EVERYTHING = Policy.read(
    "everything", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


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
    holder = Principal(arn.split(":policy/")[0] + f":user/{FRESH}", (_EVERYTHING,), Policy("boundary", document))
    own: dict[str, Value] = {"iam:PermissionsBoundary": arn}
    edits = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:DeletePolicy")
    removals = (("iam:DeleteUserPermissionsBoundary", "user"), ("iam:DeleteRolePermissionsBoundary", "role"))
    open_edit = [answer(can(holder, action, arn)) for action in edits]
    open_removal = [
        answer(can(holder, action, f"{arn.split(':policy/')[0]}:{kind}/{FRESH}", own)) for action, kind in removals
    ]
    admin = is_admin(holder)
    return BoundaryFacts(
        allows_everything=admin.verdict is Tri.YES and admin.level == "full",
        allows_iam=admin.verdict is Tri.YES,
        protects_itself=max(open_edit + open_removal) is Tri.NO,
    )
