"""The resource of a question: whose it is, which policy it carries, and what of that was not read.

The owner is never assumed: it stands in the ARN, is found among the buckets of the night, or must be given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.policy.actions import Action, expand, find, rcp_services
from pipeline.policy.callers import account_of, caller
from pipeline.policy.document import Document
from pipeline.policy.match import glob
from pipeline.policy.principal import FRESH
from pipeline.policy.request import Policy
from pipeline.questions.published import Published
from pipeline.settings import Refused

NO_POLICY = Policy("no policy", Document("2012-10-17", (), "no policy"))
"""Stands for the policy of a resource that has none: nobody is admitted by it, and nobody denied."""
# What they keep are policies and who has them; none of it carries a policy of its own, but for a role's trust.
_OF_IDENTITY = frozenset({"iam", "sso", "identitystore"})
_MAY_HAVE_POLICIES = re.compile(r"[A-Za-z0-9-]+:((Put|Set|Update|Delete)\w*Policy|Add\w*Permission)")


@dataclass(frozen=True)
class Resource:
    """What is asked about. `arn` "" is any resource, then `account` may be "" too: each caller's own.

    `policy` None: it may carry one that was not read; `unread` says why. `known`: condition keys that follow from the
    resource, and `tags`, None if not known.
    """

    arn: str
    account: str = ""
    policy: Policy | None = None
    unread: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What AWS calls it: bucket, role, queue."""
        return _kind(self.arn)


def any_resource(night: Published, account: str) -> Resource:
    """Any resource, of one account if given. Raises `Refused` for an account that is not in the organization."""
    if account and account not in night.accounts:
        raise Refused(f"account {account} is not in the organization, so none of its principals is known")
    return Resource("", account)


def resource(night: Published, action: str, arn: str, account: str = "") -> Resource:
    """The resource with its owner and policy. Raises `Refused` if it is no ARN, its owner is not known, or it does not
    exist.
    """
    fields = arn.split(":", 5)
    if len(fields) != 6 or fields[0] != "arn" or not fields[5]:
        raise Refused(f"{arn}: not an ARN; name the resource in full, as in arn:aws:s3:::bucket/key")
    owner = account_of(arn)
    if account and owner and account != owner:
        raise Refused(f"{arn} is of account {owner}, not of {account}")
    notes = tuple(_notes(action, arn))
    concrete = arn.replace("*", FRESH).replace("?", FRESH[0])
    if fields[2] == "s3" and not owner:
        return _bucket(night, concrete, account, notes)
    if not (owner or account):
        raise Refused(f"whose is {arn}? its ARN names no account: give --account")
    if fields[2] == "iam" and fields[5].startswith("role/"):
        return _role(night, action, concrete, owner, notes)
    owner = owner or account
    if fields[2] in _OF_IDENTITY or not _may_have_policy(concrete):
        return Resource(concrete, owner, NO_POLICY, notes=notes)
    return Resource(concrete, owner, None, f"the policy of the {_kind(arn)} is not collected", notes=notes)


def _notes(action: str, arn: str) -> list[str]:
    notes = []
    if "*" in arn or "?" in arn:
        notes.append("asked for a name that no policy mentions, in the place of the wildcard")
    entry = find(action)
    if entry is None:
        notes.append(f"{action} is not in the catalogue of actions: it is judged by the text of the policies alone")
    elif entry.resource_types and not acts_on(entry, arn):
        types = ", ".join(name for name, _ in entry.resource_types)
        notes.append(f"{action} acts on {types}: AWS lists no request for it on such an ARN")
    elif entry.needs_star:
        notes.append(f"{action} acts on no single resource: a policy allows it on * or not at all")
    return notes


def acts_on(action: Action, arn: str) -> bool:
    """Whether the ARN is of a kind that the action acts on, by the catalogue. A bucket's name has no slash."""
    shapes = (re.sub(r"\$\{[^}]*\}", "*", pattern) for _, pattern in action.resource_types)
    return any(glob(each, arn) and not (each.endswith(":s3:::*") and "/" in arn) for each in shapes)


def _bucket(night: Published, arn: str, account: str, notes: tuple[str, ...]) -> Resource:
    bucket = arn.split(":::", 1)[1].split("/")[0]
    rows = night.rows(
        """select buckets.account_id, buckets.bucket_region, policies.document, policies.error_class, policies.message
        from stg_buckets as buckets
        left join stg_bucket_policies as policies using (account_id, bucket)
        where buckets.bucket = $bucket""",
        bucket=bucket,
    )
    if not rows:
        return _unknown_bucket(night, arn, bucket, account, notes)
    row = rows[0]
    owner = row["account_id"]
    if account and account != owner:
        raise Refused(f"{bucket} is a bucket of account {owner}, not of {account}")
    known = {"aws:RequestedRegion": row["bucket_region"]} if row["bucket_region"] else {}
    if row["error_class"]:
        call = f"s3:GetBucketPolicy failed ({row['error_class']}): {row['message']}"
        return Resource(arn, owner, None, call, known, notes=notes)
    if unread := night.unread(owner, "bucket_policies"):
        return Resource(arn, owner, None, str(unread), known, notes=notes)
    policy = Policy.read(f"bucket policy of {bucket}", row["document"], "resource") if row["document"] else NO_POLICY
    return Resource(arn, owner, policy, policy.problem, known, notes=notes)


def _unknown_bucket(night: Published, arn: str, bucket: str, account: str, notes: tuple[str, ...]) -> Resource:
    if not account:
        raise Refused(f"whose is the bucket {bucket}? the night {night.as_of} has none of this name: give --account")
    if account in night.accounts:
        unread = night.unread(account, "buckets")
        if unread is None:
            raise Refused(f"account {account} has no bucket {bucket} on {night.as_of}")
        return Resource(arn, account, None, str(unread), notes=notes)
    return Resource(arn, account, None, f"account {account} is not in the organization", notes=notes)


def _role(night: Published, action: str, arn: str, owner: str, notes: tuple[str, ...]) -> Resource:
    rows = night.rows("select trust_document, tags::varchar as tags from stg_roles where arn = $arn", arn=arn)
    unread = night.unread(owner, "roles") if owner in night.accounts else None
    if not rows and FRESH not in arn and unread is None and owner in night.accounts:
        raise Refused(f"there is no role {arn} on {night.as_of}")
    tags = json.loads(rows[0]["tags"]) if rows and rows[0]["tags"] else None
    if not action.lower().startswith("sts:"):
        return Resource(arn, owner, NO_POLICY, tags=tags, notes=notes)
    if not rows:
        reason = str(unread) if unread else "its trust policy is not known"
        return Resource(arn, owner, None, reason, notes=notes)
    policy = Policy.read(f"trust policy of {caller(arn).name}", rows[0]["trust_document"], "trust")
    return Resource(arn, owner, policy, policy.problem, tags=tags, notes=notes)


def _may_have_policy(arn: str) -> bool:
    """Whether a resource of this kind may carry a policy of its own, by the catalogue: some action changes one."""
    service = arn.split(":")[2]
    if service in rcp_services() or service == "organizations":
        return True
    entries = (entry for name in expand(f"{service}:*") if (entry := find(name)))
    return any(
        ("Permissions management" in entry.access_level or _MAY_HAVE_POLICIES.fullmatch(entry.name))
        and acts_on(entry, arn)
        for entry in entries
    )


def _kind(arn: str) -> str:
    """The word for the resource: the type in its ARN, else what the service calls its resources."""
    fields = arn.split(":", 5)
    kinds = {"s3": "bucket", "sqs": "queue", "sns": "topic", "lambda": "function", "organizations": "organization"}
    if len(fields) < 6:
        return "resource"
    return kinds.get(fields[2]) or re.split("[:/]", fields[5])[0] or "resource"
