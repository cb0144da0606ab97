"""Eight nights: the same every time, and each different from the one before."""

from __future__ import annotations

import pytest

from demo.organization.nights import CHANGES, organization_on
from demo.organization.scene import NIGHTS, Scene


def test_a_night_depends_on_seed_and_night_alone():
    assert organization_on(Scene(1, 5)) == organization_on(Scene(1, 5))
    assert organization_on(Scene(1, 5)).id != organization_on(Scene(2, 5)).id


def test_going_back_gives_the_same_answers(aws):
    def seen():
        client = aws.client("iam", "data-lake-dev")
        return client.get_account_authorization_details(MaxItems=1000)["UserDetailList"]

    first = seen()
    aws.control("POST", "night", {"night": 6})
    assert seen() != first
    assert aws.control("POST", "night", {"night": 1}) == {"night": 1, "date": "2026-11-16"}
    assert seen() == first


def test_the_clock_is_the_nights(aws):
    aws.control("POST", "night", {"night": 3})
    answer = aws.client("sts").get_caller_identity()
    assert answer["ResponseMetadata"]["HTTPHeaders"]["date"] == "Wed, 18 Nov 2026 02:00:00 GMT"


@pytest.mark.parametrize("seed", [1, 7])
def test_nothing_is_used_or_made_in_the_future_or_used_before_it_was_made(seed):
    for night in range(1, NIGHTS + 1):
        scene = Scene(seed, night)
        for account in organization_on(scene).accounts.values():
            for role in account.roles.values():
                used = role.last_used.at if role.last_used else role.created
                assert role.created <= used < scene.now, (account.name, role.name)
            for user in account.users.values():
                for key in user.keys:
                    used = key.last_used.at if key.last_used else key.created
                    assert user.created.date() <= key.created.date(), (account.name, user.name)
                    assert key.created <= used < scene.now, (account.name, user.name)


def test_every_night_but_the_first_has_changes():
    assert {c.night for c in CHANGES} == set(range(2, NIGHTS + 1))


def test_the_changes_are_seen_on_their_night():
    nights = {n: organization_on(Scene(1, n)) for n in range(1, NIGHTS + 1)}

    def when(fact):
        return [n for n, org in nights.items() if fact(org)]

    after = lambda n: list(range(n, NIGHTS + 1))  # noqa: E731
    assert when(lambda o: "lena.vogt" not in o.account("data-lake-dev").users) == after(2)
    assert when(lambda o: "RootSessions" in o.features) == after(3)
    assert when(lambda o: o.account("legacy-telemetry").users["telemetry-admin"].mfa) == after(3)
    assert when(lambda o: len(o.accounts) == 45) == after(4)
    assert when(lambda o: o.account("sandbox-training").state == "SUSPENDED") == after(5)
    assert when(lambda o: "StopLogging" not in o.policy("protect-trails").content) == [5]
    assert when(lambda o: not o.account("legacy-telemetry").root.keys) == after(6)
    assert when(lambda o: not o.account("sandbox-alvarez").users["maria.alvarez"].mfa) == [6, 7]
    assert when(lambda o: len(o.instances) == 1) == after(7)
    assert when(lambda o: "HarborlightLogin" in o.account("harborlight-erp").saml_providers) == after(8)
    assert when(lambda o: "RolecallReader" not in o.account("marketing-campaigns").roles) == after(1)
