"""The policies that a published night has under the names of those in files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pipeline.questions.pieces import Piece
from pipeline.questions.published import Published
from pipeline.settings import Refused

NIGHT = Path("night")
ORGANIZATION = "select document from stg_organization_policies where name = $name"
DOCUMENTS = {
    "identity": """
        select document from stg_policies where policy_name = $name
        union all
        select document from stg_inline_policies where policy_name = $name""",
    "trust": "select trust_document as document from stg_roles where role_name = $name",
    "resource": "select document from stg_bucket_policies where bucket = $name",
    "scp": ORGANIZATION,
    "rcp": ORGANIZATION,
}
"""By kind of policy: the documents of those with a name."""


def of_night(night: Published, found: Iterable[Piece]) -> Iterator[tuple[tuple[str, str, str], Piece]]:
    """The live version of each policy, by the name in its file. Raises `Refused` if there are different ones."""
    for piece in found:
        rows = night.rows(DOCUMENTS[piece.kind], name=piece.called) if piece.called else []
        texts = {row["document"] for row in rows if row["document"]}
        if len(texts) > 1:
            raise Refused(
                f"{piece.path}: {len(texts)} different policies are named {piece.called} on {night.as_of}; "
                "give the earlier version as a file"
            )
        for text in texts:
            yield piece.key, Piece(NIGHT, 1, piece.where, piece.name, piece.kind, _loaded(text))


def _loaded(text: str) -> dict[str, Any] | None:
    loaded = json.loads(text)
    return loaded if isinstance(loaded, dict) else None
