"""The facts of trust policies, and who outside gets in."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.policy import (
    Organization,
    Policy,
    Role,
    Tri,
    entrants,
    may_assume,
    outside_access,
    outsiders,
    parse,
    public,
    trust_facts,
)
from pipeline.policy.strangers import ANY_ACCOUNT
from tests.pipeline.policy.support import ACCOUNT, INSIDE, OTHER, allow, document, principal

VENDOR = f"arn:aws:iam::{OTHER}:root"


def source(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> dict[str, Any]:
    more = {"Condition": condition} if condition else {}
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def fact(principal: Any, action: str = "sts:AssumeRole", **condition: Any) -> Any:
    (one,) = trust_facts(parse(source(principal, action, **condition)), INSIDE)
    return one


@pytest.mark.parametrize(
    ("principal", "kind", "relation"),
    [
        ("*", "everyone", "everyone"),
        ({"AWS": "*"}, "everyone", "everyone"),
        ({"AWS": "arn:aws:iam::*:root"}, "everyone", "everyone"),
        ({"AWS": ACCOUNT}, "account", "own account"),
        ({"AWS": "arn:aws:iam::567834560912:root"}, "account", "organization"),
        ({"AWS": VENDOR}, "account", "external"),
        ({"AWS": f"arn:aws:iam::{OTHER}:role/x"}, "principal", "external"),
        ({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/x/y"}, "session", "external"),
        ({"AWS": "AROAEXAMPLEGONE"}, "orphan", "nobody"),
        ({"Service": "ec2.amazonaws.com"}, "service", "service"),
    ],
)
def test_whom_it_names(principal: Any, kind: str, relation: str) -> None:
    one = fact(principal)
    assert (one.kind, one.relation) == (kind, relation)
    assert (one.lets_in is Tri.NO) is (relation == "nobody")
    assert set(asdict(one)) >= {"statement", "sid", "value", "account", "condition_keys"}


@pytest.mark.parametrize(
    ("condition", "pinned"),
    [
        ({"StringEquals": {"sts:ExternalId": "secret"}}, {"pins_external_id"}),
        ({"StringLike": {"sts:ExternalId": "*"}}, set()),
        ({"StringEqualsIfExists": {"sts:ExternalId": "secret"}}, set()),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"pins_mfa"}),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, set()),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, {"pins_mfa"}),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}}, {"pins_organization"}),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-z9y8x7w6v5/*"}}, {"pins_organization"}),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, set()),
    ],
)
def test_pins(condition: Any, pinned: set[str]) -> None:
    one = fact({"AWS": VENDOR}, **condition)
    assert {name for name in ("pins_external_id", "pins_mfa", "pins_organization") if getattr(one, name)} == pinned


def test_a_pin_in_a_deny_counts() -> None:
    allow = source({"AWS": VENDOR})["Statement"][0]
    no_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": no_mfa}
    (one,) = trust_facts(parse(document(allow, deny)), INSIDE)
    assert one.pins_mfa


@pytest.mark.parametrize(
    ("condition", "pinned"),
    [
        ({}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceOrgID": "o-z9y8x7w6v5"}}, True),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": [ACCOUNT, OTHER]}}, False),
    ],
)
def test_sources(condition: Any, pinned: bool) -> None:
    service = {"Service": "cloudtrail.amazonaws.com"}
    assert fact(service, **condition).pins_source is pinned
    trust = Policy.read("trust", source(service, **condition), "trust")
    assert bool(outsiders(trust, INSIDE)) is not pinned


def test_saml() -> None:
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"}
    pinned = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    assert fact(provider, "sts:AssumeRoleWithSAML", **pinned).pins_saml_audience
    assert not fact(provider, "sts:AssumeRoleWithSAML").pins_saml_audience
    assert not fact(provider, "sts:AssumeRoleWithSAML", StringLike={"saml:aud": "*"}).pins_saml_audience
    assert fact(provider, "sts:AssumeRole").lets_in is Tri.NO


def test_outsiders() -> None:
    def who(principal: Any, **condition: Any) -> list[tuple[str, str, str]]:
        trust = Policy.read("trust", source(principal, **condition), "trust")
        return [(one.account, one.verdict.name, ",".join(one.limited_by)) for one in outsiders(trust, INSIDE)]

    assert who("*") == [(ANY_ACCOUNT, "YES", "")]
    assert who("*", StringEquals={"aws:PrincipalOrgID": "o-z9y8x7w6v5"}) == []
    assert who("*", StringEquals={"aws:PrincipalAccount": [ACCOUNT, OTHER]}) == [(OTHER, "YES", "")]
    assert who({"AWS": VENDOR}, StringEquals={"sts:ExternalId": "x"}) == [(OTHER, "DEPENDS", "sts:ExternalId")]
    assert who("*", IpAddress={"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]})[0][1] == "YES"
    assert who("*", IpAddress={"aws:SourceIp": "203.0.113.0/24"})[0][1:] == ("DEPENDS", "aws:SourceIp")
    assert who({"AWS": ACCOUNT}) == []
    assert outsiders(Policy.read("trust", None), INSIDE)[0].verdict is Tri.DEPENDS


def test_a_wildcard_organization_in_its_own_words_is_public() -> None:
    policy = document(
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "*"}},
        }
    )
    assert public(Policy.read("bucket", policy, "resource"), INSIDE) is Tri.YES


def test_an_account_inside_is_no_outsider() -> None:
    policy = Policy.read(
        "bucket",
        document({"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "s3:*", "Resource": "*"}),
        "resource",
    )
    assert [one.account for one in outside_access(policy, INSIDE)] == [OTHER]
    assert outside_access(policy, Organization(ACCOUNT, frozenset({OTHER}))) == []


HOME, AWAY = "o-z9y8x7w6v5", "o-foreign1"


@pytest.mark.parametrize(
    ("principal", "condition", "who"),
    [
        ("*", {"StringEquals": {"aws:PrincipalOrgID": AWAY}}, [AWAY]),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": [HOME, AWAY]}}, [AWAY]),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{AWAY}/r-1/*"}}, [AWAY]),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{HOME}/r-1/*"}}, []),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "*/ou-1/*"}}, [ANY_ACCOUNT]),
        ({"AWS": VENDOR}, {"StringEquals": {"aws:PrincipalOrgID": AWAY}}, [OTHER]),
        ({"AWS": VENDOR}, {"StringEquals": {"aws:PrincipalOrgID": HOME}}, []),
        ("*", {"StringNotEquals": {"aws:PrincipalOrgID": HOME}}, [ANY_ACCOUNT]),
        ("*", {"StringEquals": {"aws:PrincipalType": "User"}}, [ANY_ACCOUNT]),
    ],
)
def test_organizations(principal: Any, condition: Any, who: list[str]) -> None:
    trust = Policy.read("trust", source(principal, **condition), "trust")
    assert [one.account for one in outsiders(trust, INSIDE)] == who
    bucket = Policy.read("bucket", source(principal, "s3:GetObject", **condition), "resource")
    assert public(bucket, INSIDE) is (Tri.YES if who == [ANY_ACCOUNT] else Tri.NO)


def test_an_organization_is_not_foreign_while_the_own_is_not_known() -> None:
    trust = Policy.read("trust", source("*", StringEquals={"aws:PrincipalOrgID": AWAY}), "trust")
    assert outsiders(trust, Organization(ACCOUNT)) == []


def test_another_organization_behind_a_service() -> None:
    service, condition = {"Service": "cloudtrail.amazonaws.com"}, {"StringEquals": {"aws:SourceOrgID": AWAY}}
    trust = Policy.read("trust", source(service, **condition), "trust")
    assert [one.account for one in outsiders(trust, INSIDE)] == [AWAY]


@pytest.mark.parametrize("account", ["999999999999", "999999999998"])
def test_a_stranger_is_nobody_known(account: str) -> None:
    known = Organization(ACCOUNT, frozenset({account}), HOME)
    everyone = Policy.read("trust", source("*"), "trust")
    member = Policy.read("trust", source({"AWS": account}), "trust")
    assert [one.account for one in outsiders(everyone, known)] == [ANY_ACCOUNT]
    assert (outsiders(member, known), [one.account for one in outsiders(member, INSIDE)]) == ([], [account])


@pytest.mark.parametrize(
    ("principal", "condition", "lets_in"),
    [
        ("*", {"StringEquals": {"aws:PrincipalAccount": OTHER}}, Tri.YES),
        ("*", {"StringLike": {"aws:PrincipalAccount": "3456*"}}, Tri.YES),
        ("*", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:user/x"}}, Tri.YES),
        ({"AWS": VENDOR}, {"StringEquals": {"aws:PrincipalType": "User"}}, Tri.YES),
        ({"AWS": VENDOR}, {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, Tri.NO),
        ({"AWS": VENDOR}, {"StringEquals": {"aws:PrincipalOrgID": HOME}}, Tri.DEPENDS),
    ],
)
def test_whom_a_condition_leaves(principal: Any, condition: Any, lets_in: Tri) -> None:
    assert fact(principal, **condition).lets_in is lets_in


def test_a_limit_that_can_be_left_out_is_none() -> None:
    def who(**condition: Any) -> Any:
        (one,) = outsiders(Policy.read("trust", source({"AWS": VENDOR}, **condition), "trust"), INSIDE)
        return one.verdict, one.limited_by

    assert who(StringEqualsIfExists={"sts:ExternalId": "x"}) == (Tri.YES, ())
    assert who(StringEqualsIfExists={"aws:SourceVpce": "vpce-1"}) == (Tri.YES, ())
    assert who(StringEquals={"aws:SourceVpce": "vpce-1"}) == (Tri.DEPENDS, ("aws:SourceVpce",))


def test_a_deny_pins_a_web_identity() -> None:
    issuer = "token.actions.githubusercontent.com"
    provider, action = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}, "sts:AssumeRoleWithWebIdentity"
    allow = source(provider, action, StringEquals={f"{issuer}:aud": "sts.amazonaws.com"})["Statement"][0]
    main = {"StringNotLike": {f"{issuer}:sub": "repo:own@1/app@2:ref:refs/heads/main"}}
    refuse = {"Effect": "Deny", "Principal": provider, "Action": action, "Condition": main}
    loose, pinned = (trust_facts(parse(document(*each)), INSIDE)[0] for each in ([allow], [allow, refuse]))
    assert (loose.oidc_grade, loose.pins_identity, loose.pins_tenant) == ("dangerous", False, False)
    assert (pinned.oidc_grade, pinned.pins_identity, pinned.pins_tenant) == ("safe", True, True)


ENDED: tuple[dict[str, Any], ...] = (
    {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"NumericLessThan": {"aws:EpochTime": "1577836800"}},
    {"DateLessThanEquals": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}},
)
OPEN: tuple[dict[str, Any], ...] = (
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"DateLessThan": {"aws:CurrentTime": "2999-01-01T00:00:00Z"}},
)


@pytest.mark.parametrize("who", ["*", {"AWS": f"arn:aws:iam::{OTHER}:root"}, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}])
def test_what_ended_lets_nobody_in(who: Any) -> None:
    for conditions, is_open in ((ENDED, False), (OPEN, True)):
        for condition in conditions:
            once = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", "Condition": condition}
            trust = Policy.read("trust", document(once), "trust")
            assert trust.document is not None
            facts = trust_facts(trust.document, INSIDE)
            assert [fact.lets_in is not Tri.NO for fact in facts] == [is_open], condition
            is_of_strangers = is_open and who != {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
            assert bool(entrants(trust.document, INSIDE)) is is_of_strangers, condition
            assert bool(outside_access(trust, INSIDE)) is is_of_strangers, condition
            worker = principal(allow("sts:AssumeRole"))
            role = Role(f"arn:aws:iam::{ACCOUNT}:role/boss", trust)
            assert (may_assume(worker, role) is not Tri.NO) is (
                is_open and who != {"AWS": f"arn:aws:iam::{OTHER}:root"}
            )


def test_the_night_says_what_time_it_is() -> None:
    once = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    ended = {"DateLessThan": {"aws:CurrentTime": "2027-03-01T00:00:00Z"}}
    trust = parse(document({**once, "Condition": ended}), "trust")
    assert entrants(trust, INSIDE)
    assert not entrants(trust, replace(INSIDE, not_before=datetime(2027, 3, 2, tzinfo=UTC)))
