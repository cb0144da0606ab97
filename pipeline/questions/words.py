"""Conditions in plain sentences: what must hold for a request to be allowed, or keeps it from being denied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.policy.document import Condition, Statement, parse
from pipeline.policy.grammar import MalformedPolicy
from pipeline.policy.request import Decision, Evidence
from pipeline.policy.tri import Tri

SUBJECTS = {
    "aws:multifactorauthpresent": "the caller signed in with MFA",
    "aws:multifactorauthage": "the seconds since the caller's MFA",
    "aws:sourceip": "the address that the request comes from",
    "aws:vpcsourceip": "the address in the VPC that the request comes from",
    "aws:sourcevpc": "the VPC that the request comes through",
    "aws:sourcevpce": "the VPC endpoint that the request comes through",
    "aws:vpceaccount": "the account of the VPC endpoint",
    "aws:vpceorgid": "the organization of the VPC endpoint",
    "aws:requestedregion": "the Region that is called",
    "aws:securetransport": "the request uses TLS",
    "aws:currenttime": "the time of the request",
    "aws:tokenissuetime": "the time when the caller's session began",
    "aws:principalarn": "the caller",
    "aws:principalaccount": "the caller's account",
    "aws:principalorgid": "the caller's organization",
    "aws:principalorgpaths": "the caller's place in the organization",
    "aws:principaltype": "the kind of caller",
    "aws:userid": "the id of the caller's session",
    "aws:username": "the user's name",
    "aws:sourceaccount": "the account that the service acts for",
    "aws:sourcearn": "the resource that the service acts for",
    "aws:sourceorgid": "the organization that the service acts for",
    "aws:sourceidentity": "the source identity of the session",
    "aws:resourceaccount": "the resource's account",
    "aws:resourceorgid": "the resource's organization",
    "aws:calledvia": "the services that call on the caller's behalf",
    "aws:calledviafirst": "the first service that calls on the caller's behalf",
    "aws:calledvialast": "the last service that calls on the caller's behalf",
    "aws:viaawsservice": "a service makes the call on the caller's behalf",
    "aws:principalisawsservice": "the caller is a service of AWS",
    "aws:useragent": "the program that the caller names",
    "aws:tagkeys": "the keys of the tags in the request",
    "sts:externalid": "the external id in the request",
    "sts:rolesessionname": "the name of the session",
    "sts:transitivetagkeys": "the session tags that pass on",
    "iam:passedtoservice": "the service that the role is passed to",
    "iam:permissionsboundary": "the boundary in the request",
    "iam:policyarn": "the policy in the request",
    "kms:viaservice": "the service that uses the key",
    "s3:prefix": "the prefix that is listed",
    "saml:aud": "the audience of the SAML assertion",
}
"""What a condition key says, by key in lower case. Those of YES_OR_NO read as a sentence."""
YES_OR_NO = frozenset(
    {"aws:multifactorauthpresent", "aws:securetransport", "aws:viaawsservice", "aws:principalisawsservice"}
)
TAGS = {
    "aws:principaltag/": "the caller's tag {}",
    "aws:requesttag/": "the tag {} in the request",
    "aws:resourcetag/": "the resource's tag {}",
    "iam:resourcetag/": "the resource's tag {}",
    "ec2:resourcetag/": "the resource's tag {}",
    "s3:existingobjecttag/": "the object's tag {}",
}
VERBS = {
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is, in any letter case,",
    "StringLike": "is like",
    "ArnEquals": "is",
    "ArnLike": "is like",
    "IpAddress": "is in",
    "BinaryEquals": "is",
    "NumericEquals": "is",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "DateEquals": "is",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is not after",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is not before",
    "Bool": "is",
}
MOST_VALUES = 3


@dataclass(frozen=True)
class Wait:
    """A statement that a decision waits for: the unknown `keys`, and what must hold as a sentence."""

    layer: str
    policy: str
    statement: str
    effect: str
    keys: tuple[str, ...]
    sentence: str


def waits(decision: Decision) -> list[Wait]:
    """What an undecided request waits for, one for each statement that could be read."""
    hits = [hit for hit in decision.evidence if hit.answer is Tri.DEPENDS and hit.index is not None]
    made = (
        Wait(hit.layer, hit.policy, place(hit), hit.effect, tuple(dict.fromkeys(hit.unknown_keys)), sentence(hit))
        for hit in hits
    )
    return list(dict.fromkeys(made))


def place(hit: Evidence) -> str:
    """The statement's Sid, or its index."""
    return hit.sid or f"statement {hit.index}"


def named(layer: str, policy: str) -> str:
    """A policy in words: `identity policy read-all`, `the bucket policy of payroll`."""
    return policy if layer == "resource" else f"{layer} policy {policy}"


def sentence(hit: Evidence) -> str:
    """What must hold: `only if the address that the request comes from is in 10.0.0.0/8`."""
    statement = _statement(hit.text)
    unknown = {key.lower() for key in hit.unknown_keys}
    waiting = [each for each in statement.conditions if each.key.lower() in unknown] if statement else []
    if hit.effect == "Allow":
        return f"only if {' and '.join(map(in_words, waiting)) or _besides(statement)}"
    if len(waiting) == 1:
        return f"only if {in_words(waiting[0], opposite=True)}"
    return f"unless {' and '.join(map(in_words, waiting)) or _besides(statement)}"


def _statement(text: str) -> Statement | None:
    try:
        return parse({"Version": "2012-10-17", "Statement": [json.loads(text)]}).statements[0]
    except (MalformedPolicy, ValueError):
        return None


def _besides(statement: Statement | None) -> str:
    """What else than a condition can leave a statement open."""
    patterns = (*(statement.resources or ()), *(statement.not_resources or ())) if statement else ()
    variables = next((pattern for pattern in patterns if "${" in pattern), "")
    if variables:
        return f"the variable in {variables} stands for this resource"
    names = [value for _, value in (statement.principals or statement.not_principals or ())] if statement else []
    return f"the caller is one of those that its principals mean: {_listed(tuple(names))}"


def in_words(condition: Condition, opposite: bool = False) -> str:
    """One condition, or what keeps it from holding, as a clause."""
    negated = ("Not" in condition.operator) is not opposite
    if condition.operator == "Null":
        is_absent = (condition.values == ("true",)) is not opposite
        return f"the request {'does not carry' if is_absent else 'carries'} {condition.key}"
    if condition.operator == "Bool":
        clause = _yes_or_no(condition, negated)
    else:
        verb = VERBS.get(condition.operator.replace("Not", ""), condition.operator)
        verb = verb.replace("is", "is not", 1) if negated else verb
        clause = f"{_subject(condition.key)} {verb} {_listed(condition.values)}"
    if condition.qualifier:
        each = (condition.qualifier == "ForAllValues") is not opposite
        clause = f"for {'all' if each else 'any'} of its values, {clause}"
    return f"{clause}, or the request does not say" if _holds_without(condition) is not opposite else clause


def _holds_without(condition: Condition) -> bool:
    """Whether leaving the key out is worth a word: where IfExists, or the opposite of a positive operator, passes."""
    return condition.if_exists or "Not" in condition.operator or condition.qualifier == "ForAllValues"


def _yes_or_no(condition: Condition, negated: bool) -> str:
    subject = _subject(condition.key)
    if condition.key.lower() not in YES_OR_NO:
        return f"{subject} is {'not ' if negated else ''}{_listed(condition.values)}"
    is_true = all(value.lower() == "true" for value in condition.values) is not negated
    return subject if is_true else f"it is not so that {subject}"


def _subject(key: str) -> str:
    low = key.lower()
    for prefix, words in TAGS.items():
        if low.startswith(prefix):
            return words.format(key[len(prefix) :])
    return SUBJECTS.get(low, key)


def _listed(values: tuple[str, ...]) -> str:
    shown = " or ".join(values[:MOST_VALUES])
    return f"{shown} or {len(values) - MOST_VALUES} others" if len(values) > MOST_VALUES else shown


def unread_of(decision: Decision) -> Iterator[str]:
    """The policies that an undecided request waits for and that could not be read."""
    for hit in decision.evidence:
        if hit.answer is Tri.DEPENDS and hit.index is None:
            yield f"{named(hit.layer, hit.policy)} is not known: {hit.text}"
