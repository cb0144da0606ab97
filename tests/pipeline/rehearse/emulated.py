"""Random small organizations in an emulator of this process: changed for real, read by the collectors and judged."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import boto3
import duckdb
import pytest

from demo.emulator.call import State
from demo.emulator.extensions import iam_access
from demo.emulator.server import Emulator
from demo.organization.charter import MANAGEMENT
from demo.organization.kit import Kit
from demo.organization.model import Account, Principal
from demo.organization.model_organization import Organization
from demo.organization.nights import organization_on
from demo.organization.scene import Scene
from pipeline.collect import run
from pipeline.night import WAREHOUSE, Night
from pipeline.publish import database
from pipeline.settings import Settings
from pipeline.warehouse import build
from tests.conftest import FAST, HERMETIC
from tests.pipeline.rehearse import changes

LARGE = ("data-lake-prod", "data-science-prod")
NIGHT = 7
KEY = ("control_id", "account_id", "region", "resource")
Key = tuple[Any, ...]
Findings = dict[Key, dict[str, Any]]
"""Judgements with all their columns, by the first four."""


def small(seed: int, members: int = 2) -> Organization:
    """The management account and some members of the demo's, with a few of their roles, and random principals."""
    random, scene = Random(seed), Scene(seed, NIGHT)
    org = organization_on(scene)
    names = sorted(one.name for one in org.accounts.values() if one.name not in (MANAGEMENT, *LARGE))
    kept = {MANAGEMENT, *random.sample(names, members)}
    org.accounts = {key: one for key, one in org.accounts.items() if one.name in kept}
    org.account_policies = {key: held for key, held in org.account_policies.items() if key in org.accounts}
    org.delegations = [one for one in org.delegations if one.account_id in org.accounts]
    org.instances = [one for one in org.instances if one.owner in org.accounts]
    for one in org.instances:
        for each in one.permission_sets.values():
            each.assignments = {key: held for key, held in each.assignments.items() if key in org.accounts}
    for account in org.accounts.values():
        for name in list(account.roles):
            if not name.startswith("Rolecall") and random.random() < 0.75:
                del account.roles[name]
        for profile in account.instance_profiles.values():
            profile.role = profile.role if profile.role in account.roles else None
        if account.state == "ACTIVE":
            _inhabit(random, Kit(scene, org, account))
    return org


def _inhabit(random: Random, kit: Kit) -> None:
    """A few principals with random policies, trusts and boundaries."""
    for name in ("limit", "shared"):
        kit.policy(name, changes.document(*changes.granted(random)))
    for number in range(2):
        role = kit.role(
            f"random-{number}",
            changes.trust(random, kit.org),
            attached=random.sample(("shared", "ReadOnlyAccess", "PowerUserAccess", "IAMFullAccess"), 1),
            boundary="limit" if random.random() < 0.4 else None,
            every=random.choice((1, 40, None)),
            tags={"team": random.choice(("blue", "green"))},
        )
        role.inline["own"] = changes.document(*changes.granted(random))
    user = kit.user("random", attached=["shared"])
    user.inline["own"] = changes.document(*changes.granted(random))
    kit.access_key(user, days=random.choice((20, 200)))


@dataclass
class Emulated:
    """An emulator that answers in this process. `patch` is undone when it ends."""

    emulator: Emulator
    patch: pytest.MonkeyPatch

    def settings(self, home: Path, **more: Any) -> Settings:
        ready = self.emulator.ready_line(0)
        given = {"home": home, "role_name": ready["role_name"], "external_id": ready["external_id"]}
        return Settings(**{**given, "regions": ["us-east-1"], "max_attempts": 2, **FAST, **more})

    def show(self, org: Organization) -> None:
        """Answer for this organization from now on."""
        self.emulator.state = State(self.emulator.state.scene, org)
        self.emulator.runner = self.emulator.sessions.issue(org.management_id, "RolecallRunner", "night", 12 * 3600)
        for name, value in self.emulator.ready_line(0)["environment"].items():
            if name != "AWS_ENDPOINT_URL":
                self.patch.setenv(name, value)
        self.patch.setattr(boto3, "DEFAULT_SESSION", None)

    def keep_use(self, org: Organization) -> None:
        """What was used stays used, and nothing else is, whatever changes; AWS lists what the policies then allow."""
        services = {one.arn: USED(account, one) for account in org.accounts.values() for one in account.principals()}
        actions = {
            (one.arn, service): {row["ActionName"]: row for row in ACTIONS(account, one, service, at)}
            for account in org.accounts.values()
            for one in account.principals()
            for service, at in services[one.arn].items()
            if at
        }

        def used(account: Account, principal: Principal) -> dict[str, datetime | None]:
            known = services.get(principal.arn, {})
            return {service: known.get(service) for service in USED(account, principal)}

        def rows(account: Account, owner: Principal, service: str, at: datetime) -> Iterator[dict[str, Any]]:
            known = actions.get((owner.arn, service), {})
            for row in ACTIONS(account, owner, service, at):
                yield known.get(row["ActionName"], {"ActionName": row["ActionName"]})

        self.patch.setattr(iam_access, "services_used", used)
        self.patch.setattr(iam_access, "_action_rows", rows)

    def night(self, home: Path, **more: Any) -> tuple[Settings, Night]:
        """Collect a night of the organization that is shown, by the collectors of every night."""
        settings = self.settings(home, **more)
        night = Night(home, self.emulator.state.scene.day)
        plan = run.plan(settings, night)
        for index in range(len(plan.shards)):
            run.collect_shard(settings, plan, index)
        run.commit(settings, plan)
        return settings, night

    def published(self, home: Path) -> Settings:
        """Collect, judge and publish a night. Returns its settings."""
        settings, night = self.night(home)
        build.build(settings, night)
        database.publish(settings, night)
        return settings

    def attached(self, org: Organization, asked: changes.Asked, home: Path) -> tuple[Findings, list[Any]]:
        """The findings of a night on which the change is made, and the extracts that failed."""
        changed = copy.deepcopy(org)
        changes.make(changed, asked, self.emulator.state.scene.now)
        self.show(changed)
        settings, night = self.night(home)
        build.build(settings, night, only=["judgements"])
        with duckdb.connect(str(home / WAREHOUSE), read_only=True) as con:
            failed = "select account_id, dataset, error_class from raw_extracts where status <> 'ok' order by all"
            return findings(con), con.execute(failed).fetchall()


USED, ACTIONS = iam_access.services_used, iam_access._action_rows


def findings(con: duckdb.DuckDBPyConnection) -> Findings:
    """The judgements on a connection, all columns."""
    result = con.execute("from judgements")
    names = [column[0] for column in result.description]
    made = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return {tuple(row[name] for name in KEY): row for row in made}


@contextmanager
def running() -> Iterator[Emulated]:
    """An emulator, and boto3's environment set to it."""
    emulator = Emulator(1, NIGHT)
    server = emulator.listen()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        endpoint = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}"}
        for name, value in {**HERMETIC, **endpoint}.items():
            patch.setenv(name, value)
        for waiting in ("credential_report", "_jobs"):
            patch.setattr(f"pipeline.collectors.{waiting}.FIRST_PAUSE_SECONDS", 0.01)
        yield Emulated(emulator, patch)
    server.shutdown()
    server.server_close()
    thread.join()
