"""Compute and machines outside AWS, as a client sees them."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509

from demo.organization.compute import EXAMPLE_KEY
from demo.organization.machine_parts import certificate
from demo.organization.scene import Scene


def instances(aws: Any, account: str, region: str = "us-east-1") -> list[Any]:
    client = aws.client("ec2", account, region=region)
    return [i for r in aws.pages(client, "describe_instances", "Reservations") for i in r["Instances"]]


def test_instances_are_of_their_region(aws: Any) -> None:
    assert [i["MetadataOptions"]["HttpTokens"] for i in instances(aws, "harborlight-erp", "eu-central-1")] == [
        "optional"
    ]
    names = {tag["Value"] for i in instances(aws, "harborlight-erp") for tag in i["Tags"] if tag["Key"] == "Name"}
    assert "erp-database" not in names
    assert {bool(i.get("IamInstanceProfile")) for i in instances(aws, "legacy-telemetry")} == {True, False}
    assert instances(aws, "log-archive") == []


def test_user_data_and_tags_hold_a_key(aws: Any) -> None:
    client, instance = aws.client("ec2", "legacy-telemetry"), instances(aws, "legacy-telemetry")[0]["InstanceId"]
    given = client.describe_instance_attribute(InstanceId=instance, Attribute="userData")["UserData"]["Value"]
    assert f"AWS_SECRET_ACCESS_KEY={EXAMPLE_KEY['AWS_SECRET_ACCESS_KEY']}" in b64decode(given).decode()
    iam = aws.client("iam", "sandbox-hackday")
    key_id, secret = EXAMPLE_KEY.values()
    assert iam.list_user_tags(UserName="hack-team")["Tags"] == [{"Key": key_id, "Value": "laptop"}]
    assert {"Key": "login", "Value": f"{key_id}:{secret}"} in iam.list_role_tags(RoleName="open-door")["Tags"]


def test_every_instance_profile_and_role_that_is_named_is_there(aws: Any) -> None:
    for account in ("retail-orders-prod", "logistics-warehouse-prod", "legacy-telemetry", "ci-runners"):
        iam = aws.client("iam", account)
        roles = {r["Arn"] for r in aws.pages(iam, "list_roles", "Roles")}
        profiles = {p["Arn"] for p in aws.pages(iam, "list_instance_profiles", "InstanceProfiles")}
        named = {i["IamInstanceProfile"]["Arn"] for i in instances(aws, account) if "IamInstanceProfile" in i}
        assert named <= profiles
        functions = aws.pages(aws.client("lambda", account), "list_functions", "Functions")
        assert {f["Role"] for f in functions} <= roles
        aliases = aws.client("iot", account).list_role_aliases()["roleAliases"]
        described = [aws.client("iot", account).describe_role_alias(roleAlias=a) for a in aliases]
        assert {d["roleAliasDescription"]["roleArn"] for d in described} <= roles


def test_functions_come_in_pages_and_some_cannot_be_deciphered(aws: Any) -> None:
    client = aws.client("lambda", "data-lake-prod")
    first = client.list_functions()
    assert len(first["Functions"]) == 50
    assert len(aws.pages(client, "list_functions", "Functions")) > 55
    sealed = aws.pages(aws.client("lambda", "payments-fraud-test"), "list_functions", "Functions")
    assert sum("Error" in f["Environment"] for f in sealed) == 1


def test_containers_from_cluster_to_task_definition(aws: Any) -> None:
    ecs = aws.client("ecs", "logistics-warehouse-test")
    found = {}
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        for service in ecs.describe_services(cluster=cluster, services=arns)["services"]:
            definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            found[service["serviceName"]] = (service["launchType"], "taskRoleArn" in definition)
    assert found["label-printer"] == ("EXTERNAL", False)
    assert found["logistics-warehouse-api"] == ("FARGATE", True)
    bench = next(c for c in ecs.list_clusters()["clusterArns"] if c.endswith("/bench"))
    hosts = ecs.list_container_instances(cluster=bench)["containerInstanceArns"]
    described = ecs.describe_container_instances(cluster=bench, containerInstances=hosts)["containerInstances"]
    assert sorted(h["agentConnected"] for h in described) == [False, True]
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        ecs.list_services(cluster="nowhere")


def test_clusters_and_who_may_join_them(aws: Any) -> None:
    eks = aws.client("eks", "logistics-warehouse-prod")
    assert eks.list_clusters()["clusters"] == ["depots"]
    cluster = eks.describe_cluster(name="depots")["cluster"]
    assert cluster["remoteNetworkConfig"]["remoteNodeNetworks"]
    (principal,) = eks.list_access_entries(clusterName="depots")["accessEntries"]
    entry = eks.describe_access_entry(clusterName="depots", principalArn=principal)["accessEntry"]
    assert entry["type"] == "HYBRID_LINUX"
    assert len(eks.list_pod_identity_associations(clusterName="depots")["associations"]) == 1
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        eks.describe_cluster(name="nowhere")


def test_machines_are_heard_of_until_they_are_not(aws: Any) -> None:
    ssm = aws.client("ssm", "logistics-warehouse-test")
    (activation,) = ssm.describe_activations()["ActivationList"]
    assert activation["RegistrationsCount"] < activation["RegistrationLimit"]
    filters = [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]
    machines = ssm.describe_instance_information(Filters=filters)["InstanceInformationList"]
    ages = sorted(aws.emulator.now() - m["LastPingDateTime"] for m in machines)
    assert ages[0] < timedelta(days=2) < timedelta(days=30) < ages[1]
    aws.emulator.set_night(8)
    (later,) = ssm.describe_activations()["ActivationList"]
    assert later == activation


def test_trust_anchors_their_certificates_and_their_private_ca(aws: Any) -> None:
    anywhere = aws.client("rolesanywhere", "harborlight-erp")
    (anchor,) = anywhere.list_trust_anchors()["trustAnchors"]
    text = anchor["source"]["sourceData"]["x509CertificateData"]
    assert x509.load_pem_x509_certificate(text.encode()).not_valid_after_utc - aws.emulator.now() < timedelta(days=45)
    assert anywhere.list_crls()["crls"] == []
    (profile,) = anywhere.list_profiles()["profiles"]
    assert (profile["durationSeconds"], "sessionPolicy" in profile) == (43200, False)
    (private,) = aws.client("rolesanywhere", "log-archive").list_trust_anchors()["trustAnchors"]
    arn = private["source"]["sourceData"]["acmPcaArn"]
    pca = aws.client("acm-pca", "log-archive")
    authority = pca.describe_certificate_authority(CertificateAuthorityArn=arn)["CertificateAuthority"]
    assert authority["NotAfter"] > aws.emulator.now()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        pca.describe_certificate_authority(CertificateAuthorityArn=arn[:-1] + "x")


def test_projects_with_keys_in_clear_text_and_by_reference(aws: Any) -> None:
    client = aws.client("codebuild", "ci-runners")
    names = client.list_projects()["projects"]
    answer = client.batch_get_projects(names=[*names, "nowhere"])
    assert answer["projectsNotFound"] == ["nowhere"]
    kinds = {p["name"]: {v["type"] for v in p["environment"]["environmentVariables"]} for p in answer["projects"]}
    assert kinds == {"image-build": {"PLAINTEXT"}, "legacy-deploy": {"PLAINTEXT"}, "site-publish": {"SECRETS_MANAGER"}}


def test_a_certificate_depends_on_seed_name_and_end_alone() -> None:
    end = Scene(1, 1).ago(-900, "x")
    assert certificate(Scene(1, 1), "CA", end) == certificate(Scene(1, 8), "CA", end)
    assert certificate(Scene(1, 1), "CA", end) != certificate(Scene(2, 1), "CA", end)


def test_an_account_sees_its_own_and_faults_apply(aws: Any) -> None:
    assert aws.client("eks", "log-archive").list_clusters()["clusters"] == []
    aws.emulator.faults.replace([{"kind": "deny", "service": "eks", "account": aws.id("log-archive")}])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        aws.client("eks", "log-archive").list_clusters()
