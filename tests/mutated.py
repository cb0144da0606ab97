"""Corruptions of a landed night: one column or the rows of a dataset made wrong, checked, and judged again.

What could not be told from the truth is not among them: a text that names something else which exists, a boolean that
is turned in one row. What a damaged file, a collector's mistake or a change at AWS leaves is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from pipeline import collectors, raw
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.quality import contradictions, plausible, reconciled, run
from pipeline.quality.declared import Check, rows_that_break
from pipeline.rows import put, quoted, rows
from pipeline.schema import EXTRACTS, UNREAD, Column, Dataset
from pipeline.settings import Settings
from pipeline.warehouse import build, history, models

DATASETS = collectors.datasets()
CHECKS = [check for check in reconciled.checks(DATASETS.values()) if check.severity == "blocking"]
Key = tuple[str, str, str, str]
Verdicts = dict[Key, str]
OURS = (EXTRACTS.name, UNREAD.name, "ledger", "register", "quality_results", "unlisted_members")
"""Tables that Rolecall writes of its own work."""


@dataclass(frozen=True)
class Corruption:
    """What is done: in one account, or everywhere if `account_id` is empty. No column: the rows themselves."""

    dataset: str
    column: str
    how: str
    account_id: str = ""

    def __str__(self) -> str:
        where = f" in {self.account_id}" if self.account_id else ""
        return f"{self.dataset}{'.' if self.column else ''}{self.column} {self.how}{where}"


def of_column(column: Column, key: tuple[str, ...]) -> list[str]:
    """The ways in which a column is made wrong."""
    ways = {
        "timestamp": ["2090", "1970", "null"],
        "date": ["2090", "null"],
        "boolean": ["null", "true", "false"],
        "bigint": ["null", "-1"],
        "double": ["null", "-1"],
        "json": ["null", "cut", "noise"],
        "varchar[]": ["null", "noise"],
        "varchar": ["null", "noise"],
    }[column.type]
    return [way for way in ways if column.type != "boolean" or column.name not in key or way == "null"]


def of_rows(dataset: Dataset, account_id: str) -> Iterator[str]:
    """The ways in which rows are made wrong. An account without any is as AWS may have it, if extracts say so too."""
    for way in ROWS:
        if way == "under another account" and dataset.scope == "organization":
            continue
        if way == COUNTED and dataset.may_be_empty:
            continue
        yield way


COUNTED = "lost, and counted so"
VALUES = {
    "null": "null",
    "2090": "timestamp '2090-01-01'",
    "1970": "timestamp '1970-01-02'",
    "true": "true",
    "false": "false",
    "-1": "-1",
    "tripled": "3 * {0}",
    "400 days old": "{0} - interval 400 day",
    "empty": "'{{}}'",
    "a digit short": "left({0}, 11)",
    "cut": "left({0}, length({0}) // 2)",
    "noise": "if({0} is null, null, '\u00e7?' || md5({0}::varchar))",
}
LISTED = "list_transform({0}, lambda x: '\u00e7?' || md5(x))"
GONE = "gone everywhere"
GONE_FROM_ROLL = "gone everywhere, and from the roll"
OF_OURS = {
    "the day before": "update {t} set data_time = data_time - interval 1 day",
    "ok where the ledger failed": "update {t} set status = 'ok', error_class = null where status = 'failed'",
    "failed where the ledger is ok": "update {t} set status = 'failed', rows = 0 where dataset = 'users'",
    "lost, and none before": "delete from {t}; update raw_extracts set rows = 0 where dataset = '{dataset}'",
}
"""What is done to the night's own tables, or to all rows with their counts."""
A_THIRD = "a third lost, and counted so"
ROWS = {
    A_THIRD: "select * exclude (n) from (select *, row_number() over () as n from {t}) where not {of} or n % 3 > 0",
    "twice": "from {t} union all (from {t} where {of} limit 1)",
    "lost": "from {t} where not {of}",
    COUNTED: "from {t} where not {of}",
    "half lost": "select * exclude (n) from (select *, row_number() over () as n from {t}) where not {of} or n % 2 = 0",
    "under another account": "select * replace (if({of}, '000000000000', account_id) as account_id) from {t}",
}


def corruptions(chance: random.Random, accounts: list[str], many: int) -> list[Corruption]:
    """Corruptions of any column of any dataset, by chance."""
    made: list[Corruption] = []
    datasets = [dataset for dataset in DATASETS.values() if dataset.name not in OURS]
    while len(made) < many:
        dataset = chance.choice(datasets)
        account_id = chance.choice([*accounts, "", ""]) if dataset.scope != "organization" else ""
        if chance.random() < 0.15:
            made.append(Corruption(dataset.name, "", chance.choice(list(of_rows(dataset, account_id))), account_id))
        else:
            column = chance.choice(dataset.columns)
            made.append(
                Corruption(dataset.name, column.name, chance.choice(of_column(column, dataset.key)), account_id)
            )
    return made


class World:
    """A landed night in memory, judged once; every corruption is a transaction that is rolled back."""

    def __init__(self, night: Night, settings: Settings, accounts: list[str]) -> None:
        self.night, self.settings, self.catalog = night, settings, models.load()
        self.con = con = duckdb.connect(config={"threads": 1})
        con.execute("set enable_progress_bar = false")
        history.prepare(con)
        raw.attach(con, night, DATASETS.values())
        mine = ", ".join(map(quoted, accounts))
        for name, dataset in DATASETS.items():
            con.execute(
                f"create table kept as from raw_{name}; drop view raw_{name}; alter table kept rename to raw_{name}"
            )
            if dataset is ACCOUNTS:
                con.execute(f"update raw_{name} set is_in_scope = account_id in ({mine})")
            elif "account_id" in [column.name for column in dataset.columns] and not is_once(dataset):
                con.execute(f"delete from raw_{name} where account_id not in ({mine})")
        con.execute(f"create table {reconciled.PREVIOUS} as from raw_extracts")
        run.prepare(con, settings, night)
        self._count_values()
        self.read_at = build.read_at(con, night.as_of)
        self.true = self._judge(self.catalog.with_ancestors(["judgements"]))
        self.failing = {check.key for check in CHECKS if self._broken(check)}

    def _count_values(self) -> None:
        """The night before had as many values as this one."""
        self.con.execute(f"create table {plausible.FILLED} (dataset varchar, name varchar, filled bigint)")
        for name, dataset in DATASETS.items():
            for column in dataset.columns:
                query = f"select {quoted(name)}, {quoted(column.name)}, count({column.name}) from raw_{name}"
                self.con.execute(f"insert into {plausible.FILLED} {query}")

    def tried(self, corruption: Corruption) -> tuple[bool, list[str]]:
        """Whether a blocking check finds it, and which verdicts are wrong after the checks have had their say."""
        self.con.execute("begin")
        try:
            self._corrupt(corruption)
            found, is_held_back = self._checked(corruption.dataset)
            if is_held_back:
                return True, []
            touched = {f"raw_{corruption.dataset}"} | (
                {f"raw_{name}" for name in [*found, "extracts"]} if found else set()
            )
            again = [m for m in self.catalog.with_ancestors(["judgements"]) if touched & self.catalog.upstream[m.name]]
            try:
                seen = self._judge(again)
            except duckdb.Error as error:
                return bool(found), [f"the night is lost: {error}"]
            return bool(found), list(self._wrong(seen))
        finally:
            self.con.execute("rollback")

    def _corrupt(self, corruption: Corruption) -> None:
        name, how = corruption.dataset, corruption.how
        table, dataset = f"raw_{name}", DATASETS[name]
        of = f"account_id = {quoted(corruption.account_id)}" if corruption.account_id else "true"
        if how in (GONE, GONE_FROM_ROLL):
            for other, declared in DATASETS.items():
                is_of_account = "account_id" in [c.name for c in declared.columns] and not is_once(declared)
                if is_of_account or (declared is ACCOUNTS and how == GONE_FROM_ROLL):
                    self.con.execute(f"delete from raw_{other} where {of}")
        elif statement := OF_OURS.get(how):
            self.con.execute(statement.format(t=table, dataset=name))
        elif corruption.column:
            (column,) = [column for column in dataset.columns if column.name == corruption.column]
            value = LISTED if how == "noise" and "[" in column.type else VALUES[how]
            value = value.format(column.name)
            self.con.execute(f"update {table} set {column.name} = {value} where {of}")
        else:
            self.con.execute(f"create table other as {ROWS[how].format(t=table, of=of)}")
            self.con.execute(f"drop table {table}; alter table other rename to {table}")
            if how in (COUNTED, A_THIRD):
                left = f"(select count(*) from {table} as kept where kept.account_id = raw_extracts.account_id)"
                self.con.execute(f"update raw_extracts set rows = {left} where dataset = {quoted(name)} and {of}")

    def _checked(self, dataset: str) -> tuple[set[str], bool]:
        """The datasets in which an account contradicts itself, without its rows now; whether the night is held back."""
        found: list[contradictions.Contradiction] = []
        for check in CHECKS:
            about = check.dataset in (dataset, EXTRACTS.name) or f"raw_{dataset}" in str(check.arguments)
            if about and check.key not in self.failing and (broken := self._broken(check)) is not None:
                mine, is_all = broken
                if not is_all:
                    return set(), True
                found += mine
        if found:
            self._lay(found)
            floor = next(check for check in CHECKS if check.key == reconciled.FLOOR)
            if self._broken(floor) is not None:
                return set(), True
        return {contradiction.dataset for contradiction in found}, False

    def _broken(self, check: Check) -> tuple[list[contradictions.Contradiction], bool] | None:
        try:
            found, is_all = contradictions.found(self.con, check, DATASETS)
        except duckdb.Error:
            return [], False
        return None if not found and not self._fails(check) else (found, is_all)

    def _fails(self, check: Check) -> bool:
        query = rows_that_break(check, DATASETS[check.dataset])
        query = query or f"select 1 from (select count(*) as n from raw_{check.dataset}) where n = 0"
        return self.con.execute(f"select 1 from ({query}) limit 1").fetchone() is not None

    def _lay(self, found: list[contradictions.Contradiction]) -> None:
        """As `contradictions.lay` does to the landing."""
        marked = list(contradictions.failed(rows(self.con, "from raw_extracts"), found, DATASETS))
        put(self.con, "create or replace table raw_extracts as from batch", EXTRACTS.table(marked))
        for name in {contradiction.dataset for contradiction in found}:
            of = [c for c in found if c.dataset == name]
            condition = contradictions.is_contradicted(of, DATASETS[name])
            self.con.execute(f"delete from raw_{name} where {condition}")

    def _judge(self, wanted: list[models.Model]) -> Verdicts:
        with build.prepared(self.con, self.settings, self.night, self.catalog, self.read_at) as work:
            work.comments = None
            for model in wanted:
                work.make(model)
        names = "control_id, account_id, region, resource, verdict"
        judged = self.con.execute(f"select {names} from judgements").fetchall()
        return {(row[0], row[1], row[2], row[3]): row[4] for row in judged}

    def _wrong(self, seen: Verdicts) -> Iterator[str]:
        """Verdicts that are others than before, and not unknown; those that vanished, unless an unknown covers them."""
        unknown = {(key[0], key[1]) for key, verdict in seen.items() if verdict == "unknown"}
        for key in self.true.keys() | seen.keys():
            before, after = self.true.get(key, "nothing"), seen.get(key, "nothing")
            if before != after and after != "unknown" and not (after == "nothing" and key[:2] in unknown):
                if before == "unknown" and after == "nothing":
                    continue
                yield f"{' '.join(key)}: {before} -> {after}"


def is_once(dataset: Dataset) -> bool:
    """Whether all rows of a dataset stay whichever accounts are looked at."""
    return dataset.scope == "organization" and dataset.name not in (EXTRACTS.name, "ledger", UNREAD.name)
