"""`rolecall reader-role`: the role to create in every account, as CloudFormation, Terraform or JSON."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from assets.cli.app import DONE, command, given, load
from pipeline.refused import Refused


class RoleFormat(StrEnum):
    cloudformation = "cloudformation"
    terraform = "terraform"
    json = "json"


@command
def reader_role(
    trusted: Annotated[
        str, typer.Option("--trust", help="ARN of the role that runs Rolecall, or the id of its account.")
    ],
    format: Annotated[RoleFormat, typer.Option(help="Output format.")] = RoleFormat.cloudformation,
    role_name: Annotated[str | None, typer.Option(help="Name of the role; may have a path.")] = None,
    external_id: Annotated[str | None, typer.Option(help="External ID that the trust policy requires.")] = None,
    organizational_unit: Annotated[
        list[str] | None,
        typer.Option("--ou", help="cloudformation: also a StackSet for this OU or root (r-...); repeat for more."),
    ] = None,
    with_organization: Annotated[
        bool,
        typer.Option("--with-organization", help="Add what is read of the organization."),
    ] = False,
) -> int:
    """Print the reader role: least privilege, from what the collectors call.

    Example: rolecall reader-role --trust arn:aws:iam::111122223333:role/Rolecall --ou r-abcd > reader.json
    """
    from pipeline import collectors
    from pipeline.aws import reader_role as made
    from pipeline.collect.run import reader_operations

    chosen = load(**given(role_name=role_name, external_id=external_id))
    if organizational_unit and format is not RoleFormat.cloudformation:
        raise Refused(f"--ou: a StackSet is CloudFormation's; --format {format} has none")
    operations = reader_operations() | (collectors.operations("organization") if with_organization else set())
    role = made.ReaderRole(
        chosen.role_name,
        made.principal(trusted),
        chosen.external_id,
        tuple(sorted(operations)),
        bool(chosen.session_tags),
        bool(chosen.source_identity),
    )
    if format is RoleFormat.cloudformation:
        print(made.as_cloudformation(role, made.units(organizational_unit or ())))
    else:
        print(made.as_terraform(role) if format is RoleFormat.terraform else made.as_json(role))
    return DONE
