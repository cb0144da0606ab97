"""Principals of rows."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.facts._principals import PrincipalFactory, identity_policy, read
from pipeline.policy.context import FIRST_RELEASE
from tests.pipeline.facts.support import (
    AS_OF,
    MANAGEMENT,
    ONE,
    allow,
    arn,
    control_policies,
    deny,
    document,
    night,
    policy,
    principal,
)

APP = arn("role/app")


def test_a_principal_has_all_that_its_row_says() -> None:
    scps = control_policies("SERVICE_CONTROL_POLICY", stay=document(deny("organizations:*")))
    limit = policy("limit", document(allow("s3:*")), arn("policy/limit"))
    row = principal(APP, policy("own", document(allow("*"))), boundary=limit, scp_levels_sha256="key", groups=["g"])
    made = PrincipalFactory(night(**scps)).principal(row)
    assert (made.arn, made.groups, made.management_account) == (APP, ("g",), MANAGEMENT)
    assert [one.name for one in made.policies] == ["own"]
    assert made.boundary is not None
    assert (made.boundary.name, made.boundary.arn) == ("limit", arn("policy/limit"))
    assert [[one.name for one in level] for level in made.scp_levels or ()] == [["stay"]]
    assert made.facts == {"aws:PrincipalOrgID": "o-example"}
    assert made.not_before == datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC)


def test_a_principal_knows_its_tags_and_the_place_of_its_account() -> None:
    places = [{"account_id": ONE, "ou_ids": ["r-1", "ou-1"]}, {"account_id": MANAGEMENT, "ou_ids": None}]
    factory = PrincipalFactory(night(places=places))
    made = factory.principal(principal(APP, tags=[{"key": "team", "value": "red"}], takes_session_tags=True))
    assert (made.tags, made.takes_session_tags) == ({"team": "red"}, True)
    assert made.facts == {"aws:PrincipalOrgID": "o-example", "aws:PrincipalOrgPaths": ("o-example/r-1/ou-1/",)}
    assert made.places == {
        ONE: {"aws:ResourceOrgID": "o-example", "aws:ResourceOrgPaths": ("o-example/r-1/ou-1/",)},
        MANAGEMENT: {"aws:ResourceOrgID": "o-example"},
    }
    assert factory.principal(principal(APP, tags=None)).tags is None


def test_without_an_organization_nothing_is_known_of_it() -> None:
    factory = PrincipalFactory(night(organization=[]))
    made = factory.principal(principal(APP))
    assert (made.facts, made.management_account, made.not_before) == ({}, "", FIRST_RELEASE)


def test_control_policies_of_one_key_are_read_once() -> None:
    factory = PrincipalFactory(night(**control_policies("SERVICE_CONTROL_POLICY", stay=document(deny("s3:*")))))
    assert factory.levels("SERVICE_CONTROL_POLICY", "key") is factory.levels("SERVICE_CONTROL_POLICY", "key")
    assert factory.levels("RESOURCE_CONTROL_POLICY", "key") is None
    assert factory.levels("SERVICE_CONTROL_POLICY", None) is None


def test_identity_center_is_administered_from_few_accounts() -> None:
    for account, delegated, extra in ((MANAGEMENT, [], 0), (ONE, [], 1), (ONE, [{"account_id": ONE}], 0)):
        made = PrincipalFactory(night(identity_center=delegated)).in_place(principal(arn("role/app", account)))
        assert len(made.policies) == extra


def test_aws_managed_policies_that_were_not_read_are_known() -> None:
    admin = {"name": "AdministratorAccess", "arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert identity_policy(admin | {"sha256": None, "document": None}).document is not None
    unread = identity_policy({"name": "gone", "arn": "", "sha256": None, "document": None})
    assert (unread.document, unread.problem) == (None, "the document could not be read")


def test_equal_documents_are_parsed_once() -> None:
    text = document(allow("s3:*"))
    assert read("a", text, "identity").document is read("b", text, "identity").document
    assert read("a", text, "identity", "arn").arn == "arn"
