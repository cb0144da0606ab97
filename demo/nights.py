"""What each night looks like, and what changed since the one before."""

from __future__ import annotations

from demo.accounts import furnish
from demo.kit import Kit
from demo.model import Organization
from demo.organization import found
from demo.scene import Scene


def organization_on(scene: Scene) -> Organization:
    """The whole organization on the scene's night."""
    org = found(scene)
    for account in org.accounts.values():
        furnish(Kit(scene, org, account))
    return org
