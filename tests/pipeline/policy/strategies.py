"""Policies, requests and contexts at random, for tests of what must hold for all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.policy import Context, Policy, Request
from tests.pipeline.policy.support import ACCOUNT, OTHER, policies

ACTIONS = ["s3:GetObject", "s3:PutObject", "iam:PassRole", "iam:PutUserPolicy", "sts:AssumeRole", "ec2:RunInstances"]
PATTERNS = [*ACTIONS, "*", "s3:*", "S3:get*", "iam:P*", "ec2:*", "*:*", "sts:?ssumeRole"]
ME, SESSION = f"arn:aws:iam::{ACCOUNT}:user/worker", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
CALLERS = [
    ME,
    f"arn:aws:iam::{ACCOUNT}:role/app",
    SESSION,
    f"arn:aws:iam::{OTHER}:role/app",
    "lambda.amazonaws.com",
    "*",
]
ARNS = [ME, "arn:aws:s3:::b/k", f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:role/x/target"]
PLACES = [
    *ARNS,
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:s3:::${aws:x, 'b'}/k",
]
KEYS = {"aws:SourceIp": ["203.0.113.9", "10.0.0.1"], "aws:PrincipalOrgID": ["o-1", "o-2"], "aws:TagKeys": ["a", "b"]}

conditions = st.one_of(
    st.none(),
    st.builds(
        lambda operator, key, value: {operator: {key: value}},
        st.sampled_from(
            [
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIfExists",
                "StringLike",
                "ForAllValues:StringEquals",
                "ForAnyValue:StringNotLike",
            ]
        ),
        st.sampled_from(sorted(KEYS)),
        st.lists(st.sampled_from(["o-1", "a", "b", "203.*", "*"]), min_size=1, max_size=2),
    ),
    st.builds(
        lambda key, value: {"Null": {key: value}}, st.sampled_from(sorted(KEYS)), st.sampled_from(["true", "false"])
    ),
    st.builds(
        lambda op, value: {op: {"aws:SourceIp": value}},
        st.sampled_from(["IpAddress", "NotIpAddress"]),
        st.sampled_from(["203.0.113.0/24", "0.0.0.0/0"]),
    ),
)


@st.composite
def statements(draw: Any, effect: str | None = None) -> dict[str, Any]:
    one: dict[str, Any] = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    one[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(
        st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)
    )
    one[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(
        st.lists(st.sampled_from(PLACES), min_size=1, max_size=2)
    )
    condition = draw(conditions)
    return one | ({"Condition": condition} if condition else {})


@st.composite
def documents(draw: Any, effect: str | None = None) -> dict[str, Any]:
    return {
        "Version": draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"])),
        "Statement": draw(st.lists(statements(effect), min_size=1, max_size=3)),
    }


@st.composite
def resource_documents(draw: Any) -> dict[str, Any]:
    source = draw(documents())
    named = st.sampled_from(
        [
            "*",
            {"AWS": ACCOUNT},
            {"AWS": ME},
            {"AWS": [SESSION, OTHER]},
            {"AWS": CALLERS[1]},
            {"Service": "lambda.amazonaws.com"},
        ]
    )
    for one in source["Statement"]:
        one[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = draw(named)
    return dict(source)


contexts = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in KEYS.items()})
maybe = st.one_of(st.none(), documents())


@st.composite
def questions(draw: Any) -> tuple[Request, dict[str, Any]]:
    known = Context.of(draw(contexts), complete=draw(st.booleans()))
    request = Request.of(
        draw(st.sampled_from(CALLERS)), draw(st.sampled_from(ACTIONS)), draw(st.sampled_from(ARNS)), known, ACCOUNT
    )
    boundary, resource, session, scp = (
        draw(maybe),
        draw(st.one_of(st.none(), resource_documents())),
        draw(maybe),
        draw(maybe),
    )
    return request, {
        "identity": policies(*draw(st.lists(documents(), max_size=2))),
        "boundary": Policy.read("boundary", boundary) if boundary else None,
        "resource": Policy.read("resource", resource, "resource") if resource else None,
        "session": policies(session) if session else None,
        "scp_levels": [policies(scp, kind="scp")] if scp else None,
    }
