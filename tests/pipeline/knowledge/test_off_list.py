"""Off the list is never a fact about AWS: an entry less turns no verdict to pass, and none to a fail that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.facts import credential_services, delegated_services
from pipeline.warehouse import models
from pipeline.warehouse.models import Catalog
from tests.sql.harness import MEMBER, Case, prepared, read_cases, rows_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return models.load()


def verdicts(case: Case, made: Any) -> dict[str, tuple[str, str]]:
    rows_of(case, made)
    found = made.con.execute(f"select resource, verdict, reason from {case.control_id}").fetchall()
    return {resource: (verdict, reason) for resource, verdict, reason in found}


def without_each(
    case: Case, catalog: Catalog, table: str, key: str, every: int = 1
) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """By entry of a list (each tenth where `every` is 10): the verdicts that change without it, and all before."""
    with prepared(case, catalog) as made:
        before = verdicts(case, made)
        for (entry,) in made.con.execute(f"select {key} from {table} order by all").fetchall()[::every]:
            made.con.execute(f"create or replace temp table kept as from {table} where {key} = ?", [entry])
            made.con.execute(f"delete from {table} where {key} = ?", [entry])
            after = verdicts(case, made)
            yield entry, {name: after[name] for name in before if after[name][0] != before[name][0]}, before
            made.con.execute(f"insert into {table} from kept")


def a_case(control_id: str, rows: dict[str, list[dict[str, Any]]]) -> Case:
    return replace(next(case for case in read_cases() if case.control_id == control_id), rows=rows, settings={})


def credential(number: int, service: str, expires: bool) -> dict[str, Any]:
    return {
        "user_name": "eve",
        "service_name": service,
        "credential_id": f"A{number}",
        "status": "Active",
        "created_at": datetime(2026, 11, 1),
        "expires_at": datetime(2026, 12, 1) if expires else None,
    }


def organization_policy(policy_type: str, characters: int) -> dict[str, Any]:
    name = policy_type.lower()
    return {
        "policy_id": name,
        "arn": f"arn:aws:organizations::999999999999:policy/o-example/{name}/p",
        "name": name,
        "policy_type": policy_type,
        "is_aws_managed": False,
        "document": "{}",
        "characters": characters,
    }


def test_a_service_that_is_in_no_list_of_delegation_is_unknown(catalog: Catalog) -> None:
    listed = delegated_services.rows({})
    case = a_case(
        "delegated_administration",
        {"trusted_services": [{"service_principal": one["service_principal"]} for one in listed]},
    )
    for entry, changed, before in without_each(case, catalog, "fact_delegated_services", "service_principal", every=10):
        ((name, (verdict, reason)),) = changed.items()
        assert name.endswith(f"/{entry}")
        assert (before[name][0] in ("fail", "not_applicable"), verdict) == (True, "unknown")
        assert "not in Rolecall's list" in reason


def test_a_credential_for_a_service_in_no_list_turns_to_unknown_at_most(catalog: Catalog) -> None:
    services = [row["service_name"] for row in credential_services.rows({})]
    found = [
        credential(2 * n + expires, service, bool(expires)) for n, service in enumerate(services) for expires in (0, 1)
    ]
    users = [{"user_name": "eve", "arn": f"arn:aws:iam::{MEMBER}:user/eve"}]
    case = a_case("other_longterm_credentials", {"users": users, "service_specific_credentials": found})
    for entry, changed, _ in without_each(case, catalog, "fact_credential_services", "service_name"):
        assert {verdict for verdict, _ in changed.values()} <= {"unknown"}, entry


def test_a_type_of_policy_without_quotas_has_no_remark(catalog: Catalog) -> None:
    policies = [
        organization_policy("SERVICE_CONTROL_POLICY", 10000),
        organization_policy("RESOURCE_CONTROL_POLICY", 5000),
    ]
    case = a_case("org_policies_validate", {"organization_policies": policies})
    assert [changed for _, changed, _ in without_each(case, catalog, "fact_policy_quotas", "policy_type")] == [{}, {}]


@pytest.mark.parametrize("folder", ["sql/controls", "pipeline/policy", "pipeline/facts"])
def test_no_sentence_about_aws_rests_on_a_list(folder: str) -> None:
    words = re.compile(r"AWS offers no delegated|does not read from|sends nothing|No action is called|is no global")
    paths = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".sql", ".py")]
    assert paths
    assert [path.name for path in paths if words.search(path.read_text(encoding="utf-8"))] == []
