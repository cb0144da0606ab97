"""int_role_trusts: one key for trust policies that say the same."""

from __future__ import annotations

import duckdb

from pipeline.warehouse import models

OWN, OTHER, OUTSIDER = "000000000000", "222222222222", "333333333333"


def test_one_key_for_trust_policies_that_differ_in_their_own_account_only() -> None:
    trusting = '{{"Principal":{{"AWS":"{}"}}}}'
    con = duckdb.connect()
    con.execute(
        "create table stg_roles (account_id varchar, role_name varchar, arn varchar, is_service_linked boolean, "
        "is_identity_center boolean, trust_document varchar)"
    )
    for account, named in ((OTHER, OTHER), (OUTSIDER, OUTSIDER), (OUTSIDER, OTHER), (OTHER, OWN), (OUTSIDER, OWN)):
        row = [account, "r", f"arn:aws:iam::{account}:role/r", trusting.format(named)]
        con.execute("insert into stg_roles values (?, ?, ?, false, false, ?)", row)
    query = f"select trust_sha256, own_account from ({models.load().models['int_role_trusts'].sql})"
    own, same, foreign, placeholder, apart = con.execute(query).fetchall()
    assert own == same
    assert len({own[0], foreign[0], placeholder[0], apart[0]}) == 4
    assert (placeholder[1], apart[1]) == (OTHER, OUTSIDER)
