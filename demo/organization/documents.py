"""Shorthand for policy and trust documents."""

from __future__ import annotations

from typing import Any

from demo.organization.model import Document

Strings = str | list[str]


def allow(action: Strings, resource: Strings = "*", **condition: dict[str, Any]) -> Document:
    """An Allow statement; conditions by operator: ``StringEquals={"aws:SourceAccount": "..."}``."""
    statement: Document = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def deny(action: Strings, resource: Strings = "*", **condition: dict[str, Any]) -> Document:
    return allow(action, resource, **condition) | {"Effect": "Deny"}


def document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal: Any, action: Strings = "sts:AssumeRole", **condition: dict[str, Any]) -> Document:
    """A trust policy with one Allow statement."""
    statement: Document = {"Effect": "Allow", "Principal": principal, "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def service_trust(service: str, account_id: str | None = None) -> Document:
    """Trust in a service; with an account id, only when it acts for that account."""
    principal = {"Service": f"{service}.amazonaws.com"}
    if account_id is None:
        return trust(principal)
    return trust(principal, StringEquals={"aws:SourceAccount": account_id})


def account_trust(account_id: str, external_id: str | None = None, mfa: bool = False) -> Document:
    """Trust in another account, with an ExternalId or MFA where given."""
    condition: dict[str, dict[str, Any]] = {}
    if external_id:
        condition["StringEquals"] = {"sts:ExternalId": external_id}
    if mfa:
        condition["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    return trust({"AWS": f"arn:aws:iam::{account_id}:root"}, "sts:AssumeRole", **condition)


def saml_trust(provider_arn: str, pinned: bool = True) -> Document:
    principal, action = {"Federated": provider_arn}, "sts:AssumeRoleWithSAML"
    if not pinned:
        return trust(principal, action)
    return trust(principal, action, StringEquals={"SAML:aud": "https://signin.aws.amazon.com/saml"})


def github_trust(provider_arn: str, subject: str | None, audience: bool = True) -> Document:
    """Trust in GitHub's tokens; ``subject`` None leaves the subject open."""
    issuer = "token.actions.githubusercontent.com"
    condition: dict[str, dict[str, Any]] = {}
    if audience:
        condition["StringEquals"] = {f"{issuer}:aud": "sts.amazonaws.com"}
    if subject:
        condition["StringLike"] = {f"{issuer}:sub": subject}
    return trust({"Federated": provider_arn}, "sts:AssumeRoleWithWebIdentity", **condition)
