"""The reference says what the code says, and everything in it has an example that runs with its output compared."""

from __future__ import annotations

import ast
import re
from itertools import groupby

import pytest

import reference
from architecture import ROOT
from examples import Shown, page_showing
from pymacaron.spec.extensions import EXTENSIONS

LACKING = {
    "AUTH_UNAVAILABLE",
    "BAD_CALL",
    "BAD_REQUEST",
    "BAD_SERVER_RESPONSE",
    "BINDING_ERROR",
    "BODY_LOST",
    "BROKER_UNREACHABLE",
    "CALL_ERROR",
    "CONFIG_ERROR",
    "CROSS_SITE_REQUEST",
    "DEPLOY_ERROR",
    "FORBIDDEN",
    "INSUFFICIENT_SCOPE",
    "ITEM_CHANGED",
    "ITEM_NOT_FOUND",
    "ITEM_TOO_LARGE",
    "LOCKED",
    "METHOD_NOT_ALLOWED",
    "NOT_ACCEPTABLE",
    "NOT_FOUND",
    "NOT_READY",
    "NO_EXAMPLE",
    "PLUGIN_ERROR",
    "REQUEST_ENTITY_TOO_LARGE",
    "REQUEST_TIMEOUT",
    "SERVER_ERROR",
    "SERVER_TIMEOUT",
    "SERVER_UNREACHABLE",
    "SERVICE_ERROR",
    "SPEC_ERROR",
    "START_ERROR",
    "STORE_BUSY",
    "STORE_ERROR",
    "STREAM_BROKEN",
    "TASK_FAILED",
    "TASK_TIMEOUT",
    "TOKEN_EXPIRED",
    "UNAUTHENTICATED",
    "UNKNOWN_TASK",
    "UNSUPPORTED_MEDIA_TYPE",
    "apis",
    "async_broker",
    "async_max_memory",
    "async_results",
    "async_results_expire",
    "async_time_limit",
    "async_workers",
    "aws_bake_minutes",
    "aws_cert_arn",
    "aws_cname",
    "aws_instance_profile",
    "aws_keep_releases",
    "aws_keypair",
    "aws_platform",
    "aws_secrets",
    "aws_service_role",
    "aws_timeout_minutes",
    "aws_zone_id",
    "bake_minutes",
    "basic_verify",
    "client_connect_timeout",
    "client_deadline",
    "client_errors",
    "client_largest_answer",
    "client_read_timeout",
    "client_retries",
    "client_validate_answers",
    "clients",
    "cors",
    "docker_base",
    "docker_bucket",
    "docker_hosts",
    "docker_memory",
    "docker_processes",
    "docker_proxy_address",
    "docker_proxy_image",
    "docker_proxy_port",
    "docker_proxy_tls_port",
    "docker_ready_timeout",
    "docker_stage_address",
    "docker_start_timeout",
    "docker_wheels",
    "domain",
    "error_format",
    "gcp_canary_errors",
    "gcp_canary_seconds",
    "gcp_cpu",
    "gcp_deploy_timeout",
    "gcp_keep_revisions",
    "gcp_key_file",
    "gcp_max_instances",
    "gcp_min_instances",
    "gcp_public",
    "gcp_repository",
    "gcp_request_concurrency",
    "gcp_secrets",
    "gcp_service_account",
    "gcp_timeout",
    "gcp_vpc",
    "gcp_workers",
    "graceful_timeout",
    "host",
    "image_builder",
    "include_links",
    "jwt_algorithm",
    "jwt_cookie",
    "jwt_cookie_origins",
    "jwt_jwks_url",
    "jwt_keys",
    "jwt_leeway",
    "jwt_revocation",
    "jwt_revocation_url",
    "jwt_token_renew_after",
    "jwt_token_timeout",
    "keep_releases",
    "live_timeout",
    "lock_seconds",
    "log_level",
    "model_store",
    "model_store_file",
    "plugins.disable",
    "port",
    "pym aws clean",
    "pym aws live",
    "pym aws login",
    "pym aws tables create",
    "pym aws tables plan",
    "pym completion",
    "pym config docs",
    "pym deploy",
    "pym deploy unlock",
    "pym docker build",
    "pym docker exec",
    "pym docker logs",
    "pym docker push",
    "pym docker run",
    "pym docker setup",
    "pym docker shell",
    "pym drain",
    "pym gcp check",
    "pym gcp login",
    "pym gcp run",
    "pym gcp setup",
    "pym logs",
    "pym maintenance",
    "pym mock",
    "pym prune",
    "pym releases",
    "pym rollback",
    "pym run",
    "pym serve",
    "pym status",
    "pym tasks failed",
    "pym tasks purge",
    "pym tasks retry",
    "pym token decode",
    "pym token generate",
    "pym token revoke",
    "pym token verify",
    "pym version",
    "pym worker",
    "pym_acceptance_runners",
    "pym_after_deploy",
    "pym_apis",
    "pym_background_processes",
    "pym_before_deploy",
    "pym_deploy_targets",
    "pym_error_report",
    "pym_image_builders",
    "pym_image_steps",
    "pym_operation_finished",
    "pym_task_finished",
    "pym_token_issuers",
    "release_command",
    "report_body",
    "report_fold_seconds",
    "report_log",
    "report_smtp_port",
    "report_smtp_security",
    "request_id",
    "schema_folders",
    "server",
    "shutdown",
    "strict_properties",
    "unhandled_error_code",
    "x-codeSamples",
    "x-decorate-request",
    "x-deprecated",
    "x-displayName",
    "x-enum-descriptions",
    "x-enum-varnames",
    "x-example",
    "x-logo",
    "x-mandatory",
    "x-ms-discriminator-value",
    "x-no-bind-server",
    "x-pym-lint-ignore",
    "x-pym-policy",
    "x-tagGroups",
}
"""What has no example yet: take out what gets one, add nothing."""
INTERNAL = {"x-itself", "x-chosen", "x-pym-lint", "x-delivery-count", "x-queue-type"}
"""Marks within our own data, and words of brokers."""


@pytest.mark.parametrize("name", reference.pages())
def test_the_page_of_the_reference_says_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert written == reference.pages()[name], "type: python tests/reference.py"


@pytest.mark.parametrize("kind", [kind for kind, _ in groupby(reference.names(), key=lambda pair: pair[0])])
def test_every_one_of_the_kind_has_an_example_that_runs_with_its_output_compared(kind: str) -> None:
    without = {name for each, name in reference.names() if each == kind and page_showing(each, name) is None}
    known = {name for each, name in reference.names() if each == kind and name in LACKING}
    assert without - known == set(), "show these on a page of docs/, in a block whose output is compared"
    assert known - without == set(), "take these out of LACKING"


def test_the_list_of_headers_is_that_of_the_sources() -> None:
    assert reference.header_names() == set(reference.HEADERS)


def test_the_list_of_attributes_is_that_of_the_sources() -> None:
    read = {
        node.value
        for path in ROOT.glob("packages/*/src/**/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"x-[a-zA-Z-]+", node.value)
    }
    headers = {name.lower() for name in reference.HEADERS} | {"x-cloud-trace-context", "x-envoy-upstream-service-time"}
    assert read - headers - INTERNAL == {each.name for each in EXTENSIONS}


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("hook", "pym_apis", Shown("", "", (("shop.py", "def pym_apis(config):"),))),
        ("setting", "port", Shown("", "", (("pym-config.yaml", "port: 80"),))),
        ("setting", "plugins.local", Shown("", "", (("pym-config.live.yaml", "plugins: {local: [shop]}"),))),
        ("setting", "jwt_leeway", Shown("get_config().jwt_leeway = 3", "", ())),
        ("command", "pym deploy unlock", Shown("", "pym --root shop deploy unlock --yes", ())),
        ("command", "pym run", Shown("", "cd shop && pym run --port 80", ())),
        ("error code", "NOT_FOUND", Shown('assert reply["error"] == "NOT_FOUND"', "", ())),
        ("error code", "NOT_FOUND", Shown("", "", (("test/test_shop.py", '"NOT_FOUND"'),))),
        ("attribute", "x-parent", Shown("", "", (("apis/shop.yaml", "x-parent: shop.Item"),))),
    ],
)
def test_an_example_is_found(kind: str, name: str, shown: Shown) -> None:
    assert shown.holds(kind, name)


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("hook", "pym_apis", Shown("pym_apis", "", ())),
        ("setting", "port", Shown("the port: 80", "", (("apis/shop.yaml", "port: 80"),))),
        ("setting", "port", Shown("", "", (("pym-config.yaml", "report: 80\nclients: {shop: {port: 80}}"),))),
        ("command", "pym deploy", Shown("", "pym deploy-not", ())),
        ("command", "pym deploy unlock", Shown("pym deploy unlock", "pym deploy", ())),
        ("error code", "NOT_FOUND", Shown("ITEM_NOT_FOUND", "", (("shop.py", 'code = "NOT_FOUND"'),))),
        ("attribute", "x-parent", Shown("x-parents", "", ())),
    ],
)
def test_what_is_no_example_is_not_taken_for_one(kind: str, name: str, shown: Shown) -> None:
    assert not shown.holds(kind, name)
