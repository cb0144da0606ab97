"""Grades the subjects and claims of each provider: the text rules used by oidc.py.

By the documentation of GitHub Actions, GitLab, HCP Terraform, CircleCI, Bitbucket Pipelines and Kubernetes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from pipeline.policy.match import glob


class Grade(IntEnum):
    SAFE = 0
    CAUTION = 1
    DANGEROUS = 2


@dataclass(frozen=True, slots=True)
class Pin:
    """One condition on one claim of the issuer: claim, values, and whether wildcards apply."""

    claim: str
    values: tuple[str, ...]
    is_pattern: bool = True

    @property
    def exact(self) -> bool:
        """Whether every value is a fixed text (under StringEquals a star is literal)."""
        return not self.is_pattern or not any("*" in value or "?" in value for value in self.values)


Graded = tuple[Grade, str]
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NAMES_REPOSITORY = re.compile(r"(^|:)(repo|repository|repository_id|job_workflow_ref):")
_OPEN_ID = re.compile(r"@[0-9]*[*?][0-9*?]*(?=/|$)")
_OPEN_OWNER_ID = re.compile(r"@[0-9]*[*?][0-9*?]*(?=/)")
_COMMIT = re.compile(r"@[0-9a-f]{40}$")
GITHUB = ("token.actions.githubusercontent.com", "github")


def is_open(pin: Pin) -> bool:
    return pin.is_pattern and any(not value.strip("*?") for value in pin.values)


def is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def subject_grader(issuer: str) -> Callable[[str, bool, list[Pin]], Graded]:
    host = issuer.split("/")[0]
    for names, grader in _ISSUERS:
        if any(name in (issuer, host) or (name.endswith(".") and host.startswith(name)) for name in names):
            return grader
    return _unknown_issuer


def without_open_ids(subject: str) -> str:
    """A subject of GitHub's immutable form with ids left open, as the form of names alone, which is as wide.

    `repo:OWNER@*/REPOSITORY@*:...` is `repo:OWNER/REPOSITORY:...`: no name holds an @, a slash or a colon, and a star
    that took in more would have to find the rest of the pattern where GitHub writes no colon. A star at the very end
    is no id: it takes in all that follows.
    https://docs.github.com/en/actions/concepts/security/openid-connect (immutable subject claims)
    """
    tenant, colon, rest = subject.partition(":")[2].partition(":")
    if not subject.startswith("repo:"):
        return subject
    return f"repo:{(_OPEN_ID if colon else _OPEN_OWNER_ID).sub('', tenant)}{colon}{rest}"


def names_only(pin: Pin) -> bool:
    """Whether a value of the pin is a subject of GitHub's with a repository's names, and not with both of its ids."""
    return any(_NAMES.match(without_open_ids(value) if pin.is_pattern else value) for value in pin.values)


_NAMES = re.compile(r"repo:(?![^/:@]+@\d+/[^/:@]+@\d+(:|$))", re.IGNORECASE)


def _github(value: str, wild: bool, listed: list[Pin]) -> Graded:
    if wild and (named := without_open_ids(value)) != value:
        grade, reason = _github(named, is_wild(named), listed)
        return grade, reason.replace(named, value)
    if value.startswith("job_workflow_ref:") and not is_wild("/".join(value.split("/")[:2])):
        return _workflow(value) if not wild else (Grade.CAUTION, f"{value} leaves the workflow or its version open")
    tenant, _, rest = value.removeprefix("repo:").partition(":")
    if wild and (not value.startswith("repo:") or is_wild(tenant) or tenant.count("/") != 1):
        owner = tenant.split("/")[0]
        who = (
            f"any repository of {owner}"
            if value.startswith("repo:") and not is_wild(owner)
            else "any repository on the provider"
        )
        return Grade.DANGEROUS, f"{value} admits {who}"
    if rest == "pull_request":
        return Grade.DANGEROUS, f"{value} admits code that is only proposed"
    if wild:
        return Grade.CAUTION, f"{value} admits more than one branch, tag or environment of the repository"
    if ":job_workflow_ref:" in value and ":environment:" not in value:
        return _workflow(value)
    if not value.startswith(("repo:", "job_workflow_ref:")):
        if _NAMES_REPOSITORY.search(value):
            return Grade.CAUTION, f"{value} names a repository in a subject made to measure"
        return Grade.DANGEROUS, f"{value} does not say which repository"
    if not rest:
        return Grade.CAUTION, f"{value} is one repository, all of it"
    if rest.startswith("ref:refs/tags/"):
        return Grade.CAUTION, f"{value} is a tag, and tags move"
    return Grade.SAFE, f"{value} is one branch or environment"


def _workflow(value: str) -> Graded:
    if _COMMIT.search(value):
        return Grade.SAFE, f"{value} is one workflow at one commit"
    return Grade.CAUTION, f"{value} is a workflow at a version that moves"


def _gitlab(value: str, wild: bool, listed: list[Pin]) -> Graded:
    if (
        wild
        and not is_wild(value.partition(":ref:")[0])
        and any(pin == Pin("ref_protected", ("true",), pin.is_pattern) for pin in listed)
    ):
        return Grade.CAUTION, f"{value} admits every protected branch of one project"
    if wild:
        return Grade.DANGEROUS, f"{value} admits any branch, or any project of a group"
    by_id = value.startswith("project_id:") or any(pin.claim == "project_id" and pin.exact for pin in listed)
    if by_id and ":ref_type:tag:" not in value:
        return Grade.SAFE, f"{value} is one branch of a project pinned by id"
    return Grade.CAUTION, f"{value} names a project by its path, which can be reused, or a tag, which moves"


def _terraform(value: str, wild: bool, listed: list[Pin]) -> Graded:
    if wild:
        return Grade.DANGEROUS, f"{value} admits more than one workspace or run phase"
    return Grade.CAUTION, f"{value} names a workspace by display names, which can be reused"


def _circleci(value: str, wild: bool, listed: list[Pin]) -> Graded:
    if wild and (is_wild("/".join(value.split("/")[:4])) or value.count("/") < 4):
        return Grade.DANGEROUS, f"{value} admits any project of the organization"
    return (
        (Grade.CAUTION, f"{value} admits any user of one project")
        if wild
        else (Grade.SAFE, f"{value} is one user of one project")
    )


def _bitbucket(value: str, wild: bool, listed: list[Pin]) -> Graded:
    parts = value.split(":")
    if wild and is_wild(parts[0]):
        return Grade.DANGEROUS, f"{value} admits any repository of the workspace"
    if wild and len(parts) == 3 and _UUID.search(parts[1]):
        return Grade.SAFE, f"{value} is one deployment environment of one repository"
    return Grade.CAUTION, f"{value} admits every step of one repository, or a step that never runs again"


def _kubernetes(value: str, wild: bool, listed: list[Pin]) -> Graded:
    if not wild:
        return Grade.SAFE, f"{value} is one service account"
    namespace = value.removeprefix("system:serviceaccount:").split(":")[0]
    if not value.startswith("system:serviceaccount:") or is_wild(namespace):
        return Grade.DANGEROUS, f"{value} admits every service account of the cluster"
    return Grade.CAUTION, f"{value} admits every service account of one namespace"


def _unknown_issuer(value: str, wild: bool, listed: list[Pin]) -> Graded:
    if not wild:
        return Grade.SAFE, f"{value} is one subject"
    fixed = re.split(r"[*?]", value)[0]
    if len(fixed.rstrip(":/")) < 8:
        return Grade.DANGEROUS, f"{value} fixes almost nothing"
    return Grade.CAUTION, f"{value} admits more than one subject"


_ISSUERS: tuple[tuple[tuple[str, ...], Callable[[str, bool, list[Pin]], Graded]], ...] = (
    (GITHUB, _github),
    (("gitlab.com", "gitlab", "gitlab."), _gitlab),
    (("app.terraform.io", "terraform-cloud", "terraform."), _terraform),
    (("oidc.circleci.com", "circleci"), _circleci),
    (("api.bitbucket.org", "bitbucket"), _bitbucket),
    (("oidc.eks.", "eks"), _kubernetes),
)


def _exact_is(grade_: Grade, what: str) -> Callable[[Pin], Graded]:
    return lambda pin: (
        (grade_, f"{pin.claim} pins {what}") if pin.exact else (Grade.DANGEROUS, f"{pin.claim} is a pattern")
    )


def plain_claim(pin: Pin) -> Graded:
    return Grade.DANGEROUS, f"{pin.claim} does not say who may enter"


def _workflow_claim(pin: Pin) -> Graded:
    return max(_workflow(value) for value in pin.values) if pin.exact else (Grade.CAUTION, f"{pin.claim} is a pattern")


def _amr(pin: Pin) -> Graded:
    guests = any(glob(value, "unauthenticated") for value in pin.values)
    return (
        (Grade.DANGEROUS, "guests of the identity pool may enter")
        if guests
        else (Grade.SAFE, "signed-in users of the pool may enter")
    )


CLAIMS: dict[str, Callable[[Pin], Graded]] = {
    "job_workflow_ref": _workflow_claim,
    "environment": _exact_is(Grade.SAFE, "one environment"),
    "repository_id": _exact_is(Grade.CAUTION, "one repository, all of it"),
    "repository": _exact_is(Grade.CAUTION, "one repository, all of it"),
    "oidc.circleci.com/project-id": _exact_is(Grade.CAUTION, "one project, any user of it"),
    "ref_protected": _exact_is(Grade.DANGEROUS, "protected branches, of any project"),
    "amr": _amr,
}
