"""The name of `live_host` in Route53: an alias of the live address, made once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pymacaron.exceptions import DeployError
from pymacaron_aws.beanstalk.account import Account

__all__ = ["ensure_alias"]

ZONES = {
    # The hosted zones of Elastic Beanstalk's own names, from "AWS Elastic Beanstalk endpoints and quotas".
    "af-south-1": "Z1EI3BVKMKK4AM",
    "ap-northeast-1": "Z1R25G3KIG2GBW",
    "ap-northeast-2": "Z3JE5OI70TWKCP",
    "ap-northeast-3": "ZNE5GEY1TIAGY",
    "ap-south-1": "Z18NTBI3Y7N9TZ",
    "ap-southeast-1": "Z16FZ9L249IFLT",
    "ap-southeast-2": "Z2PCDNR3VC2G1N",
    "ca-central-1": "ZJFCZL7SSZB5I",
    "eu-central-1": "Z1FRNW7UH4DEZJ",
    "eu-north-1": "Z23GO28BZ5AETM",
    "eu-west-1": "Z2NYPWQ7DFZAZH",
    "eu-west-2": "Z1GKAAAUGATPF1",
    "eu-west-3": "Z5WN6GAYWG5OB",
    "sa-east-1": "Z10X7K2B4QSOFV",
    "us-east-1": "Z117KPS5GTRQ2G",
    "us-east-2": "Z14LCN19Q5QHIC",
    "us-west-1": "Z1LQECGX5PH1X",
    "us-west-2": "Z38NKT9BP95V3O",
}


def ensure_alias(account: Account) -> None:
    """Make the alias where `aws_zone_id` is set and the name is free; raises DeployError where it leads elsewhere."""
    zone, host = account.settings.aws_zone_id, _host(account)
    if not zone or not host:
        return
    known = [one for one in _records(account, zone, host) if one["Type"] in ("A", "AAAA", "CNAME")]
    if any(_leads_to(one) == account.address for one in known):
        return
    if known:
        raise DeployError(
            f"{host} leads to {_leads_to(known[0])} in Route53 and not to {account.address}: delete that record, or "
            "unset aws_zone_id"
        )
    account.environment.tell(f"making {host} an alias of {account.address}")
    account.aws.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=_change(account, host))


def _host(account: Account) -> str:
    live_host = str(account.environment.config.get("live_host") or "")
    return urlsplit(live_host if "://" in live_host else f"//{live_host}").hostname or ""


def _records(account: Account, zone: str, host: str) -> list[dict[str, Any]]:
    answer = account.aws.call(
        "route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=f"{host}.", MaxItems="10"
    )
    return [one for one in answer["ResourceRecordSets"] if one["Name"].rstrip(".").lower() == host]


def _leads_to(record: dict[str, Any]) -> str:
    if "AliasTarget" in record:
        return str(record["AliasTarget"]["DNSName"]).rstrip(".").lower()
    return ", ".join(one["Value"].rstrip(".").lower() for one in record.get("ResourceRecords", []))


def _change(account: Account, host: str) -> dict[str, Any]:
    region = account.aws.region
    if region not in ZONES:
        raise DeployError(f"no hosted zone is known for {region}: make {host} lead to {account.address} by hand once")
    alias = {"HostedZoneId": ZONES[region], "DNSName": account.address, "EvaluateTargetHealth": False}
    return {"Changes": [{"Action": "CREATE", "ResourceRecordSet": {"Name": host, "Type": "A", "AliasTarget": alias}}]}
