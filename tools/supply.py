"""What an installation consists of, and which of it is known to be vulnerable.

    python -m tools.supply sbom FILE                   the packages of requirements.lock as CycloneDX 1.6
    python -m tools.supply audit                       both locks against tools/advisories.json; fails if one is hit
    python -m tools.supply advisories FOLDER AS_OF     write that file anew from a copy of PyPA's advisory database

The advisories are a committed snapshot, because an audit must not depend on a service: `as_of` is the day of its
newest commit. It has every advisory on a package of the locks, so that an older pin is found as well as a newer one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipeline import __version__

ROOT = Path(__file__).resolve().parent.parent
ADVISORIES = ROOT / "tools" / "advisories.json"
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """A package of a lock: its name, version, and the hashes of its distributions."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(lock: Path) -> list[Pin]:
    """The packages of a lock. Raises ValueError for one without a hash."""
    found: list[Pin] = []
    for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8")):
        if match := PIN.match(entry):
            hashes = tuple(HASH.findall(entry))
            if not hashes:
                raise ValueError(f"{lock}: {match[1]} has no hash")
            found.append(Pin(str(canonicalize_name(match[1])), match[2], hashes))
    return found


def sbom(of: Iterable[Pin]) -> dict[str, Any]:
    """A CycloneDX document: the product, and every package that an installation from the lock has.

    Its serial number follows from its content: the same lock gives the same document.
    """
    packages = sorted(of, key=lambda pin: pin.name)
    product = f"pkg:pypi/rolecall@{__version__}"
    serial = uuid5(NAMESPACE_URL, "\n".join([product, *(pin.purl for pin in packages)]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": product,
                "name": "rolecall",
                "version": __version__,
                "purl": product,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": pin.purl,
                "name": pin.name,
                "version": pin.version,
                "purl": pin.purl,
                "properties": [{"name": "rolecall:sha256", "value": value} for value in pin.hashes],
            }
            for pin in packages
        ],
        "dependencies": [{"ref": product, "dependsOn": [pin.purl for pin in packages]}],
    }


def vulnerable(of: Iterable[Pin], advisories: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line for each package that an advisory is about in its version."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for advisory in advisories:
        by_name.setdefault(advisory["package"], []).append(advisory)
    for pin in of:
        for advisory in by_name.get(pin.name, []):
            if is_affected(Version(pin.version), advisory):
                names = ", ".join([advisory["id"], *advisory["aliases"]])
                yield f"{pin.name} {pin.version}: {names}"


def is_affected(version: Version, advisory: dict[str, Any]) -> bool:
    """Whether an advisory's ranges or versions include this one (OSV: from `introduced` to before `fixed`)."""
    if str(version) in advisory["versions"]:
        return True
    affected = False
    events = [(Version(text), kind) for event in advisory["events"] for kind, text in event.items()]
    for at, kind in sorted(events):
        if kind == "introduced" and version >= at:
            affected = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            affected = False
    return affected


def snapshot(folder: Path, names: set[str]) -> list[dict[str, Any]]:
    """The advisories on these packages, of a copy of PyPA's database; withdrawn ones are left out."""
    found = []
    for path in sorted(folder.rglob("*.yaml")):
        if str(canonicalize_name(path.parent.name)) not in names:
            continue
        advisory = yaml.safe_load(path.read_text(encoding="utf-8"))
        for affected in advisory.get("affected", []) if not advisory.get("withdrawn") else []:
            ranges = [one for one in affected.get("ranges", []) if one["type"] == "ECOSYSTEM"]
            events = [event for one in ranges for event in one["events"]]
            found.append(
                {
                    "id": advisory["id"],
                    "aliases": sorted(advisory.get("aliases", [])),
                    "package": str(canonicalize_name(affected["package"]["name"])),
                    "events": events,
                    "versions": [] if events else affected.get("versions", []),
                }
            )
    return found


def main(arguments: list[str]) -> int:
    locked = {pin for lock in LOCKS for pin in pins(ROOT / lock)}
    match arguments:
        case ["sbom", target]:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
            document = json.dumps(sbom(pins(ROOT / LOCKS[0])), indent=1)
            Path(target).write_text(document + "\n", encoding="utf-8")
            return 0
        case ["audit"]:
            known = json.loads(ADVISORIES.read_text(encoding="utf-8"))
            hits = sorted(vulnerable(locked, known["advisories"]))
            age = (datetime.now(UTC).date() - datetime.fromisoformat(known["as_of"]).date()).days
            print(
                f"{len(locked)} packages against {len(known['advisories'])} advisories, {age} days old", *hits, sep="\n"
            )
            return int(bool(hits))
        case ["advisories", folder, as_of]:
            found = snapshot(Path(folder), {pin.name for pin in locked})
            rows = ",\n".join(json.dumps(advisory) for advisory in found)
            head = {"source": "PyPA advisory database (CC-BY 4.0)", "as_of": as_of}
            text = json.dumps(head)[:-1] + f', "advisories": [\n{rows}\n]}}\n'
            ADVISORIES.write_text(text, encoding="utf-8")
            return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
