"""Compute in the accounts: instances, functions, containers and builds, healthy and defective.

Most of it is derived from the account's roles; the functions at the end add the defects, by control.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from demo.organization.documents import allow, document, service_trust, trust
from demo.organization.estate import HOME, Estate, Thing
from demo.organization.kit import Kit
from demo.organization.model import Role

# AWS's own example key: real in form, and nobody's.
EXAMPLE_KEY = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
# Units that no declarative policy of the organization reaches set their own defaults for metadata, or none.
WITHOUT_DEFAULTS = ("sandbox", "bluefin", "tinsmith", "legacy")
SCIENCE_ISSUER = "oidc.eks.us-east-1.amazonaws.com/id/9F2C41D7A05E4B1B8C6D3E7F10A2B4C6"


def add_compute_roles(kit: Kit) -> None:
    """Additional roles and providers needed by the compute below."""
    name = kit.account.name
    if name == "group-management":
        # BP13-06: the organization's own runner is a workload in the management account.
        kit.instance_profile("RolecallRunner", "RolecallRunner")
    elif name == "ci-runners":
        kit.role("ci-runners-build", service_trust("codebuild", kit.account.id), tags={"owner": "developer-experience"})
    elif name == "data-science-prod":
        provider = kit.oidc_provider(SCIENCE_ISSUER)
        subject = "system:serviceaccount:notebooks:kernel"
        pins = {f"{SCIENCE_ISSUER}:aud": "sts.amazonaws.com", f"{SCIENCE_ISSUER}:sub": subject}
        kernel = kit.role(
            "notebook-kernel",
            trust({"Federated": provider.arn}, "sts:AssumeRoleWithWebIdentity", StringEquals=pins),
            tags={"owner": "science"},
        )
        kernel.inline["read"] = document(allow("s3:GetObject", "arn:aws:s3:::halden-data-science-samples/*"))


def furnish_compute(estate: Estate) -> None:
    """Add the ordinary compute, then the defects."""
    roles = estate.account.roles.values()
    _metadata_defaults(estate)
    for profile in list(estate.account.instance_profiles.values())[:3]:
        _instance(estate, profile.name, profile.arn)
    for role in roles:
        if role.name.endswith("-fn"):
            _function(estate, role.name, role)
    _containers(estate, [role for role in roles if role.name.endswith("-task")])
    if estate.account.name in SPECIAL:
        SPECIAL[estate.account.name](estate)


def _metadata_defaults(estate: Estate) -> None:
    """BP02-03: IMDSv2 is required in every Region of the organization's own units."""
    name = estate.account.name
    for region in (HOME, "eu-central-1", "eu-west-1"):
        if name.startswith("harborlight"):
            estate.add("metadata defaults", {"HttpTokens": "optional", "ManagedBy": "account"}, region)
        elif not name.startswith(WITHOUT_DEFAULTS):
            defaults = {"HttpTokens": "required", "HttpTokensEnforced": "enabled", "ManagedBy": "declarative-policy"}
            estate.add("metadata defaults", defaults, region)


def _instance(
    estate: Estate, name: str, profile: str | None, *, tokens: str = "required", state: str = "running",
    endpoint: str = "enabled", region: str = HOME,
) -> None:  # fmt: skip
    instance_id = f"i-{estate.hex(17, 'instance', name, region)}"
    key = EXAMPLE_KEY["AWS_ACCESS_KEY_ID"]
    instance: Thing = {
        "InstanceId": instance_id,
        "InstanceType": "m7g.large",
        "State": {"Code": 16 if state == "running" else 80, "Name": state},
        "LaunchTime": estate.scene.ago(90, estate.key("launched", name)),
        "MetadataOptions": {"State": "applied", "HttpTokens": tokens, "HttpEndpoint": endpoint},
        # A key in a tag: it must never be stored.
        "Tags": [{"Key": "Name", "Value": name}, {"Key": "note", "Value": f"old key {key}"}],
    }
    if profile:
        instance["IamInstanceProfile"] = {"Arn": profile, "Id": f"AIPA{estate.scene.token(profile, 17)}"}
    estate.add("instances", instance, region)
    # And a script that signs in with it.
    script = "\n".join(["#!/bin/sh", *(f"export {name}={value}" for name, value in EXAMPLE_KEY.items())])
    user_data = {"Value": b64encode(script.encode()).decode()}
    estate.add("user data", {"InstanceId": instance_id, "UserData": user_data}, region)


def _function(
    estate: Estate, name: str, role: Role, variables: dict[str, str] | None = None, is_readable: bool = True
) -> None:
    environment: Thing = {"Variables": {"LOG_LEVEL": "info", "TABLE": f"{name}-items"} | (variables or {})}
    if not is_readable:
        message = "Lambda was unable to decrypt your environment variables because the KMS access was denied."
        environment = {"Error": {"ErrorCode": "AccessDeniedException", "Message": message}}
    function = {
        "FunctionName": name,
        "FunctionArn": estate.arn("lambda", f"function:{name}"),
        "Runtime": "python3.13",
        "Role": role.arn,
        "Handler": "main.handle",
        "Environment": environment,
        "Version": "$LATEST",
        "PackageType": "Zip",
    }
    estate.add("functions", function)


def _containers(estate: Estate, roles: list[Role]) -> None:
    """A cluster with a service for each task role."""
    if roles:
        cluster = add_cluster(estate, roles[0].name.split("-")[0])
        for role in roles:
            add_service(estate, cluster, role.name.removesuffix("-task"), role.arn)


def add_cluster(estate: Estate, name: str) -> Thing:
    """An empty ECS cluster."""
    arn = estate.arn("ecs", f"cluster/{name}")
    counts = ("activeServicesCount", "runningTasksCount", "pendingTasksCount", "registeredContainerInstancesCount")
    cluster = {"clusterArn": arn, "clusterName": name, "status": "ACTIVE"} | dict.fromkeys(counts, 0)
    estate.add("clusters", cluster)
    return cluster


def add_service(
    estate: Estate, cluster: Thing, name: str, role_arn: str | None, *, launch_type: str = "FARGATE",
    variables: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """A service in a cluster, and the task definition that it runs."""
    definition_arn = estate.arn("ecs", f"task-definition/{name}:7")
    environment = {"LOG_LEVEL": "info"} | (variables or {})
    definition: Thing = {
        "taskDefinitionArn": definition_arn,
        "family": name,
        "revision": 7,
        "status": "ACTIVE",
        "networkMode": "awsvpc",
        "requiresCompatibilities": [launch_type],
        "containerDefinitions": [
            {"name": name, "image": f"{name}:stable", "environment": [_pair(*item) for item in environment.items()]}
        ],
    }
    if role_arn:
        definition["taskRoleArn"] = role_arn
    estate.add("task definitions", definition)
    service = {
        "serviceArn": estate.arn("ecs", f"service/{cluster['clusterName']}/{name}"),
        "serviceName": name,
        "clusterArn": cluster["clusterArn"],
        "status": "ACTIVE",
        "launchType": launch_type,
        "taskDefinition": definition_arn,
        "desiredCount": 2,
        "runningCount": 2,
    }
    estate.add("services", service)
    cluster["activeServicesCount"] += 1
    cluster["runningTasksCount"] += 2


def _pair(name: str, value: str) -> Thing:
    return {"name": name, "value": value}


def add_eks_cluster(estate: Estate, name: str, *, is_hybrid: bool = False, issuer: str | None = None) -> None:
    url = issuer or f"oidc.eks.{HOME}.amazonaws.com/id/{estate.hex(30, 'issuer', name).upper()}FF"
    cluster: Thing = {
        "name": name,
        "arn": estate.arn("eks", f"cluster/{name}"),
        "version": "1.34",
        "status": "ACTIVE",
        "identity": {"oidc": {"issuer": f"https://{url}"}},
        "accessConfig": {"authenticationMode": "API"},
    }
    if is_hybrid:
        cluster["remoteNetworkConfig"] = {"remoteNodeNetworks": [{"cidrs": ["10.80.0.0/16"]}]}
    estate.add("eks clusters", cluster)


def add_pod_identity(estate: Estate, cluster: str, namespace: str, account: str) -> None:
    mark = f"a-{estate.hex(17, cluster, namespace, account)}"
    association = {
        "clusterName": cluster,
        "namespace": namespace,
        "serviceAccount": account,
        "associationId": mark,
        "associationArn": estate.arn("eks", f"podidentityassociation/{cluster}/{mark}"),
    }
    estate.add("pod identities", association)


def _project(estate: Estate, name: str, *variables: tuple[str, str, str]) -> None:
    items = [{"name": n, "value": value, "type": kind} for n, value, kind in variables]
    project: dict[str, Any] = {
        "name": name,
        "arn": estate.arn("codebuild", f"project/{name}"),
        "serviceRole": estate.account.roles["ci-runners-build"].arn,
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": items,
        },
    }
    estate.add("projects", project)


def legacy_telemetry(estate: Estate) -> None:
    # BP02-02, BP02-03: an instance without a role, and instances that answer without a token.
    _instance(estate, "collector-1", None, tokens="optional")
    _instance(estate, "collector-2", None, tokens="optional", state="stopped")


def harborlight_erp(estate: Estate) -> None:
    # BP02-02, BP02-03 in another region: nobody looked there.
    _instance(estate, "erp-database", None, tokens="optional", region="eu-central-1")


def retail_storefront_dev(estate: Estate) -> None:
    # BP02-03 good: the metadata service is off.
    _instance(estate, "renderer", None, tokens="optional", endpoint="disabled", state="stopped")


def sandbox_hackday(estate: Estate) -> None:
    # BP02-04: a key in a variable that is called something else.
    role = estate.account.roles["playground-fn"]
    _function(estate, "playground-uploader", role, {"UPLOAD_KEY": EXAMPLE_KEY["AWS_ACCESS_KEY_ID"]})


def payments_fraud_test(estate: Estate) -> None:
    # BP02-04 unknown: the variables are under a key that nobody but the function may use.
    _function(estate, "fraud-model", estate.account.roles["payments-fraud-export-fn"], is_readable=False)


def logistics_routing_dev(estate: Estate) -> None:
    # BP02-04: keys in a task definition.
    cluster = estate.of("clusters", HOME)[0]
    role = estate.account.roles["logistics-routing-worker-task"]
    add_service(estate, cluster, "routing-importer", role.arn, variables=EXAMPLE_KEY)


def logistics_warehouse_test(estate: Estate) -> None:
    # BP02-05: a task without a role.
    add_service(estate, estate.of("clusters", HOME)[0], "warehouse-reports", None)


def ci_runners(estate: Estate) -> None:
    # BP02-04: keys in a build, once in clear text, once as a reference to a secret (good).
    _project(estate, "image-build", ("REGISTRY", "halden", "PLAINTEXT"))
    _project(estate, "legacy-deploy", *((n, value, "PLAINTEXT") for n, value in EXAMPLE_KEY.items()))
    _project(estate, "site-publish", ("AWS_ACCESS_KEY_ID", "publisher:id", "SECRETS_MANAGER"))


def data_science_prod(estate: Estate) -> None:
    # BP02-05 good: the cluster's service accounts are known to IAM.
    add_eks_cluster(estate, "science", issuer=SCIENCE_ISSUER)


def data_science_dev(estate: Estate) -> None:
    # BP02-05: pods have nothing but their node's role.
    add_eks_cluster(estate, "scratch")


def observability(estate: Estate) -> None:
    # BP02-05 good, by Pod Identity.
    add_eks_cluster(estate, "telemetry")
    add_pod_identity(estate, "telemetry", "collectors", "agent")


def data_lake_prod(estate: Estate) -> None:
    # More than one page of functions.
    for n in range(1, 56):
        _function(estate, f"lake-partition-{n:02d}", estate.account.roles["lake-janitor"])


SPECIAL: dict[str, Callable[[Estate], None]] = {
    "legacy-telemetry": legacy_telemetry,
    "harborlight-erp": harborlight_erp,
    "retail-storefront-dev": retail_storefront_dev,
    "sandbox-hackday": sandbox_hackday,
    "payments-fraud-test": payments_fraud_test,
    "logistics-routing-dev": logistics_routing_dev,
    "logistics-warehouse-test": logistics_warehouse_test,
    "ci-runners": ci_runners,
    "data-science-prod": data_science_prod,
    "data-science-dev": data_science_dev,
    "observability": observability,
    "data-lake-prod": data_lake_prod,
}
