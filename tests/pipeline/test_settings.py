"""Names of settings of the release before, wherever they are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import RENAMED, Refused, Settings, load

WARNINGS = {
    f"Settings: {old} is now called {new}; the old name goes with the next release" for old, new in RENAMED.items()
}
OLD = {"documents": "false", "enough_data": "90", "coverage_floor": "70"}


def test_every_old_name_leads_to_a_setting() -> None:
    assert OLD.keys() == RENAMED.keys()
    assert set(RENAMED.values()) <= Settings.model_fields.keys()


def check(settings: Settings) -> None:
    assert (settings.render_pdf, settings.min_coverage_to_score, settings.min_coverage_to_publish) == (False, 90, 70)


def test_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rolecall.toml").write_text("".join(f"{name} = {value}\n" for name, value in OLD.items()))
    with pytest.warns(FutureWarning) as warned:
        check(load())
    assert {str(warning.message) for warning in warned} == WARNINGS


def test_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in OLD.items():
        monkeypatch.setenv(f"ROLECALL_{name.upper()}", value)
    with pytest.warns(FutureWarning) as warned:
        check(load())
    assert {str(warning.message) for warning in warned} == WARNINGS


def test_as_arguments_and_the_name_of_today_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.warns(FutureWarning, match="coverage_floor is now called min_coverage_to_publish"):
        found = load(coverage_floor=10, min_coverage_to_publish=70)
    assert found.min_coverage_to_publish == 70


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, True) for name, field in Settings.model_fields.items() if field.annotation in (int, float)]
    + [(name, float("inf")) for name, field in Settings.model_fields.items() if field.annotation is float]
    + [
        ("regions", ["eu-west"]),
        ("include_tags", ["team"]),
        ("include_accounts", ["١٢٣٤٥٦٧٨٩٠١٢"]),
        ("role_name", "a role"),
        ("external_id", "x"),
        ("session_name", "a b"),
    ],
)
def test_what_is_no_value_of_a_setting_is_refused(name: str, value: object) -> None:
    with pytest.raises(Refused, match=rf"^Settings \(rolecall\.toml or ROLECALL_\*\): {name}"):
        load(**{name: value})


def test_a_variable_named_almost_like_a_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLECALL_MAIL", "mailto://somebody")
    load()
    monkeypatch.setenv("ROLECALL_INCLUDE_ACCOUNT", "[]")
    with pytest.raises(Refused, match=r"ROLECALL_INCLUDE_ACCOUNT: .+ did you mean ROLECALL_INCLUDE_ACCOUNTS"):
        load()
    load(notify=["ROLECALL_INCLUDE_ACCOUNT"])
