"""AWS partitions, from botocore: names, the Region of IAM, and suffixes of service principals.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader


@cache
def _described() -> tuple[dict[str, Any], ...]:
    return tuple(Loader().load_data("partitions")["partitions"])


@cache
def _endpoints() -> dict[str, dict[str, Any]]:
    return {
        partition["partition"]: partition["services"] for partition in Loader().load_data("endpoints")["partitions"]
    }


@cache
def dns_suffixes() -> tuple[str, ...]:
    """The ends of AWS's host names in all partitions: `.amazonaws.com`, `.api.aws` and others."""
    outputs = (described["outputs"] for described in _described())
    return tuple(sorted({f".{given[key]}" for given in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}))


@cache
def partitions() -> tuple[str, ...]:
    """aws, aws-cn, aws-us-gov and the others, by name."""
    return tuple(sorted(described["id"] for described in _described()))


@lru_cache(maxsize=64)
def home_region(partition: str) -> str:
    """The Region of IAM and the other global services of the partition; "" for an unknown partition."""
    iam = _endpoints().get(partition, {}).get("iam", {})
    endpoint = iam.get("endpoints", {}).get(iam.get("partitionEndpoint"), {})
    implicit = (
        described["outputs"]["implicitGlobalRegion"] for described in _described() if described["id"] == partition
    )
    return str(endpoint.get("credentialScope", {}).get("region") or next(implicit, ""))


@cache
def regions(partition: str) -> tuple[str, ...]:
    """The Regions of the partition, that of its global services first."""
    known = (region for described in _described() if described["id"] == partition for region in described["regions"])
    home = (home_region(partition),) if home_region(partition) else ()
    return tuple(dict.fromkeys((*home, *(region for region in known if partition_of(region) == partition))))


@lru_cache(maxsize=1024)
def partition_of(region: str) -> str:
    """The partition of a Region, by the form of its name; "" if none matches."""
    return next((described["id"] for described in _described() if re.fullmatch(described["regionRegex"], region)), "")


@cache
def partition_suffixes(partition: str) -> tuple[str, ...]:
    """The suffixes of service principals in one partition."""
    return tuple(f".{described['outputs']['dnsSuffix']}" for described in _described() if described["id"] == partition)


@cache
def service_suffixes() -> tuple[str, ...]:
    """The suffixes of service principals: ".amazonaws.com", ".amazonaws.com.cn", ".c2s.ic.gov" ..."""
    return tuple(sorted({f".{described['outputs']['dnsSuffix']}" for described in _described()}))


@lru_cache(maxsize=1024)
def spellings(service: str) -> tuple[str, ...]:
    """The spellings of a service principal in all partitions, the given one first: ec2.amazonaws.com,
    ec2.amazonaws.com.cn ...

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html (service principals in
    opt-in Regions and other partitions)
    """
    suffix = _suffix_of(service)
    if not suffix:
        return (service,)
    return tuple(
        dict.fromkeys([service, *(service.removesuffix(suffix) + dns_suffix for dns_suffix in service_suffixes())])
    )


@lru_cache(maxsize=4096)
def service_of(principal: str) -> str:
    """A service principal without its Region and domain: `states.eusc-de-east-1.amazonaws.com` is `states`."""
    suffix = max(
        (dns_suffix for dns_suffix in service_suffixes() if principal.endswith(dns_suffix)), key=len, default=""
    )
    name = principal.removesuffix(suffix)
    service, _, region = name.rpartition(".")
    return service if service and partition_of(region) else name


def _suffix_of(principal: str) -> str:
    """The longest known domain that ends a service principal; empty where none does."""
    return max(filter(principal.endswith, service_suffixes()), key=len, default="")
