"""The emulator of Elastic Beanstalk answers boto3 as the service does, over HTTP, and stops with all it started."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from awskit import Machines
from pymacaron_testing.emulators.aws import AwsEmulators, aws_emulators
from pymacaron_testing.emulators.beanstalk import Fault
from pymacaron_testing.emulators.beanstalk.wire import Refusal, read_request, response_body

COMPOSE = json.dumps({"services": {"web": {"image": "shop", "ports": ["80:8080"]}}})


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def aws(machines: Machines) -> Iterator[AwsEmulators]:
    with aws_emulators(machines=machines, delay=0.01) as emulators:
        yield emulators


@pytest.fixture
def beanstalk(aws: AwsEmulators) -> Any:
    client = aws.client("elasticbeanstalk")
    bucket = client.create_storage_location()["S3Bucket"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("docker-compose.yml", COMPOSE)
    aws.client("s3").put_object(Bucket=bucket, Key="shop.zip", Body=content.getvalue())
    client.create_application(ApplicationName="shop")
    for label in ("1", "2"):
        place = {"S3Bucket": bucket, "S3Key": "shop.zip"}
        client.create_application_version(ApplicationName="shop", VersionLabel=label, SourceBundle=place)
    return client


def create(client: Any, name: str, **more: Any) -> dict[str, Any]:
    (platform, *_) = client.list_platform_versions()["PlatformSummaryList"]
    given = {"VersionLabel": "1", "PlatformArn": platform["PlatformArn"], **more}
    made: dict[str, Any] = client.create_environment(ApplicationName="shop", EnvironmentName=name, **given)
    return made


def ready(client: Any, name: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        (found,) = client.describe_environments(EnvironmentNames=[name])["Environments"]
        if found["Status"] in ("Ready", "Terminated"):
            return dict(found)
        time.sleep(0.01)
    raise AssertionError(f"{name} is not ready")


def test_an_environment_is_launched_told_by_events_of_its_request_and_terminated(
    beanstalk: Any, machines: Machines
) -> None:
    made = create(beanstalk, "shop-1", CNAMEPrefix="shop-live")
    assert (made["Status"], made["Health"]) == ("Launching", "Grey")
    found = ready(beanstalk, "shop-1")
    assert (found["Health"], found["VersionLabel"]) == ("Green", "1")
    request = made["ResponseMetadata"]["RequestId"]
    events = beanstalk.describe_events(RequestId=request)["Events"]
    assert events[0]["Message"] == "Successfully launched environment: shop-1"
    assert {one["RequestId"] for one in events} == {request}
    since = beanstalk.describe_events(StartTime=events[0]["EventDate"])["Events"]
    assert len(since) == 1
    beanstalk.terminate_environment(EnvironmentName="shop-1")
    end = time.monotonic() + 60
    while beanstalk.describe_environments(IncludeDeleted=False)["Environments"] and time.monotonic() < end:
        time.sleep(0.01)
    assert machines.running == []
    (gone,) = beanstalk.describe_environments(IncludeDeleted=True)["Environments"]
    assert gone["Status"] == "Terminated"


def test_a_swap_moves_names_and_is_refused_while_one_is_not_ready(
    beanstalk: Any, aws: AwsEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("shop-1", "shop-2"):
        create(beanstalk, name)
    cnames = [ready(beanstalk, name)["CNAME"] for name in ("shop-1", "shop-2")]
    swap = {"SourceEnvironmentName": "shop-1", "DestinationEnvironmentName": "shop-2"}
    beanstalk.swap_environment_cnames(**swap)
    assert [ready(beanstalk, name)["CNAME"] for name in ("shop-1", "shop-2")] == cnames[::-1]
    monkeypatch.setattr(aws.beanstalk.life, "launch", lambda environment, request: None)
    create(beanstalk, "shop-3")
    with pytest.raises(ClientError, match="Must be Ready"):
        beanstalk.swap_environment_cnames(SourceEnvironmentName="shop-1", DestinationEnvironmentName="shop-3")


def test_a_name_is_free_until_somebody_has_it(beanstalk: Any, aws: AwsEmulators) -> None:
    aws.beanstalk.state.taken.add("shop")
    assert beanstalk.check_dns_availability(CNAMEPrefix="shop")["Available"] is False
    before = beanstalk.check_dns_availability(CNAMEPrefix="shop-live")
    assert before["Available"] is True
    made = create(beanstalk, "shop-1", CNAMEPrefix="shop-live")
    assert made["CNAME"] == before["FullyQualifiedCNAME"]
    with pytest.raises(ClientError, match="is not available"):
        create(beanstalk, "shop-2", CNAMEPrefix="shop-live")


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("create_application", {"ApplicationName": "shop"}, "InvalidParameterValue"),
        ("create_environment", {"ApplicationName": "nobody", "EnvironmentName": "shop-1"}, "InvalidParameterValue"),
        ("create_environment", {"ApplicationName": "shop", "EnvironmentName": "-"}, "ParamValidation|Invalid"),
        ("create_environment", {"ApplicationName": "shop", "VersionLabel": "9"}, "InvalidParameterValue"),
        ("create_environment", {"ApplicationName": "shop", "VersionLabel": "1"}, "InvalidParameterValue"),
        ("terminate_environment", {"EnvironmentName": "nobody"}, "InvalidParameterValue"),
        ("list_tags_for_resource", {"ResourceArn": "arn:aws:elasticbeanstalk:x"}, "ResourceNotFoundException"),
        ("rebuild_environment", {"EnvironmentName": "shop-1"}, "InvalidAction"),
    ],
)
def test_what_the_service_refuses_is_refused(beanstalk: Any, operation: str, given: Any, code: str) -> None:
    with pytest.raises(Exception, match=code):
        getattr(beanstalk, operation)(**given)


def test_options_are_judged_one_by_one(beanstalk: Any) -> None:
    def option(namespace: str, name: str, value: str) -> dict[str, str]:
        return {"Namespace": namespace, "OptionName": name, "Value": value}

    create(beanstalk, "shop-1")
    ready(beanstalk, "shop-1")
    wrong = [option("aws:autoscaling:asg", "MinSize", "many"), option("aws:autoscaling:asg", "Mini", "1")]
    right = option("aws:autoscaling:asg", "MinSize", "1")
    answer = beanstalk.validate_configuration_settings(
        ApplicationName="shop", EnvironmentName="shop-1", OptionSettings=[right, *wrong]
    )
    assert [one["OptionName"] for one in answer["Messages"]] == ["MinSize", "Mini"]
    with pytest.raises(ClientError, match="ConfigurationValidationException"):
        create(beanstalk, "shop-2", OptionSettings=wrong)


def test_an_environment_is_updated_in_place(beanstalk: Any) -> None:
    create(beanstalk, "shop-1")
    ready(beanstalk, "shop-1")
    answer = beanstalk.update_environment(EnvironmentName="shop-1", VersionLabel="2")
    assert answer["Status"] == "Updating"
    assert ready(beanstalk, "shop-1")["VersionLabel"] == "2"


def test_a_version_that_runs_is_not_deleted(beanstalk: Any) -> None:
    create(beanstalk, "shop-1")
    with pytest.raises(ClientError, match="OperationInProgressFailure"):
        beanstalk.delete_application_version(ApplicationName="shop", VersionLabel="1")


def test_lists_come_in_pages(beanstalk: Any) -> None:
    first = beanstalk.describe_application_versions(MaxRecords=1)
    second = beanstalk.describe_application_versions(MaxRecords=1, NextToken=first["NextToken"])
    labels = [answer["ApplicationVersions"][0]["VersionLabel"] for answer in (first, second)]
    assert labels == ["2", "1"]
    assert "NextToken" not in second


def test_faults_come_as_often_as_they_were_asked_for(beanstalk: Any, aws: AwsEmulators) -> None:
    aws.beanstalk.faults.add(Fault("CreateApplication", "TooManyApplicationsException", done=True))
    with pytest.raises(beanstalk.exceptions.TooManyApplicationsException):
        beanstalk.create_application(ApplicationName="garden")
    assert len(beanstalk.describe_applications()["Applications"]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"Environments": "none"},
        {"Environments": [{"Statuses": "Ready"}]},
        {"Environments": [{"Status": "Read"}]},
        {"Environments": [{"DateCreated": "today"}]},
        {"Environments": [{"AbortableOperationInProgress": 1}]},
        {"Nothing": []},
    ],
)
def test_an_answer_that_is_not_what_botocore_says_is_never_sent(answer: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        response_body("DescribeEnvironments", answer, "1")


@pytest.mark.parametrize("form", ["Action=Sleep&Version=2010-12-01", "Action=CreateApplication&Version=2010-12-01"])
def test_a_request_that_is_not_what_botocore_says_is_refused(form: str) -> None:
    with pytest.raises(Refusal):
        read_request(form)


def test_times_lists_and_numbers_are_read_as_botocore_sends_them(beanstalk: Any) -> None:
    form = "Action=DescribeEvents&Version=2010-12-01&StartTime=2026-11-21T04%3A00%3A00Z&MaxRecords=5"
    assert read_request(form) == (
        "DescribeEvents",
        {"StartTime": datetime(2026, 11, 21, 4, tzinfo=UTC), "MaxRecords": 5},
    )


def test_a_command_gets_an_emulated_cloud_and_none_of_the_callers_own_keys(tmp_path: Path) -> None:
    (tmp_path / "pym-config.yaml").write_text("name: shop\n")
    asks = (
        "import boto3, os; print(boto3.client('sts').get_caller_identity()['Account'], os.getenv('AWS_SESSION_TOKEN'))"
    )
    command = [sys.executable, "-m", "pymacaron", "emulate", "aws-beanstalk", sys.executable, "-c", asks]
    own = os.environ | {"AWS_SESSION_TOKEN": "real", "AWS_PROFILE": "real"}
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("123456789012 None\n", 0), done.stderr


def test_without_a_command_the_variables_are_told_until_it_is_interrupted(tmp_path: Path) -> None:
    (tmp_path / "pym-config.yaml").write_text("name: shop\n")
    command = [sys.executable, "-m", "pymacaron", "emulate", "aws-beanstalk"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "Emulating until interrupted" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        lines = process.stdout.read().splitlines()
        assert process.wait(30) == 0
    assert [line for line in lines if line.startswith("export AWS_ENDPOINT_URL=http://127.0.0.1:")]
