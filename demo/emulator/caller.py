"""Who runs Rolecall: by default a role in the management account, which may do all that the services allow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from demo.emulator.errors import ApiError
from demo.emulator.guardrails import needed
from demo.organization.charter import EXTERNAL_ID, READER_ROLE
from demo.organization.documents import account_trust
from demo.organization.model import Account, Role
from demo.organization.model_organization import Organization

RUNNER = ("RolecallRunner", "night")
NOT_IN_USE = ("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.", 400)
ALONE = {
    "organizations": {"*": NOT_IN_USE},
    "iam": {
        "ListOrganizationsFeatures": (
            "OrganizationNotFoundException",
            "The request was rejected because no organization is associated with your account.",
            404,
        )
    },
}
"""Error codes and messages for an account in no organization."""


@dataclass(frozen=True)
class Caller:
    """`account_id`: where the runner is (None: management). `is_alone`: its account is in no organization.

    `reader_actions`: the IAM actions that its policy allows the reader role; None for any. `management_has_reader`:
    whether there is a reader role in the management account as well, which no StackSet makes.
    """

    account_id: str | None = None
    is_alone: bool = False
    reader_actions: list[str] | None = None
    management_has_reader: bool = True

    def place(self, organization: Organization) -> None:
        """Give the account a runner, let the readers trust that, and give the management account a reader."""
        if self.account_id is None:
            return
        management, home = organization.accounts[organization.management_id], organization.accounts[self.account_id]
        home.roles[RUNNER[0]] = _of(home, management.roles[RUNNER[0]])
        if self.management_has_reader:
            management.roles[READER_ROLE] = _of(management, home.roles[READER_ROLE])
        for account in organization.accounts.values():
            if role := account.roles.get(READER_ROLE):
                role.trust = account_trust(self.account_id, EXTERNAL_ID)
        if self.is_alone:
            organization.management_id = self.account_id

    def check_organization(self, service: str, operation: str) -> None:
        """Raises AWS's error for a question about an organization where there is none."""
        answers = ALONE.get(service, {}) if self.is_alone else {}
        if answer := answers.get(operation, answers.get("*")):
            raise ApiError(*answer)

    def allows(self, role: str, operation: str) -> bool:
        """Whether a role's own policies allow an operation."""
        if role != READER_ROLE or self.reader_actions is None:
            return True
        return needed(operation) <= set(self.reader_actions)


def _of(account: Account, role: Role) -> Role:
    """The role, as one of that account."""
    return replace(role, arn=f"arn:aws:iam::{account.id}:role/{role.name}", id=f"{role.id[:-4]}{account.id[-4:]}")
