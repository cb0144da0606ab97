"""Remarks for the programs that show them: SARIF, JUnit, annotations of GitHub, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from pipeline.questions.pieces import Piece
from pipeline.questions.rules import RULES, Remark

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def place(piece: Piece) -> str:
    """Where a policy stands in its file."""
    return f"{piece.where} {piece.name}".strip() if piece.where else piece.name


def sentence(remark: Remark) -> str:
    """The remark with its policy and statement."""
    at = f", statement {remark.statement}" if remark.statement else ""
    return f"{place(remark.piece)}{at}: {remark.words}"


def as_json(pieces: Sequence[Piece], remarks: Sequence[Remark]) -> str:
    """The policies looked at, and the remarks on them."""
    rows = [
        {
            "path": remark.piece.path.as_posix(),
            "line": remark.piece.line,
            "resource": remark.piece.where or None,
            "policy": remark.piece.name,
            "kind": remark.piece.kind,
            "statement": remark.statement or None,
            "rule": remark.rule,
            "level": remark.level,
            "words": remark.words,
        }
        for remark in remarks
    ]
    return json.dumps({"policies": len(pieces), "remarks": rows}, indent=2, ensure_ascii=False)


def as_sarif(remarks: Sequence[Remark], version: str) -> str:
    """SARIF 2.1.0, as code scanning reads it."""
    rules = [
        {"id": rule, "shortDescription": {"text": meaning}, "defaultConfiguration": {"level": level}}
        for rule, (level, meaning) in RULES.items()
    ]
    results = [
        {
            "ruleId": remark.rule,
            "ruleIndex": list(RULES).index(remark.rule),
            "level": remark.level,
            "message": {"text": sentence(remark)},
            "locations": [_location(remark.piece)],
        }
        for remark in remarks
    ]
    driver = {"name": "rolecall", "semanticVersion": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _location(piece: Piece) -> dict[str, Any]:
    region = {"startLine": piece.line}
    return {"physicalLocation": {"artifactLocation": {"uri": piece.path.as_posix()}, "region": region}}


def as_annotations(remarks: Sequence[Remark]) -> str:
    """Workflow commands of GitHub Actions, one a line.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    words = {"note": "notice"}
    return "\n".join(
        f"::{words.get(remark.level, remark.level)} file={_property(remark.piece.path.as_posix())},"
        f"line={remark.piece.line},title={_property(remark.rule)}::{_data(sentence(remark))}"
        for remark in remarks
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_junit(pieces: Sequence[Piece], remarks: Sequence[Remark]) -> str:
    """A test case for each policy; one that is not known is an error, the other remarks are failures."""
    suite = ElementTree.Element("testsuite", name="rolecall check", tests=str(len(pieces)))
    failed = errors = 0
    for piece in pieces:
        case = ElementTree.SubElement(suite, "testcase", classname=_xml(piece.path.as_posix()), name=_xml(place(piece)))
        own = [remark for remark in remarks if remark.piece is piece and remark.level != "note"]
        unknown = all(remark.rule == "not-known" for remark in own)
        if own:
            tag = "error" if unknown else "failure"
            failed, errors = failed + (not unknown), errors + unknown
            element = ElementTree.SubElement(case, tag, message=_xml(sentence(own[0])), type=own[0].rule)
            element.text = _xml("\n".join(f"{remark.level}: {sentence(remark)}" for remark in own))
    suite.set("failures", str(failed))
    suite.set("errors", str(errors))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _xml(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n" or ord(letter) >= 0x20)
