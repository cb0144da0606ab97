"""Fixtures of the tests of messages: a published night, and its message."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.publish.digest import Message, digest
from tests.pipeline.publish.support import NAMES, URL
from tests.reports import published


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published database, with five more accounts of hostile names: unread, and a new critical fail in each."""
    path = published.write(tmp_path_factory.mktemp("night") / "rolecall.duckdb")
    with duckdb.connect(path) as con:
        con.execute("update accounts set read_status = 'read'")
        for number, name in enumerate(NAMES):
            account_id = f"99999999990{number}"
            con.execute(
                "insert into accounts (account_id, name, read_status, read_reason) values (?, ?, 'not read', ?)",
                [account_id, name, f"{name} failed"],
            )
            con.execute(
                """insert into finding_changes (as_of, change, control_id, account_id, resource, severity)
                values (?, 'new fail', 'root_mfa', ?, ?, 'critical')""",
                [published.AS_OF, account_id, name],
            )
    return path


@pytest.fixture(scope="module")
def message(database: Path) -> Message:
    return digest(database).message(f"{URL}/{published.AS_OF}/index.html")
