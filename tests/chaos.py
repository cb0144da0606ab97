"""A month of nights of a few accounts in which much goes wrong, from landed tables: nothing is collected.

The tables of a night tell the truth; what goes wrong is done to a copy that lands. The truth of every night is judged
too, in memory: the oracle.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline import collectors, landing, raw
from pipeline.collect.carried_over import carry_over
from pipeline.collectors import organization_tree
from pipeline.night import WAREHOUSE, Night
from pipeline.quality import reconciled
from pipeline.quality.run import validate
from pipeline.schema import EXTRACTS, UNREAD, Dataset, Row
from pipeline.settings import Settings
from pipeline.warehouse import build, contracts, history, models, store

DATASETS = collectors.datasets()
Tables = dict[str, list[Row]]
Key = tuple[str, str, str, str]
Verdicts = dict[Key, str]
MOMENTS = {"ledger": "data_time", "credential_report": "generated_at"}
"""Columns that say when the data was read: they move on with the nights."""
JOINS, MOVES, SUSPENDED = 6, 11, range(17, 21)
"""The night on which the last account joins, on which the first moves, and those on which it is suspended."""
WHOLE = {"floor": "accounts_read_above_floor", "tree": "parent_id_in_organization"}
"""What breaks a night for the organization as a whole, and the check that says so."""
EVENTS = ("odd", "odd", "failed", "failed", "twice", "killed reading", "killed judging", "again", *WHOLE, "nothing")
NEEDED = {*raw.ALWAYS_READ, *reconciled.CORE, *(dataset.name for dataset in organization_tree.DATASETS)}
"""Datasets without which there is no night, or which the floor counts: too many of them refuse it."""
HARMLESS = ("nothing", "killed reading", "killed judging")
"""Events after which the truth has landed: the oracle would judge the same tables."""
CHECKED = ("accounts", "extracts", "users", "roles", "groups", "policies", "credential_report", "account_summary")
"""Datasets whose checks are run: those that the events can break."""


@dataclass
class Told:
    """What a night was: its event, what it said, what was true, and why it was held back."""

    event: str
    found: Verdicts = field(default_factory=dict)
    true: Verdicts = field(default_factory=dict)
    refused: tuple[str, ...] = ()


class Month:
    """A home that lives through nights. `accounts`: the management account first, the one that joins last."""

    def __init__(self, source: Night, settings: Settings, accounts: tuple[str, ...], seed: int) -> None:
        self.settings, self.accounts, self.chance = settings, accounts, random.Random(seed)
        self.first = source.as_of
        self.base = {name: self._part(dataset, source) for name, dataset in DATASETS.items()}
        self.catalog = models.load()
        self.told: dict[date, Told] = {}
        self.coming: list[str] = []
        self.sizes: list[int] = []

    def _part(self, dataset: Dataset, source: Night) -> list[Row]:
        rows = landing.read(source, dataset).to_pylist()
        if dataset.name == "accounts":
            return [row | {"is_in_scope": row["account_id"] in self.accounts} for row in rows]
        is_of_account = dataset.scope != "organization" or dataset.name in ("extracts", "ledger", "unread_records")
        return [row for row in rows if not is_of_account or row.get("account_id") in self.accounts]

    def next_event(self) -> str:
        """Each event comes before any comes again, in an order of chance."""
        self.coming = self.coming or self.chance.sample(EVENTS, len(EVENTS))
        return self.coming.pop()

    def live(self, number: int) -> None:
        """One night: read, checked, judged or refused."""
        night = Night(self.settings.home, self.first + timedelta(days=number))
        event = self.next_event()
        true = self.truth(number)
        told = self.told[night.as_of] = Told(event)
        land(night, self.harmed(true, event), "killed" if event == "killed reading" else "")
        told.refused = self.judge(night, event == "killed judging")
        if event == "again" and not told.refused:
            self.read_again(night, true)
            told.refused = self.judge(night, False)
        if not told.refused:
            told.found = judged(night.home)
            told.true = self.oracle(night, true) if event not in HARMLESS else told.found
            beside = self.rests_on_history()
            told.true = {key: verdict for key, verdict in told.true.items() if key[0] not in beside}
            told.true |= {key: verdict for key, verdict in told.found.items() if key[0] in beside}
        self.sizes.append((night.home / WAREHOUSE).stat().st_size)

    def truth(self, number: int) -> Tables:
        """The tables of a night on which nothing goes wrong."""
        tables = {name: [dict(row) for row in rows] for name, rows in self.base.items()}
        for name, column in MOMENTS.items():
            for row in tables[name]:
                moment: datetime | None = row[column]
                row[column] = moment and moment + timedelta(days=number)
        mover, joiner = self.accounts[1], self.accounts[-1]
        by_id = {row["account_id"]: row for row in tables["accounts"]}
        if number >= MOVES:
            by_id[mover]["parent_id"] = by_id[self.accounts[0]]["parent_id"]
        if number in SUSPENDED:
            by_id[mover]["state"] = "SUSPENDED"
            without(tables, mover)
        if number < JOINS:
            tables["accounts"].remove(by_id[joiner])
            count(tables, "accounts", self.accounts[0], None, -1)
            without(tables, joiner)
        return tables

    def harmed(self, true: Tables, event: str) -> Tables:
        """The tables as they land."""
        tables = {name: [dict(row) for row in rows] for name, rows in true.items()}
        harm: dict[str, Callable[[Tables], None]] = {
            "odd": self._odd,
            "failed": self._fail,
            "again": self._fail,
            "twice": self._twice,
            "floor": self._floor,
            "tree": self._tree,
        }
        if event in harm:
            harm[event](tables)
        return tables

    def _odd(self, tables: Tables) -> None:
        """Some records are listed and cannot be read."""
        named = [d for d in DATASETS.values() if d.scope != "organization" and d.named_by and tables[d.name]]
        for dataset in self.chance.sample(named, 4):
            row = self.chance.choice(tables[dataset.name])
            tables[dataset.name].remove(row)
            count(tables, dataset.name, row["account_id"], row.get("region"), -1)
            more = {
                "operation": dataset.operations[-1],
                "error_class": "truncated",
                "error_code": None,
                "message": "odd",
            }
            where = {
                "account_id": row["account_id"],
                "region": row["region"] if dataset.scope == "region" else "global",
            }
            resource = row[str(dataset.named_by)]
            tables[UNREAD.name].append(where | more | {"dataset": dataset.name, "resource": resource})
            if dataset.name in ("users", "roles", "groups"):
                for part in ("policy_attachments", "inline_policies"):
                    for held in [held for held in tables[part] if held["principal_arn"] == resource]:
                        tables[part].remove(held)
                        count(tables, part, row["account_id"], None, -1)

    def _fail(self, tables: Tables) -> None:
        """Some extracts fail."""
        extracts = [row for row in tables[EXTRACTS.name] if row["dataset"] not in NEEDED]
        for row in self.chance.sample(extracts, 8):
            fail(tables, row)

    def _twice(self, tables: Tables) -> None:
        """A role stands there twice: the account contradicts itself."""
        row = self.chance.choice(tables["roles"])
        tables["roles"].append(dict(row))
        count(tables, "roles", row["account_id"], None, 1)

    def _floor(self, tables: Tables) -> None:
        """No account could be assumed into."""
        for row in tables[EXTRACTS.name]:
            if DATASETS[row["dataset"]].scope != "organization":
                fail(tables, row)

    def _tree(self, tables: Tables) -> None:
        """An account has a parent that nobody knows."""
        next(row for row in tables["accounts"] if row["is_in_scope"])["parent_id"] = "ou-gone-gone"

    def judge(self, night: Night, is_killed: bool) -> tuple[str, ...]:
        """Check and judge; the checks that hold the night back. A first try is killed on the way, if asked."""
        only = {
            c.key for c in reconciled.checks(DATASETS.values()) if c.severity == "blocking" and c.dataset in CHECKED
        }
        blocking = tuple(r.check_name for r in validate(self.settings, night, only) if r.is_blocking)
        if blocking:
            store.note_held_back(night, blocking[0])
            return blocking
        if is_killed:
            with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
                patch.setattr(contracts, "check_built", interrupted)
                build.build(self.settings, night)
        build.build(self.settings, night)
        return ()

    def read_again(self, night: Night, true: Tables) -> None:
        """One account is read again, the others stay as the night has them."""
        one = next(a for a in self.accounts if any(row["account_id"] == a for row in true["roles"]))
        others = {row["account_id"] for row in true["extracts"]} - {one}
        folder = landing.begin(night, "again")
        with landing.Part(folder, "one") as part:
            for name, dataset in DATASETS.items():
                is_shared = dataset.scope == "organization" and dataset not in (EXTRACTS, UNREAD)
                rows = [r for r in true[name] if is_shared or r.get("account_id") == one or of_organization(dataset, r)]
                part.add("", {name: dataset.table(rows)})
        carry_over(night, folder, sorted(others), [d for d in DATASETS.values() if d.name != "ledger"])
        landing.commit(night, "again")

    def rests_on_history(self) -> set[str]:
        """Controls whose verdicts depend on earlier nights: the oracle knows of one night only."""
        return {n for n in self.catalog.controls if any(r.startswith("history_") for r in self.catalog.upstream[n])}

    def oracle(self, night: Night, true: Tables) -> Verdicts:
        """The verdicts of the truth, judged in memory."""
        with duckdb.connect(config={"threads": 1}) as con:
            history.prepare(con)
            for name, dataset in DATASETS.items():
                made = dataset.table(true[name])  # noqa: F841 (the query reads it)
                more = f", date '{night}' as as_of" if dataset.history_days else ""
                con.execute(f"create table raw_{name} as select *{more} from made")
            with build.prepared(con, self.settings, night, self.catalog, build.read_at(con, night.as_of)) as work:
                work.comments = None
                for model in self.catalog.with_ancestors(["judgements"]):
                    work.make(model)
            return verdicts(con)


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def of_organization(dataset: Dataset, row: Row) -> bool:
    return dataset in (EXTRACTS, UNREAD) and DATASETS[row["dataset"]].scope == "organization"


def land(night: Night, tables: Tables, killed: str) -> None:
    """Land the tables; before that, if `killed`, begin a run of that name and leave it half done."""
    if killed:
        folder = landing.begin(night, killed)
        with suppress(KeyboardInterrupt), landing.Part(folder, "all") as part:
            part.add("", {"roles": DATASETS["roles"].table(tables["roles"])})
            interrupted()
    folder = landing.begin(night, "made")
    with landing.Part(folder, "all") as part:
        for name, dataset in DATASETS.items():
            part.add("", {name: dataset.table(tables[name])})
    landing.commit(night, "made")


def without(tables: Tables, account_id: str) -> None:
    """Take out what was read of an account: it is not there, or not active."""
    for name, dataset in DATASETS.items():
        if dataset.scope != "organization" or name in ("extracts", "ledger", "unread_records"):
            tables[name] = [row for row in tables[name] if row.get("account_id") != account_id]


def count(tables: Tables, name: str, account_id: str, region: str | None, more: int) -> None:
    """Change the number of rows that an extract says it has."""
    where = region if DATASETS[name].scope == "region" else "global"
    for row in tables[EXTRACTS.name]:
        if (row["dataset"], row["account_id"], row["region"]) == (name, account_id, where):
            row["rows"] += more


def fail(tables: Tables, extract: Row) -> None:
    """Make an extract a failed one, without rows."""
    name, dataset = extract["dataset"], DATASETS[extract["dataset"]]
    mine = {"account_id": extract["account_id"]} if dataset.scope != "organization" else {}
    mine |= {"region": extract["region"]} if dataset.scope == "region" else {}
    tables[name] = [row for row in tables[name] if any(row[column] != value for column, value in mine.items())]
    extract |= {"status": "failed", "rows": 0, "operation": dataset.operations[-1], "error_class": "iam_deny"}
    extract["message"] = "made up"


def verdicts(con: duckdb.DuckDBPyConnection) -> Verdicts:
    query = "select control_id, account_id, region, resource, verdict from judgements"
    return {row[:4]: row[4] for row in con.execute(query).fetchall()}


def judged(home: Path) -> Verdicts:
    with store.reading(home) as con:
        return verdicts(con)


def wrong(told: Told) -> Iterator[str]:
    """What a night said that is not so: neither the truth nor unknown; and what it left out."""
    doubted = {key[:2] for key, verdict in told.found.items() if verdict == "unknown"}
    for key, verdict in told.found.items():
        if verdict != "unknown" and told.true.get(key) != verdict:
            yield f"{key} is {verdict}, in truth {told.true.get(key)}"
    for key in told.true.keys() - told.found.keys():
        if key[:2] not in doubted:
            yield f"{key} is not there, in truth {told.true[key]}"
