"""The register: what a good file gives, and what a bad one is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline import exceptions
from pipeline.settings import Refused, Settings

GOOD = """
[[exceptions]]
control = "root_not_used"
account = "111111111111"
owner = "payments@example.com"
reason = "The bank asks for it."
expires_on = 2027-03-31

[[attestations]]
control = "idc_mfa_attested"
owner = "identity@example.com"
reason = "Set to every sign-in."
evidence_url = "https://wiki.example.com/mfa"
expires_on = 2027-01-31
"""
ENTRY = '[[exceptions]]\ncontrol = "root_not_used"\nowner = "a"\nreason = "b"\nexpires_on = 2027-03-31\n'


def register(path: Path, text: str) -> Settings:
    file = path / "exceptions.toml"
    file.write_text(text, encoding="utf-8")
    return Settings(exceptions_file=file)


def test_entries_become_rows_of_the_register(tmp_path: Path) -> None:
    exception, attestation = exceptions.load(register(tmp_path, GOOD))
    assert (exception["entry"], exception["kind"]) == ("exceptions[1]", "exception")
    assert (exception["control_id"], exception["account_id"]) == ("root_not_used", "111111111111")
    assert exception["expires_on"] == date(2027, 3, 31)
    assert attestation["evidence_url"] == "https://wiki.example.com/mfa"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[exceptions]\n", "not valid TOML"),
        ("[[waivers]]\nowner = 'a'\n", r"\[\[waivers\]\] is not a kind of entry; expected one of exceptions"),
        (ENTRY.replace("owner", "owners"), r"\[\[exceptions\]\] number 1: owner: Field required"),
        (ENTRY.replace("2027-03-31", '"soon"'), "number 1: expires_on: "),
        (ENTRY.replace("root_not_used", "root_used"), "number 1: control: there is no control 'root_used'"),
        (ENTRY + 'account = "12"\n', "number 1: account: "),
        (GOOD + ENTRY.replace('"b"', '" "'), "number 2: reason: "),
    ],
)
def test_a_bad_entry_is_named_with_its_file_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        exceptions.load(register(tmp_path, text))
    assert str(tmp_path / "exceptions.toml") in str(refused.value)


def test_no_register_is_an_empty_one_unless_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert exceptions.load(Settings()) == []
    with pytest.raises(Refused, match="no such file"):
        exceptions.load(Settings(exceptions_file=tmp_path / "absent.toml"))
