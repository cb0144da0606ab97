"""A larger organization, made of the landing of a small one by repeating its member accounts under new ids."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import collectors, landing
from pipeline.night import Night
from pipeline.rows import quoted
from pipeline.schema import EXTRACTS, QUALITY_RESULTS, Dataset
from pipeline.settings import Refused

COPIES_IN_FILE = 25
"""With 35 accounts each, a file has as many accounts as a shard of a large organization."""
FIRST_ID = 900_000_000_000
HASH = "document_sha256"
ACCOUNT_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")

Rename = Callable[[str], str]


def multiply(nights: Sequence[Night], home: Path, accounts: int) -> list[Night]:
    """Write landed nights to an empty home, with about this many accounts; returns its nights.

    Member accounts are copied with all that has their id in its key, and every id of a copied account that its rows
    mention is that of the same copy. The management account and delegated administrators stay single. Raises `Refused`
    for fewer accounts than there are.
    """
    single, copied = _accounts(nights[-1])
    if accounts < len(single) + len(copied):
        raise Refused(f"{accounts} accounts: the landing has {len(single) + len(copied)}; ask for as many or more")
    copies = round((accounts - len(single)) / len(copied))
    written = []
    for night in nights:
        target = Night(home, night.as_of)
        shutil.copytree(night.landing_folder, target.landing_folder)
        shutil.rmtree(target.landing_folder / QUALITY_RESULTS.name, ignore_errors=True)
        for first in range(1, copies, COPIES_IN_FILE):
            _write(night, target, copied, range(first, min(first + COPIES_IN_FILE, copies)))
        _count_anew(source=night, target=target)
        written.append(target)
    return written


def _accounts(night: Night) -> tuple[set[str], list[str]]:
    """The accounts that stay single, and those that are copied."""
    datasets = collectors.datasets()
    ids = {
        name: set(landing.read(night, datasets[name])[column].to_pylist())
        for name, column in {
            "organization": "management_account_id",
            "delegated_administrators": "account_id",
            "accounts": "account_id",
        }.items()
    }
    single = ids["organization"] | ids["delegated_administrators"]
    return single, sorted(ids["accounts"] - single)


def _write(source: Night, target: Night, copied: list[str], copies: range) -> None:
    """Write one file per dataset with the rows of these copies."""
    hashes: list[dict[str, str]] = [{} for _ in copies]
    # Documents come before what is known by their hashes.
    for dataset in sorted(
        collectors.datasets().values(), key=lambda one: HASH in {column.name for column in one.columns}
    ):
        if dataset.name == QUALITY_RESULTS.name or not landing.files(source, dataset):
            continue
        rows = _of_accounts(landing.read(source, dataset), dataset, copied)
        tables = [_renamed(rows, _rename(copied, copy, known)) for copy, known in zip(copies, hashes, strict=True)]
        file = target.landing_folder / dataset.name / f"copies-{copies.start:05}.parquet"
        pq.write_table(pa.concat_tables(tables), file, **landing.FORMAT)


def _count_anew(source: Night, target: Night) -> None:
    """Let the extracts of the organization say how many rows there are now."""
    before, after = landing.counts(source), landing.counts(target)
    grown = [d.name for d in collectors.datasets().values() if d.scope == "organization" and d.operations]
    cases = " ".join(f"when {quoted(name)} then {after[name]}" for name in grown if after[name] != before[name])
    if cases:
        query = f"select * replace (case dataset {cases} else rows end as rows) from rows"
        landing.rewrite(target.landing_folder / EXTRACTS.name, EXTRACTS, query)


def _of_accounts(rows: pa.Table, dataset: Dataset, copied: list[str]) -> pa.Table:
    """The rows that have the id of a copied account in their key."""
    key = [name for name in dataset.key or ("account_id",) if name in rows.column_names]
    ids = set(copied)
    columns = [rows[name].to_pylist() for name in key]
    kept = [
        any(ids.intersection(ACCOUNT_ID.findall(str(value))) for value in values)
        for values in zip(*columns, strict=True)
    ]
    return rows.filter(pa.array(kept, pa.bool_())) if kept else rows.slice(0, 0)


def _rename(copied: list[str], copy: int, hashes: dict[str, str]) -> Rename:
    """Gives a text with the ids of one copy, and a hash of a text that another has now its new one."""
    ids = {old: str(FIRST_ID + copy * len(copied) + place) for place, old in enumerate(copied)}

    def rename(text: str) -> str:
        if text in hashes:
            return hashes[text]
        new = ACCOUNT_ID.sub(lambda found: ids.get(found[0], found[0]), text)
        if new is not text and new != text:
            hashes[sha256(text.encode()).hexdigest()] = sha256(new.encode()).hexdigest()
        return new

    return rename


def _renamed(rows: pa.Table, rename: Rename) -> pa.Table:
    return pa.table(list(_columns(rows, rename)), schema=rows.schema)


def _columns(rows: pa.Table, rename: Rename) -> Iterator[pa.Array]:
    for column in rows.itercolumns():
        if pa.types.is_string(column.type):
            encoded = column.combine_chunks().dictionary_encode()
            texts = [rename(text) for text in encoded.dictionary.to_pylist()]
            yield pa.array(texts, pa.string()).take(encoded.indices)
        elif pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
            lists = column.to_pylist()
            yield pa.array([values and [rename(text) for text in values] for values in lists], column.type)
        else:
            yield column.combine_chunks()
