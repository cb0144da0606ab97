"""A landing multiplied: every account with its own ids, nothing lost, and the figures that AWS reports twice agree."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline import collectors, landing
from pipeline.night import Night
from pipeline.settings import Refused
from tests import nights
from tests.conftest import Loopback
from tools.landings import multiply

pytestmark = pytest.mark.slow
ACCOUNTS = 120


@pytest.fixture(scope="module")
def small(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Night:
    landed = nights.landed(loopback, tmp_path_factory)
    return Night(landed.home, loopback.nights[nights.NIGHT - 1])


def test_members_are_repeated_with_their_rows_under_ids_of_their_own(small: Night, tmp_path: Path) -> None:
    (large,) = multiply([small], tmp_path, ACCOUNTS)
    before, after = (accounts(night) for night in (small, large))
    times = round((len(after) - len(before)) / len(before)) + 1
    assert len(set(after)) == len(after)
    assert set(before) < set(after)
    assert abs(len(after) - ACCOUNTS) < len(before)
    for name in ("roles", "inline_policies", "policies"):
        of = rows(large, name)
        assert max(Counter(of["account_id"].to_pylist()).values()) == max(
            Counter(rows(small, name)["account_id"].to_pylist()).values()
        )
        assert of.num_rows > (times - 1) * rows(small, name).num_rows / 2
    foreign = [arn for account, arn in pairs(large, "roles") if f":{account}:" not in arn]
    assert foreign == [arn for account, arn in pairs(small, "roles") if f":{account}:" not in arn]


def test_fewer_accounts_than_there_are_are_refused(small: Night, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="ask for as many or more"):
        multiply([small], tmp_path, 3)


def accounts(night: Night) -> list[str]:
    return [str(one) for one in rows(night, "accounts")["account_id"].to_pylist()]


def pairs(night: Night, name: str) -> list[tuple[str, str]]:
    of = rows(night, name)
    return list(zip(of["account_id"].to_pylist(), of["arn"].to_pylist(), strict=True))


def rows(night: Night, name: str) -> pa.Table:
    return landing.read(night, collectors.datasets()[name])
