"""Answers of the policy validator come of age."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from pipeline.collectors import (
    _validations,
)
from tests.pipeline.collectors.support import (
    AS_OF,
)


def test_documents_come_of_age_in_the_fourth_week() -> None:
    digests = [sha256(str(n).encode()).hexdigest() for n in range(200)]
    due = [sum(_validations.is_due(d, AS_OF, AS_OF + timedelta(days=n)) for d in digests) for n in range(20, 29)]
    assert due[:1] == [0]
    assert due[-2:] == [200, 200]
    assert due == sorted(due)
    assert 0 < due[1] < 100
