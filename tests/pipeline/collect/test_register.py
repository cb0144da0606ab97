"""The register: what a good file gives, and what a bad one is told."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from pipeline.collect import register as exceptions
from pipeline.schema import REGISTER
from pipeline.settings import Refused, Settings

ROOT = Path(__file__).resolve().parents[3]
ANSWERED = """
owner = "payments@example.com"
reason = "The bank asks for it."
ticket = "SEC-1"
expires_on = 2027-03-31
"""
ENTRIES = {
    "exceptions": {"control": "root_not_used", "account": "111111111111", "resource": "arn:aws:iam::*:root"},
    "attestations": {"control": "idc_mfa_attested", "evidence_url": "https://wiki.example.com/mfa"},
    "long_term_keys": {"resource": "arn:aws:iam::111111111111:user/ci", "use_case": "no_role_possible"},
    "break_glass_users": {"resource": "arn:aws:iam::*:user/break-glass"},
    "approved_administrators": {"resource": "arn:aws:sso:::permissionSet/ssoins-1/ps-1"},
    "critical_resources": {"resource": "arn:aws:s3:::ledger"},
    "archive_rules": {"resource": "arn:aws:access-analyzer:us-east-1:111111111111:analyzer/x/archive-rule/y"},
    "delegated_administrators": {"account": "111111111111", "service_principal": "sso.amazonaws.com"},
    "vendors": {"account": "222222222222"},
    "accepted_gaps": {"account": "222222222222", "operation": "iam:GetCredentialReport", "dataset": "roles"},
    "accepted_checks": {"check": "extracts.accounts_read_above_floor"},
}


def entry(table: str, answered: str = ANSWERED, **fields: str) -> str:
    """An entry of a kind that is as it should be, but for the fields given."""
    own = (f'{name} = "{value}"' for name, value in (ENTRIES[table] | fields).items())
    return "\n".join([f"[[{table}]]", *own, answered])


def register(path: Path, text: str) -> Settings:
    file = path / "exceptions.toml"
    file.write_text(text, encoding="utf-8")
    return Settings(exceptions_file=file)


def test_entries_of_every_kind_become_rows_of_the_register(tmp_path: Path) -> None:
    rows = exceptions.load(register(tmp_path, "\n".join(map(entry, ENTRIES))))
    assert [row["entry"] for row in rows] == [f"{table}[1]" for table in exceptions.KINDS]
    assert {row["kind"] for row in rows} == set(kinds_of_the_dataset())
    for row in rows:
        fields = ENTRIES[row["entry"].removesuffix("[1]")]
        renamed = {"control_id": fields.get("control"), "account_id": fields.get("account")}
        if "check" in fields:
            renamed |= dict(zip(("dataset", "check_name"), fields["check"].split("."), strict=True))
        told = {(name, value) for name, value in fields.items() if name not in ("control", "account", "check")}
        assert row.items() >= (renamed | dict(told)).items()
        assert (row["ticket"], row["expires_on"]) == ("SEC-1", date(2027, 3, 31))


def kinds_of_the_dataset() -> tuple[str, ...]:
    return next(column.values for column in REGISTER.columns if column.name == "kind")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[exceptions]\n", "not valid TOML"),
        ("[[waivers]]\nowner = 'a'\n", "[[waivers]] is not a kind of entry; expected one of exceptions"),
        ("vendors = [7]\n", "[[vendors]] number 1: it: 7; expected a table of fields"),
        (
            entry("vendors", ANSWERED.replace("owner", "owners")),
            "[[vendors]] number 1: owner: missing; expected who answers for it; owners: not a field of this kind; "
            "expected owner, reason, expires_on, ticket, account",
        ),
        (
            entry("vendors", ANSWERED.replace('ticket = "SEC-1"', "")),
            "number 1: ticket: missing; expected the ticket or change record behind it",
        ),
        (
            entry("vendors", ANSWERED.replace("2027-03-31", '"soon"')),
            "number 1: expires_on: 'soon'; expected its last day as a date, like 2027-03-31",
        ),
        (entry("exceptions", control="root_used"), "number 1: control: there is no control 'root_used'"),
        (entry("vendors", account="12"), "number 1: account: '12'; expected the 12 digits of an account"),
        (
            entry("vendors") + entry("vendors", ANSWERED.replace("The bank asks for it.", " ")),
            "[[vendors]] number 2: reason: ' '; expected why it is so",
        ),
        (entry("exceptions", resource="user/x"), "resource: 'user/x'; expected an ARN"),
        (entry("long_term_keys", use_case="habit"), "use_case: 'habit'; expected no_role_possible, third_party_client"),
        (
            entry("break_glass_users", resource="arn:aws:iam::*:role/x"),
            "resource: 'arn:aws:iam::*:role/x'; expected the ARN of an IAM user",
        ),
        (
            entry("approved_administrators", resource="*"),
            "resource: '*'; expected the ARN of an IAM user, role or permission set",
        ),
        (
            entry("critical_resources", resource="arn:aws:s3:::*"),
            "resource: 'arn:aws:s3:::*'; expected the ARN of one resource, without * and ?",
        ),
        (
            entry("archive_rules", resource="arn:aws:access-analyzer:us-east-1:111111111111:analyzer/x"),
            "expected the ARN of an analyzer and /archive-rule/<name>",
        ),
        (
            entry("accepted_gaps", operation="iam:ListRole"),
            "operation: 'iam:ListRole'; expected an operation as in the ledger",
        ),
        (entry("accepted_gaps", dataset="role"), "dataset: 'role'; expected a dataset, as in the table coverage"),
        (entry("accepted_checks", check="floor"), "check: 'floor'; expected a check as <dataset>.<check>"),
        (f"[[accepted_gaps]]{ANSWERED}", "expected an account, an operation or a dataset"),
    ],
)
def test_a_bad_entry_is_named_with_its_file_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refused, match=re.escape(said)) as refused:
        exceptions.load(register(tmp_path, text))
    assert str(refused.value).startswith(f"{tmp_path / 'exceptions.toml'}: ")
    assert "\n" not in str(refused.value)


def test_the_demonstration_has_a_live_and_an_expired_entry_of_most_kinds() -> None:
    """On its last night: what covers something, and what counts again. None of its nights is held back."""
    last = date(2026, 11, 23)
    rows = exceptions.load(Settings(exceptions_file=ROOT / "demo" / "organization" / "exceptions.toml"))
    live = {row["kind"] for row in rows if row["expires_on"] >= last}
    expired = {row["kind"] for row in rows if row["expires_on"] < last}
    assert live | expired == set(kinds_of_the_dataset()) - {"accepted_check"}
    assert live & expired >= {
        "exception",
        "long_term_key",
        "break_glass_user",
        "approved_administrator",
        "critical_resource",
        "archive_rule",
    }


def test_no_register_is_an_empty_one_unless_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert exceptions.load(Settings()) == []
    with pytest.raises(Refused, match="no such file"):
        exceptions.load(Settings(exceptions_file=tmp_path / "absent.toml"))
