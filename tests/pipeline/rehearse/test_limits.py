"""Whether AWS would take it: sizes, counts, languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.rehearse import edits, limits
from pipeline.rehearse.change import Kind, resolved
from pipeline.rehearse.session import opened
from pipeline.settings import Settings
from tests.pipeline.rehearse.organization import UNIT, Row, arn, saved

LONG = [f"s3:{'x' * 60}{number}" for number in range(100)]
LONGER = [f"ec2:{'x' * 60}{number}" for number in range(60)]
PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
MFA = "aws:MultiFactorAuthPresent"
READ = ("stg_policy_targets", "stg_organization_policies", "stg_inline_policies")
DENY: Row = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def told(settings: Settings, kind: Kind, files: list[Path], at: str, removed: list[str]) -> dict[str, bool | None]:
    with opened(settings) as session:
        change = resolved(session.con, kind, files, at, [], removed)
        session.apply(edits.of(session.con, change), READ)
        return {one.check: one.holds for one in limits.of(session, change)}


@pytest.mark.parametrize(
    ("kind", "at", "statement", "check", "holds"),
    [
        ("scp", UNIT, DENY, "size", True),
        ("scp", UNIT, DENY, "count", True),
        ("rcp", UNIT, DENY | {"Principal": "*"}, "size", True),
        ("rcp", UNIT, DENY | {"Principal": "*", "Effect": "Allow"}, "effect", False),
        ("rcp", UNIT, DENY | {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, "principal", False),
        ("rcp", UNIT, DENY | {"Principal": "*", "Action": "ec2:*"}, "services", None),
        ("rcp", UNIT, DENY | {"Principal": "*", "Action": ["s3:*", "*"]}, "action", False),
        ("rcp", UNIT, DENY | {"Principal": "*"}, "action", "not told"),
        ("scp", UNIT, DENY | {"Action": "*"}, "action", "not told"),
        *(("scp", UNIT, DENY | {"Resource": f"arn:aws:s3:::{name}"}, "placeholder", None)
          for name in ("[BUCKET_TO_KEEP]", "<my-bucket>", "${Account}-x")),
        *(("scp", UNIT, DENY | {"Resource": f"arn:aws:s3:::{name}"}, "placeholder", "not told")
          for name in ("a-[b]", "${aws:username}", "${*}", "*")),
        ("boundary", arn("role", "builder"), DENY | {"Action": LONG}, "size", False),
        ("trust", arn("role", "builder"), {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": [
            f"arn:aws:iam::111111111111:role/{'x' * 40}{n}" for n in range(40)]}}, "size", None),
        ("permission-set", PERMISSION_SET, DENY | {"Action": [*LONG, *LONGER]}, "size", False),
        ("scp", UNIT, DENY | {"Condition": {"Bool": {MFA: "false"}}}, "mfa_needs_if_exists", None),
    ],
)  # fmt: skip
def test_limits(
    kind: Kind, at: str, statement: Row, check: str, holds: bool | None, settings: Settings, tmp_path: Path
) -> None:
    found = told(settings, kind, [saved(tmp_path, "new", statement)], at, [])
    assert found.get(check, "not told") is holds


def test_counts(settings: Settings, tmp_path: Path) -> None:
    files = [saved(tmp_path, f"new-{number}", DENY) for number in range(10)]
    assert told(settings, "scp", files[:9], UNIT, [])["count"] is True
    assert told(settings, "scp", files, UNIT, [])["count"] is False
    assert told(settings, "scp", [], UNIT, ["FullAWSAccess"])["count"] is False
