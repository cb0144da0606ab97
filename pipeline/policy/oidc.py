"""How narrowly a web-identity trust is pinned: the claims a token must carry, graded safe, caution or dangerous.

safe: one workload, by names the outsider cannot take over. caution: one project, or a name that can be moved or
reused. dangerous: the whole organization, tenant or world. What each provider puts into `sub` is from its own
documentation; AWS exposes further claims only for some:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from pipeline.policy.catalog import key_type
from pipeline.policy.conditions import is_negated
from pipeline.policy.document import Condition
from pipeline.policy.match import glob


class Grade(IntEnum):
    SAFE = 0
    CAUTION = 1
    DANGEROUS = 2


@dataclass(frozen=True, slots=True)
class Pin:
    """One condition on one claim of the issuer: the claim name, the values, and whether wildcards count in them."""

    claim: str
    values: tuple[str, ...]
    is_pattern: bool = True

    @property
    def exact(self) -> bool:
        """Whether every value is one certain text (under StringEquals a star is a star)."""
        return not self.is_pattern or not any("*" in value or "?" in value for value in self.values)


@dataclass(frozen=True, slots=True)
class OidcGrade:
    """`reason` is one sentence. `has_audience`, `has_subject`: whether `aud` and `sub` are pinned to more than
    "anything".
    """

    grade: Grade
    reason: str
    has_audience: bool
    has_subject: bool


def pins(issuer: str, conditions: Iterable[Condition]) -> list[Pin]:
    """The conditions that a token must meet. Negated operators, IfExists and ForAllValues demand nothing of a token
    without the claim.
    """
    found = []
    for one in conditions:
        key, prefix = one.key, f"{issuer}:".lower()
        if not key.lower().startswith(prefix) or not one.operator.startswith("String") or is_negated(one.operator):
            continue
        if not one.if_exists and one.qualifier != "ForAllValues":
            found.append(Pin(key[len(prefix) :].lower(), one.values, one.operator == "StringLike"))
    return found


def grade(issuer: str, found: Iterable[Pin], claims: Mapping[str, str] | None = None) -> OidcGrade:
    """The grade of a whole condition block (its conditions are ANDed). With the claims of a token that it admits, of
    that admission too.
    """
    listed = [pin for pin in found if pin.values]
    graded = [_grade_pin(issuer, pin, listed) for pin in listed if pin.claim != "aud"]
    worst, reason = min(graded, default=_no_identity(issuer, listed))
    if issuer in _SHARED and not any(pin.claim == "aud" and not _open(pin) for pin in listed):
        worst, reason = Grade.DANGEROUS, "no audience is pinned: users of anybody's client or pool may enter"
    if claims and admits(listed, claims):
        worst, reason = max((worst, reason), _admission(issuer, listed, claims))
    return OidcGrade(
        Grade(worst),
        reason,
        any(pin.claim == "aud" and not _open(pin) for pin in listed),
        any(pin.claim == "sub" and not _open(pin) for pin in listed),
    )


def grade_claim(issuer: str, pin: Pin, claims: Mapping[str, str] | None = None) -> OidcGrade:
    """The grade of a single condition taken alone: for `aud` only whether it names one audience."""
    if pin.claim == "aud":
        return OidcGrade(Grade.SAFE if pin.exact else Grade.DANGEROUS, "the audience is pinned", pin.exact, False)
    return grade(issuer, [pin], claims)


def pins_tenant(issuer: str, found: Iterable[Pin]) -> bool:
    """Whether the token must come from one customer of the provider: by its own issuer, by an id, or by the owner
    part of the subject.
    """
    host = issuer.split("/")[0]
    if host in ("oidc.circleci.com", "api.bitbucket.org") or host.startswith("oidc.eks."):
        return True
    listed = list(found)
    if any(pin.claim in _TENANT_CLAIMS and pin.exact for pin in listed):
        return True
    owner = _OWNER.get(host, r"[^*?]+")
    return any(pin.claim == "sub" and all(re.match(owner, value) for value in pin.values) for pin in listed)


_TENANT_CLAIMS = frozenset(
    {
        "repository_id",
        "repository",
        "repository_owner_id",
        "enterprise_id",
        "project_id",
        "namespace_id",
        "organization_id",
    }
)
_OWNER = {
    "token.actions.githubusercontent.com": r"(repo|job_workflow_ref):[^*?/:]+/",
    "gitlab.com": r"(project_path:[^*?/:]+/|project_id:\d+:)",
    "app.terraform.io": r"organization:[^*?:]+:",
}
# The claims AWS reads from any provider; more only where the catalogue has a condition key for them.
_ALWAYS_EXPOSED = frozenset({"aud", "sub", "amr", "oaud", "email", "azp", "app_id", "id", "user_id"})


def unexposed(issuer: str, found: Iterable[Pin]) -> tuple[str, ...]:
    """Pinned claims that AWS does not read from this provider: a condition on them is never met."""
    named = {pin.claim for pin in found} - _ALWAYS_EXPOSED
    return tuple(
        sorted(
            claim
            for claim in named
            if key_type(f"{issuer}:{claim}") is None and key_type(f"{_circle(issuer)}:{claim}") is None
        )
    )


def _circle(issuer: str) -> str:
    return re.sub(r"^oidc\.circleci\.com/org/.*", "oidc.circleci.com/org/${orgid}", issuer)


def admits(found: Iterable[Pin], claims: Mapping[str, str]) -> bool:
    """Whether a token with these claims meets every pin."""
    return all(
        pin.claim in claims
        and any(glob(want, claims[pin.claim]) if pin.is_pattern else want == claims[pin.claim] for want in pin.values)
        for pin in found
    )


_Graded = tuple[Grade, str]
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_COMMIT = re.compile(r"@[0-9a-f]{40}$")
_GITHUB = ("token.actions.githubusercontent.com", "github")


# One issuer for all of its customers: what tells them apart is the audience.
_SHARED = ("cognito-identity.amazonaws.com", "accounts.google.com", "graph.facebook.com", "www.amazon.com")


def _open(pin: Pin) -> bool:
    return pin.is_pattern and any(not value.strip("*?") for value in pin.values)


def _wild(text: str) -> bool:
    return "*" in text or "?" in text


def _no_identity(issuer: str, listed: list[Pin]) -> _Graded:
    host = issuer.split("/")[0]
    if host.startswith("oidc.eks."):
        return Grade.CAUTION, "every service account of the cluster may enter: no subject is pinned"
    if host in _SHARED and any(pin.claim == "aud" and not _open(pin) for pin in listed):
        return Grade.CAUTION, "every user of one client may enter: no subject is pinned"
    return Grade.DANGEROUS, "no subject is pinned: any token of the issuer with this audience may enter"


def _grade_pin(issuer: str, pin: Pin, listed: list[Pin]) -> _Graded:
    """The loosest of the values decides, since any one is enough."""
    if pin.claim == "sub":
        by_value = _subject_grader(issuer)
        return max(by_value(value, pin.is_pattern and _wild(value), listed) for value in pin.values)
    return _CLAIMS.get(pin.claim, _plain_claim)(pin)


def _subject_grader(issuer: str) -> Callable[[str, bool, list[Pin]], _Graded]:
    host = issuer.split("/")[0]
    for names, grader in _ISSUERS:
        if any(name in (issuer, host) or (name.endswith(".") and host.startswith(name)) for name in names):
            return grader
    return _unknown_issuer


def _github(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    if value.startswith("job_workflow_ref:") and not _wild("/".join(value.split("/")[:2])):
        return _workflow(value) if not wild else (Grade.CAUTION, f"{value} leaves the workflow or its version open")
    tenant, _, rest = value.removeprefix("repo:").partition(":")
    if wild and (not value.startswith("repo:") or _wild(tenant) or tenant.count("/") != 1):
        owner = tenant.split("/")[0]
        who = (
            f"any repository of {owner}"
            if value.startswith("repo:") and not _wild(owner)
            else "any repository on the provider"
        )
        return Grade.DANGEROUS, f"{value} admits {who}"
    if rest == "pull_request":
        return Grade.DANGEROUS, f"{value} admits code that is only proposed"
    if wild:
        return Grade.CAUTION, f"{value} admits more than one branch, tag or environment of the repository"
    if ":job_workflow_ref:" in value and ":environment:" not in value:
        return _workflow(value)
    if rest.startswith("ref:refs/tags/"):
        return Grade.CAUTION, f"{value} is a tag, and tags move"
    return Grade.SAFE, f"{value} is one branch or environment"


def _workflow(value: str) -> _Graded:
    if _COMMIT.search(value):
        return Grade.SAFE, f"{value} is one workflow at one commit"
    return Grade.CAUTION, f"{value} is a workflow at a version that moves"


def _gitlab(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    if (
        wild
        and not _wild(value.partition(":ref:")[0])
        and any(pin == Pin("ref_protected", ("true",), pin.is_pattern) for pin in listed)
    ):
        return Grade.CAUTION, f"{value} admits every protected branch of one project"
    if wild:
        return Grade.DANGEROUS, f"{value} admits any branch, or any project of a group"
    by_id = value.startswith("project_id:") or any(pin.claim == "project_id" and pin.exact for pin in listed)
    if by_id and ":ref_type:tag:" not in value:
        return Grade.SAFE, f"{value} is one branch of a project pinned by id"
    return Grade.CAUTION, f"{value} names a project by its path, which can be reused, or a tag, which moves"


def _terraform(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    if wild:
        return Grade.DANGEROUS, f"{value} admits more than one workspace or run phase"
    return Grade.CAUTION, f"{value} names a workspace by display names, which can be reused"


def _circleci(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    if wild and (_wild("/".join(value.split("/")[:4])) or value.count("/") < 4):
        return Grade.DANGEROUS, f"{value} admits any project of the organization"
    return (
        (Grade.CAUTION, f"{value} admits any user of one project")
        if wild
        else (Grade.SAFE, f"{value} is one user of one project")
    )


def _bitbucket(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    parts = value.split(":")
    if wild and _wild(parts[0]):
        return Grade.DANGEROUS, f"{value} admits any repository of the workspace"
    if wild and len(parts) == 3 and _UUID.search(parts[1]):
        return Grade.SAFE, f"{value} is one deployment environment of one repository"
    return Grade.CAUTION, f"{value} admits every step of one repository, or a step that never runs again"


def _kubernetes(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    if not wild:
        return Grade.SAFE, f"{value} is one service account"
    namespace = value.removeprefix("system:serviceaccount:").split(":")[0]
    if not value.startswith("system:serviceaccount:") or _wild(namespace):
        return Grade.DANGEROUS, f"{value} admits every service account of the cluster"
    return Grade.CAUTION, f"{value} admits every service account of one namespace"


def _unknown_issuer(value: str, wild: bool, listed: list[Pin]) -> _Graded:
    if not wild:
        return Grade.SAFE, f"{value} is one subject"
    fixed = re.split(r"[*?]", value)[0]
    if len(fixed.rstrip(":/")) < 8:
        return Grade.DANGEROUS, f"{value} fixes almost nothing"
    return Grade.CAUTION, f"{value} admits more than one subject"


_ISSUERS: tuple[tuple[tuple[str, ...], Callable[[str, bool, list[Pin]], _Graded]], ...] = (
    (_GITHUB, _github),
    (("gitlab.com", "gitlab", "gitlab."), _gitlab),
    (("app.terraform.io", "terraform-cloud", "terraform."), _terraform),
    (("oidc.circleci.com", "circleci"), _circleci),
    (("api.bitbucket.org", "bitbucket"), _bitbucket),
    (("oidc.eks.", "eks"), _kubernetes),
)


def _exact_is(grade_: Grade, what: str) -> Callable[[Pin], _Graded]:
    return lambda pin: (
        (grade_, f"{pin.claim} pins {what}") if pin.exact else (Grade.DANGEROUS, f"{pin.claim} is a pattern")
    )


def _plain_claim(pin: Pin) -> _Graded:
    return Grade.DANGEROUS, f"{pin.claim} does not say who may enter"


def _workflow_claim(pin: Pin) -> _Graded:
    return max(_workflow(value) for value in pin.values) if pin.exact else (Grade.CAUTION, f"{pin.claim} is a pattern")


def _amr(pin: Pin) -> _Graded:
    guests = any(glob(value, "unauthenticated") for value in pin.values)
    return (
        (Grade.DANGEROUS, "guests of the identity pool may enter")
        if guests
        else (Grade.SAFE, "signed-in users of the pool may enter")
    )


_CLAIMS: dict[str, Callable[[Pin], _Graded]] = {
    "job_workflow_ref": _workflow_claim,
    "environment": _exact_is(Grade.SAFE, "one environment"),
    "repository_id": _exact_is(Grade.CAUTION, "one repository, all of it"),
    "repository": _exact_is(Grade.CAUTION, "one repository, all of it"),
    "oidc.circleci.com/project-id": _exact_is(Grade.CAUTION, "one project, any user of it"),
    "ref_protected": _exact_is(Grade.DANGEROUS, "protected branches, of any project"),
    "amr": _amr,
}


def _admission(issuer: str, listed: list[Pin], claims: Mapping[str, str]) -> _Graded:
    """What a token that gets in says about the trust, beyond the text of the conditions."""
    subject = claims.get("sub", "")
    if issuer in _GITHUB and subject.endswith(":pull_request"):
        return Grade.DANGEROUS, f"{subject} gets in: code that is only proposed"
    if claims.get("oidc.circleci.com/ssh-rerun") == "true":
        return Grade.DANGEROUS, "a debug session's token gets in"
    if (
        subject.startswith("project_path:")
        and "project_id" in claims
        and not any(pin.claim == "project_id" for pin in listed)
    ):
        return Grade.DANGEROUS, "a project that took over the path gets in: project_id is not pinned"
    return Grade.SAFE, ""
