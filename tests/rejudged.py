"""A landed night judged again and again, with parts of it unread: no new collection, and only what depends is built."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

import duckdb

from pipeline import collectors, raw
from pipeline.night import Night
from pipeline.rows import rows as rows_of
from pipeline.schema import EXTRACTS, UNREAD, Row
from pipeline.settings import Settings
from pipeline.warehouse import build, history, models

DATASETS = collectors.datasets()
CLASS, OPERATION = "iam_deny", "made:Up"
Key = tuple[str, str, str, str]
Extract = tuple[str, str]
"""Account and dataset."""
PARTS = {"users": "user", "roles": "role", "groups": "group"}
"""Datasets whose records are read together with their attachments and inline policies."""


class Rejudged:
    """The management account and some members of a night, in memory; every change is undone after it was judged.

    Of so few rows, to plan a query costs more than to run it: nothing is optimized.
    """

    def __init__(self, settings: Settings, night: Night, members: Iterable[str]) -> None:
        self.settings, self.night, self.catalog = settings, night, models.load()
        self.con = duckdb.connect(config={"threads": 1})
        self.con.execute("pragma disable_optimizer")
        history.prepare(self.con)
        raw.attach(self.con, night, DATASETS.values())
        (self.management,) = self.con.execute("select management_account_id from raw_organization").fetchone() or ("",)
        self.accounts = (self.management, *members)
        for name in DATASETS:
            self.con.execute(f"create table kept as {self._part(name)}")
            self.con.execute(f"drop view raw_{name}")
            self.con.execute(f"alter table kept rename to raw_{name}")
        self.whole = self._judged(DATASETS, everything=True)

    def _part(self, name: str) -> str:
        dataset = DATASETS[name]
        if name == "accounts":
            return f"select * replace (account_id in {self.accounts} as is_in_scope) from raw_accounts"
        is_of_account = dataset.scope != "organization" or dataset in (EXTRACTS, UNREAD)
        where = (
            f" where account_id in {self.accounts}" if is_of_account and dataset.columns[0].name == "account_id" else ""
        )
        return f"from raw_{name}{where}"

    def failing(self, extracts: Collection[Extract]) -> dict[Key, tuple[str, str, str]]:
        """The judgements where these extracts failed."""
        with self._undone():
            for account_id, name in extracts:
                where = f"dataset = '{name}'"
                if DATASETS[name].scope != "organization":
                    where += f" and account_id = '{account_id}'"
                    self.con.execute(f"delete from raw_{name} where account_id = '{account_id}'")
                else:
                    self.con.execute(f"delete from raw_{name}")
                self.con.execute(
                    f"update raw_extracts set status = 'failed', rows = 0, operation = '{OPERATION}', "
                    f"error_class = '{CLASS}', message = 'made up' where {where}"
                )
            return self._judged({EXTRACTS.name, *(name for _, name in extracts)})

    def without(self, name: str, record: Row) -> dict[Key, tuple[str, str, str]]:
        """The judgements where one record of a dataset was listed, and could not be read."""
        dataset, changed = DATASETS[name], {name, UNREAD.name}
        subject = record[str(dataset.named_by)]
        with self._undone():
            where = " and ".join(f'"{column}" is not distinct from ?' for column in dataset.key)
            self.con.execute(f"delete from raw_{name} where {where}", [record[column] for column in dataset.key])
            for part in ("policy_attachments", "inline_policies") if name in PARTS else ():
                self.con.execute(f"delete from raw_{part} where principal_arn = ?", [subject])
                changed.add(part)
            row = dict.fromkeys(column.name for column in UNREAD.columns) | {
                "account_id": record["account_id"],
                "region": record["region"] if dataset.scope == "region" else "global",
                "dataset": name,
                "resource": subject,
                "operation": OPERATION,
                "error_class": CLASS,
                "message": "made up",
            }
            made = UNREAD.table([row])  # noqa: F841 (the query reads it)
            self.con.execute(f"insert into raw_{UNREAD.name} by name from made")
            return self._judged(changed)

    def records(self, name: str) -> list[Row]:
        """The records of a dataset that name a subject."""
        return rows_of(self.con, f"from raw_{name} order by all") if DATASETS[name].named_by else []

    def needs(self) -> set[tuple[str, str]]:
        """Control and dataset of everything that an account's verdicts depend on, by the declarations.

        Without what a control settles itself, some of its verdicts are unknown, by its own words.
        """
        heads = {name: model.control for name, model in self.catalog.controls.items()}
        settled = {name: head.settles_unread for name, head in heads.items() if head}
        return {(name, of) for name in heads for of in self.catalog.datasets(name) - settled.get(name, frozenset())}

    def of_management(self, control: str, dataset: str) -> bool:
        """Whether only the management account's verdicts depend on it."""
        head = self.catalog.controls[control].control
        return head is not None and dataset in head.of_management

    @contextmanager
    def _undone(self) -> Iterator[None]:
        self.con.execute("begin")
        yield
        self.con.execute("rollback")

    def _judged(self, changed: Collection[str], everything: bool = False) -> dict[Key, tuple[str, str, str]]:
        raw = {f"raw_{name}" for name in changed}
        night, moment = self.night, build.read_at(self.con, self.night.as_of)
        with build.prepared(self.con, self.settings, night, self.catalog, moment) as made:
            made.comments = None
            for model in self.catalog.with_ancestors(["judgements"]):
                if everything or raw & self.catalog.upstream[model.name]:
                    made.make(model)
        query = "select control_id, account_id, region, resource, verdict, reason, origin from judgements"
        return {row[:4]: row[4:] for row in self.con.execute(query).fetchall()}
