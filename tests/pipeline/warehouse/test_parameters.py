"""The settings of controls: wrong ones are refused by name before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.settings import ControlSettings, Refused, Settings
from pipeline.warehouse import models, parameters

CATALOG = models.load()
PARAMETERS = [(name, key) for name, model in CATALOG.controls.items() for key in model.header.params]


def check(control: str, **params: Any) -> None:
    parameters.check(Settings(controls={control: ControlSettings(**params)}), CATALOG)


def wrong(default: Any) -> list[Any]:
    """Values that cannot take the place of the default."""
    if isinstance(default, bool):
        return ["yes", 1]
    if isinstance(default, (int, float)):
        return ["sixty", -1, True, float("inf"), 10**12, [1]]
    if isinstance(default, list):
        return ["one", [1], {"a": "b"}]
    return [1, ["a"]]


@pytest.mark.parametrize(("control", "key"), PARAMETERS)
def test_a_parameter_takes_what_is_like_its_default_only(control: str, key: str) -> None:
    default = CATALOG.controls[control].header.params[key]
    check(control, **{key: default})
    for value in wrong(default):
        with pytest.raises(Refused, match=rf"^Settings: controls\.{control}\.{key}: .+ is not "):
            check(control, **{key: value})


def test_a_misspelt_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused, match=r"controls\.unused_roles\.max_unused_dayz: .+ did you mean max_unused_days\?"):
        check("unused_roles", max_unused_dayz=60)
    with pytest.raises(Refused, match=r"controls\.unused_role: there is no such control; did you mean unused_roles\?"):
        check("unused_role", enabled=False)


def test_a_percentage_ends_at_a_hundred() -> None:
    with pytest.raises(Refused, match="101 is not a whole number from 0 to 100"):
        check("validation_in_practice", min_validated_percent=101)


def test_variables_without_our_prefix_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENABLED", "enabled", "HOME_", "REGIONS", "MAX_UNUSED_DAYS"):
        monkeypatch.setenv(name, "false")
    settings = Settings(controls={"unused_roles": ControlSettings(max_unused_days=60)})
    assert settings.controls["unused_roles"].enabled
    assert settings.regions == []
    assert settings.controls["unused_roles"].params == {"max_unused_days": 60}
