"""What is installed is known, and none of it is in an advisory that we have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from tools import supply
from tools.supply import ROOT, Pin


def advisories() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(supply.ADVISORIES.read_text(encoding="utf-8"))["advisories"]
    return found


def test_no_package_of_the_locks_is_in_an_advisory(capsys: pytest.CaptureFixture[str]) -> None:
    assert supply.main(["audit"]) == 0
    said = capsys.readouterr().out.split()
    assert int(said[0]) > 100
    assert said[3:5] == [str(len(advisories())), "advisories,"]


def test_an_older_pin_would_be_found() -> None:
    old = [Pin("urllib3", "1.26.17", ("0",)), Pin("urllib3", "1.26.18", ("0",)), Pin("unheard-of", "1", ("0",))]
    found = list(supply.vulnerable(old, advisories()))
    assert any(line.startswith("urllib3 1.26.17: PYSEC-2023-212, CVE-2023-45803") for line in found)
    assert not any("PYSEC-2023-212" in line for line in found if "1.26.18" in line)


@pytest.mark.parametrize(
    ("version", "expected"), [("0.9", True), ("1.0", False), ("2.1", True), ("2.2", True), ("3", False)]
)
def test_ranges_begin_and_end_where_they_say(version: str, expected: bool) -> None:
    events = [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"last_affected": "2.2"}]
    assert supply.is_affected(Version(version), {"events": events, "versions": []}) is expected
    assert supply.is_affected(Version("1.5"), {"events": events, "versions": ["1.5"]})


def test_the_bill_of_materials_has_every_package_of_the_lock_and_is_the_same_each_time(tmp_path: Path) -> None:
    assert supply.main(["sbom", str(tmp_path / "made" / "rolecall.cdx.json")]) == 0
    text = (tmp_path / "made" / "rolecall.cdx.json").read_text(encoding="utf-8")
    document = json.loads(text)
    locked = [
        line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line[:60]
    ]
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert len(document["components"]) == len([name for name in locked if not name.startswith(" ")])
    assert {component["purl"] for component in document["components"]} == set(document["dependencies"][0]["dependsOn"])
    assert all(component["properties"] for component in document["components"])
    assert json.loads(text) == supply.sbom(supply.pins(ROOT / "requirements.lock"))


def test_a_lock_without_hashes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("boto3==1.44.5\n    # via x\n")
    with pytest.raises(ValueError, match="boto3 has no hash"):
        supply.pins(tmp_path / "lock")


def test_a_snapshot_has_the_advisories_on_what_is_locked(tmp_path: Path) -> None:
    for name, more in (("urllib3", ""), ("other", ""), ("boto3", "withdrawn: 2024-01-01T00:00:00Z\n")):
        (tmp_path / name).mkdir()
        affected = f"affected:\n- package: {{name: {name}}}\n  versions: ['1.0']\n"
        (tmp_path / name / "PYSEC-1.yaml").write_text(f"id: PYSEC-1\n{more}{affected}")
    (found,) = supply.snapshot(tmp_path, {"urllib3", "boto3"})
    assert found == {"id": "PYSEC-1", "aliases": [], "package": "urllib3", "events": [], "versions": ["1.0"]}
