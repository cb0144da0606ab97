"""Accounts read one at a time."""

from __future__ import annotations

from pipeline.facts._accounts import Accounts, ByAccount
from pipeline.facts._principals import PrincipalFactory
from pipeline.policy.tri import Tri
from tests.pipeline.facts.support import ONE, TWO, allow, arn, document, group, night, policy, role, trust, user


def test_rows_of_an_account_are_found_in_order() -> None:
    rows = [{"account_id": account, "n": number} for number, account in enumerate("1135")]
    by_account = ByAccount(rows)
    found = [[row["n"] for row in by_account.of(account)] for account in "0134569"]
    assert found == [[], [0, 1], [2], [], [3], [], []]


def test_what_an_account_holds() -> None:
    all_of_it = policy("all", document(allow("*")))
    found = night(
        roles=[role(arn("role/a"), trust(arn("user/ann")), "yes"), role(arn("role/b", TWO), None)],
        users=[user(arn("user/ann"), "depends"), user(arn("user/bob", TWO))],
        groups=[group(arn("group/admins"), all_of_it), group(arn("group/none"))],
    )
    accounts = Accounts(found, PrincipalFactory(found))
    first, second = accounts.account(ONE), accounts.account(TWO)
    assert {name: one.admin for name, one in first.roles.items()} == {arn("role/a"): Tri.YES}
    assert first.users == {arn("user/ann"): Tri.DEPENDS}
    assert first.groups == {arn("group/admins"): Tri.YES, arn("group/none"): Tri.NO}
    assert second.roles[arn("role/b", TWO)].trust.problem == "the document could not be read"
    assert (list(second.users), second.groups) == ([arn("user/bob", TWO)], {})
