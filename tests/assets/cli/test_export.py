"""`rolecall export`: every finding in five formats, each as its schema wants it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import botocore.session
import duckdb
import pytest
from botocore.validate import ParamValidator
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

from tests.assets.cli.support import refused, rolecall


@pytest.fixture(scope="module")
def findings(published: str) -> list[dict[str, Any]]:
    with duckdb.connect(Path(published, "rolecall.duckdb"), read_only=True) as con:
        answer = con.execute("from findings order by practice, control_id, account_id, region, resource")
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def exported(published: str, format: str, *more: str) -> Any:
    result = rolecall("export", format, "--home", published, *more)
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout))) if format == "csv" else json.loads(result.stdout)


def test_every_finding_is_in_every_format(published: str, findings: list[dict[str, Any]]) -> None:
    rolecall("export", "parquet", "--home", published, "--output", "all.parquet")
    wanted = [finding["resource"] for finding in findings]
    assert [row["resource"] for row in exported(published, "csv")] == wanted
    assert [row["resource"] for row in exported(published, "json")] == wanted
    assert [event["resources"][0]["uid"] for event in exported(published, "ocsf")] == wanted
    assert [item["Resources"][0]["Id"] for item in exported(published, "asff")] == wanted
    with duckdb.connect() as con:
        assert [row[0] for row in con.execute("select resource from 'all.parquet'").fetchall()] == wanted


def test_ocsf_is_of_its_schema_and_keeps_what_is_unknown(published: str, findings: list[dict[str, Any]]) -> None:
    events = exported(published, "ocsf")
    for event in events:
        ComplianceFinding.model_validate({name: value for name, value in event.items() if name != "cloud"})
        assert (event["class_uid"], event["type_uid"], event["cloud"]["provider"]) == (2003, 200301, "AWS")
    assert [event["status_code"] for event in events] == [finding["verdict"] for finding in findings]
    status = {event["status_code"]: event["compliance"]["status_id"] for event in events}
    assert (status["pass"], status["fail"], status["unknown"]) == (1, 3, 0)
    assert len({event["finding_info"]["uid"] for event in events}) == len(events)


def test_asff_is_what_security_hub_accepts(published: str) -> None:
    model = botocore.session.get_session().get_service_model("securityhub").operation_model("BatchImportFindings")
    items = exported(published, "asff")
    for start in range(0, len(items), 100):
        report = ParamValidator().validate({"Findings": items[start : start + 100]}, model.input_shape)
        assert not report.has_errors(), report.generate_report()
    allowed = model.input_shape.members["Findings"].member.members["Compliance"].members["Status"].enum
    assert {item["Compliance"]["Status"] for item in items} <= set(allowed)
    unknown = [item for item in items if item["ProductFields"]["rolecall/verdict"] == "unknown"]
    assert unknown
    assert {item["Compliance"]["Status"] for item in unknown} == {"WARNING"}


def test_findings_are_chosen_by_field(published: str, findings: list[dict[str, Any]]) -> None:
    chosen = exported(published, "json", "--verdict", "fail", "--verdict", "unknown", "--practice", "4")
    wanted = [f["resource"] for f in findings if f["verdict"] in ("fail", "unknown") and f["practice"] == 4]
    assert [row["resource"] for row in chosen] == wanted
    assert wanted
    assert exported(published, "json", "--verdict", "manual", "--severity", "low") == [
        row for row in exported(published, "json") if row["verdict"] == "manual" and row["severity"] == "low"
    ]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--verdict", "failed", "there is no such verdict; did you mean fail?"),
        ("--practice", "15", "there is no such practice"),
        ("--control", "key_rotatoin", "did you mean key_rotation?"),
        ("--account", "123", "there is no such account"),
        ("--ou", "Nowhere", "there is no such ou"),
    ],
)
def test_a_value_that_does_not_exist_is_refused(published: str, option: str, value: str, says: str) -> None:
    assert says in refused("export", "csv", "--home", published, option, value)


def test_a_file_is_replaced_whole_or_not_at_all(published: str) -> None:
    Path("out.json").write_text("before")
    refused("export", "json", "--home", published, "--output", "out.json", "--verdict", "nope")
    assert Path("out.json").read_text() == "before"
    rolecall("export", "json", "--home", published, "--output", "out.json", "--practice", "5")
    assert json.loads(Path("out.json").read_text())[0]["practice"] == 5
    assert [path.name for path in Path().glob(".out*")] == []
    assert "name a file with --output" in refused("export", "parquet", "--home", published)
