"""What is asked for once in seven nights, spread over them."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from pipeline.aws.account import Account
from pipeline.schema import Dataset

NIGHTS = 7


def is_due(key: str, read_on: date, as_of: date) -> bool:
    """Whether the turn of a key, such as an ARN, has come since it was read; every key has one night in seven."""
    turn = int(sha256(key.encode()).hexdigest()[:8], 16) % NIGHTS
    return (as_of.toordinal() - turn) // NIGHTS > (read_on.toordinal() - turn) // NIGHTS


def stays(account: Account, dataset: Dataset, key: str) -> bool:
    """Whether rows of the last night are kept, as the turn of their key has not come; `extracts` then says so."""
    before = account.memory.last_night
    is_kept = before is not None and not is_due(key, before, account.memory.as_of)
    if is_kept:
        account.keep(dataset)
    return is_kept
