"""No secret is shown: not by the configuration, nor in a text, an error or a log that is scrubbed."""

from __future__ import annotations

import io
import json
import logging
import pprint
import sys
import traceback
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, field_validator

from pymacaron.config import Config, RedactingFilter
from pymacaron.config.core import CoreConfig
from pymacaron.config.redaction import Redactor, looks_secret
from pymacaron.config.settings import Settings, setting
from pymacaron.exceptions import ConfigError
from pymacaron.plugins.records import ConfigSection

Load = Callable[..., Config]

CANARY = 'canary-7f3a-"quoted"\nand/a second line of it'
PIECES = ("canary-7f3a", "a second line of it")


class Key(Settings):
    pem: str = setting(description="Private.", secret=True)
    kid: str = setting("", description="Public.")


class VaultSettings(Settings):
    vault_pin: str | None = setting(None, description="Opens the vault.", secret=True)
    vault_keys: list[Key] = setting([], description="Of the vault.")
    vault_owner: str = setting("", description="Not secret by itself.")
    vault_code: SecretStr | None = setting(None, description="Secret by its type.")

    @field_validator("vault_owner")
    @classmethod
    def _chatty(cls, owner: str) -> str:
        if owner.startswith("canary"):
            raise ValueError(f"{owner} cannot own a vault")
        return owner


VAULT = ConfigSection("vault", f"{__name__}:VaultSettings")


@pytest.fixture
def config(load: Load) -> Config:
    text = f"""\
name: shop
env_secrets: [CANARY, OTHER]
vault_pin: {json.dumps("1 " + CANARY)}
vault_keys: [{{pem: {json.dumps("2 " + CANARY)}, kid: k1}}]
live_host: CANARY
bank: {{url: CANARY, api_key: {json.dumps("3 " + CANARY)}, tokens: [{json.dumps("4 " + CANARY)}]}}
stripe_token: {json.dumps("5 " + CANARY)}
vault_code: {json.dumps("6 " + CANARY)}
"""
    config = load(text, VAULT, environ={"CANARY": CANARY, "OTHER": "nobody-uses-this"})
    config.my_api_secret = "7 " + CANARY
    config.vault_pin = "8 " + CANARY
    return config


def assert_clean(text: str) -> None:
    for piece in PIECES:
        assert piece not in text


def test_the_configuration_never_shows_a_secret(config: Config) -> None:
    shown = config.show()
    for text in (repr(config), str(config), pprint.pformat(config), json.dumps(shown)):
        assert_clean(text)
    for model in (CoreConfig, VaultSettings):
        section = config.section(model)
        for text in (repr(section), str(section), f"{section!r}", repr(vars(config.section(CoreConfig))["plugins"])):
            assert_clean(text)
    assert shown["bank"] == {"url": "***", "api_key": "***", "tokens": "***"}
    assert shown["vault_keys"] == [{"pem": "***", "kid": "k1"}]
    assert (shown["stripe_token"], shown["live_host"], shown["vault_code"]) == ("***", "***", "***")
    assert (shown["my_api_secret"], shown["vault_pin"]) == ("***", "***")
    assert config.live_host == CANARY


def test_every_secret_is_masked_in_any_text_also_escaped(config: Config) -> None:
    for number in range(1, 9):
        secret = f"{number} {CANARY}"
        assert config.redact(f"<{secret}>") == "<***>"
        assert_clean(config.redact(repr({"a": secret}) + json.dumps([secret])))
    for line in CANARY.splitlines():
        assert config.redact(f"> {line}") == "> ***"
    assert config.redact("nobody-uses-this, k1, shop") == "***, k1, shop"


def test_a_password_of_digits_is_a_secret_although_yaml_makes_it_a_number(load: Load) -> None:
    config = load("name: shop\nmy_password: 12345678\nuse_token: true\n")
    assert config.redact("true 12345678") == "true ***"


def test_a_secret_of_fewer_than_four_characters_is_left_in_texts_but_not_shown(load: Load) -> None:
    config = load("name: shop\nenv_secrets: [PIN]\npin: PIN\nmy_password: abc\n", environ={"PIN": "123"})
    assert config.redact("123 abc") == "123 abc"
    assert (config.show()["pin"], config.show()["my_password"]) == ("***", "***")


def refused(function: Callable[[], object]) -> ConfigError:
    """Return the error of a call, when it was seen that neither it nor its traceback shows a secret."""
    with pytest.raises(ConfigError) as caught:
        function()
    error = caught.value
    assert_clean("".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(error.problems))
    assert error.__context__ is None
    return error


@pytest.mark.parametrize("secrets", ["required", "ignored"])
def test_no_error_carries_a_secret_nor_does_its_traceback(load: Load, secrets: str) -> None:
    text = (
        "env_secrets: [CANARY]\nvault_owner: CANARY\nport: CANARY\nvault_keys: [{pem: [CANARY]}]\n"
        f"vault_pin: [{json.dumps(CANARY)}]\nlog_level: canary-7f3a\nstripe_token: canary-7f3a\n"
    )
    error = refused(lambda: load(text, VAULT, environ={"CANARY": CANARY}, secrets=secrets))
    owner = "pym-config.yaml:2: vault_owner is refused: *** cannot own a vault"
    assert (owner in error.problems) == (secrets == "required")


def test_setting_a_wrong_secret_at_run_time_does_not_show_it(config: Config) -> None:
    refused(lambda: setattr(config, "vault_pin", [CANARY]))
    refused(lambda: setattr(config, "vault_owner", CANARY))
    refused(lambda: setattr(config, "vault_keys", [{"pem": CANARY, "kid": 1}]))


@pytest.fixture
def log(config: Config) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter(config.redact))
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.Logger("canary")
    logger.addHandler(handler)
    yield logger, stream
    handler.close()


def test_a_log_is_scrubbed_of_secrets_in_message_arguments_exception_and_stack(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = log
    logger.info("plain %s", 1)
    logger.info("message " + CANARY)
    logger.info("arguments %s %r", CANARY, {"key": CANARY})
    logger.info("by name %(key)s", {"key": CANARY})
    logger.info("percent %d%% of " + CANARY, 5)
    try:
        raise ValueError(CANARY) from KeyError(CANARY)
    except ValueError:
        logger.exception("failed")
    logger.warning("bad arguments %s", *(CANARY, CANARY))
    text = stream.getvalue()
    assert_clean(text)
    assert text.startswith(
        "INFO plain 1\nINFO message ***\nINFO arguments *** {'key': '***'}\nINFO by name ***\nINFO percent 5% of ***\n"
        "ERROR failed\nKeyError: '***'\n\nThe above exception was the direct cause"
    )
    assert "ValueError: ***\n" in text
    assert text.endswith("WARNING bad arguments %s (its arguments do not fit)\n")


def test_a_record_without_secrets_keeps_its_arguments_and_exception(config: Config) -> None:
    try:
        raise ValueError("harmless")
    except ValueError:
        record = logging.makeLogRecord({"msg": "%s is %d", "args": ("a", 1), "exc_info": sys.exc_info()})
    record.extra_text = f"with {CANARY}"
    assert RedactingFilter(config.redact).filter(record)
    assert (record.msg, record.args, record.exc_info is None) == ("%s is %d", ("a", 1), False)
    assert vars(record)["extra_text"] == "with ***"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("db_password", True),
        ("my-api-key", True),
        ("apiKey", True),
        ("awsSecretAccessKey", True),
        ("tokens", True),
        ("PRIVATE_KEY", True),
        ("Authorization", True),
        ("proxy-authorization", True),
        ("Set-Cookie", True),
        ("cookies", True),
        ("credentials", True),
        ("cvv", True),
        ("cardCVV", True),
        ("userJWT", True),
        ("JWTToken", True),
        ("HTTPSecret", True),
        ("pin", True),
        ("pinCode", True),
        ("db_pwd", True),
        ("session", True),
        ("sessionId", True),
        ("session_id", True),
        ("accesstoken", True),
        ("userPassword", True),
        ("clientSecret", True),
        ("jwt_issuer", False),
        ("jwt_cookie_origins", False),
        ("authorization_url", False),
        ("session_timeout", False),
        ("cookie_domain", False),
        ("author", False),
        ("ping", False),
        ("spin", False),
        ("secretary", False),
        ("tokenizer", False),
        ("key", False),
        ("passwordless", False),
        ("compass", False),
    ],
)
def test_a_name_looks_secret_by_its_whole_words(name: str, secret: bool) -> None:
    assert looks_secret(name) is secret


@given(
    secrets=st.lists(st.text("ab*\n", min_size=4, max_size=6), min_size=1, max_size=4),
    text=st.text("ab*\n", max_size=40),
)
def test_no_secret_of_a_text_survives_between_two_masks(secrets: list[str], text: str) -> None:
    redact = Redactor(secrets)
    clean = redact(text)
    if not any(secret in text for secret in secrets):
        assert clean == text
    for secret in (secret for secret in secrets if "*" not in secret):
        assert secret not in clean


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    assert Redactor(["abcd", "cdef", "efgh"])("xabcdefghx abcdabcd") == "x***x ***"
    assert Redactor(["abab"])("xababab") == "x***"


def test_pydantics_own_error_about_a_section_shows_no_value() -> None:
    with pytest.raises(ValueError, match="vault_pin") as caught:
        VaultSettings.model_validate({"vault_pin": [CANARY]})
    assert_clean(str(caught.value))
