"""env_secrets: what is replaced, from where, and what is said where a secret has no content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.config import Config
from pymacaron.config.core import CoreConfig
from pymacaron.config.settings import Settings, setting
from pymacaron.deploy import Environment
from pymacaron.exceptions import ConfigError, DeployError
from pymacaron.plugins.records import ConfigSection

Load = Callable[..., Config]

TEXT = """\
name: shop
env_secrets:
  - DB_PASSWORD
  - STRIPE
  - UNUSED
database:
  url: db://DB_PASSWORD@host
  users:
    - {name: DB_PASSWORD, password: DB_PASSWORD}
stripe: STRIPE
STRIPE: name of a key
"""


class TillSettings(Settings):
    till_secret: str = setting(description="Opens the till.", secret=True, min_length=8)
    till_port: int = setting(1, description="Where the till listens.")


TILL = ConfigSection("till", f"{__name__}:TillSettings")


def problems(load: Load, text: str, **options: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text, TILL, **options)
    assert caught.value.__context__ is None
    return caught.value.problems


def test_every_value_that_equals_a_listed_name_is_replaced_however_deep(load: Load) -> None:
    config = load(TEXT, environ={"DB_PASSWORD": "pass=word", "STRIPE": " DB_PASSWORD"})
    assert config.database == {
        "url": "db://DB_PASSWORD@host",
        "users": [{"name": "pass=word", "password": "pass=word"}],
    }
    assert config.stripe == " DB_PASSWORD"
    assert config.STRIPE == "name of a key"
    assert config.env_secrets == ["DB_PASSWORD", "STRIPE", "UNUSED"]


def test_an_unset_or_empty_variable_stops_the_start_and_names_key_variable_and_next_step(load: Load) -> None:
    text = TEXT + "till_secret: DB_PASSWORD\n"
    unset = "the environment variable DB_PASSWORD, which is not set: export DB_PASSWORD='...'"
    assert problems(load, text, environ={"STRIPE": ""}) == [
        f"pym-config.yaml:9: database.users[0].name needs {unset}",
        f"pym-config.yaml:9: database.users[0].password needs {unset}",
        "pym-config.yaml:10: stripe needs the environment variable STRIPE, which is empty: export STRIPE='...'",
        f"pym-config.yaml:12: till_secret needs {unset}",
    ]


def test_the_file_of_a_secrets_folder_wins_and_loses_one_line_end(load: Load, folder: Path) -> None:
    (folder / "DB_PASSWORD").write_bytes(b"from\nfile\n\n")
    (folder / "STRIPE").write_bytes(b"windows\r\n")
    environ = {"PYM_SECRETS_DIR": str(folder), "DB_PASSWORD": "from variable"}
    config = load(TEXT, environ=environ)
    assert (config.database["users"][0]["name"], config.stripe) == ("from\nfile\n", "windows")


def test_without_a_file_the_variable_counts_even_where_the_folder_is_missing(load: Load, folder: Path) -> None:
    environ = {"PYM_SECRETS_DIR": str(folder / "none"), "DB_PASSWORD": "one", "STRIPE": "two"}
    assert load(TEXT, environ=environ).stripe == "two"


def test_a_file_without_usable_content_is_an_error_although_the_variable_is_set(load: Load, folder: Path) -> None:
    (folder / "A").write_bytes(b"\n")
    (folder / "B").write_bytes(b"\xff\xfe-bytes")
    environ = {"PYM_SECRETS_DIR": str(folder), "A": "a", "B": "b", "C": "\udcff-bytes", "D": "d"}
    (folder / "D").mkdir()
    text = "name: shop\nenv_secrets: [A, B, C, D]\na: A\nb: B\nc: C\nd: D\ntill_secret: long enough"
    assert problems(load, text, environ=environ) == [
        "pym-config.yaml:3: a needs the file A of PYM_SECRETS_DIR, which is empty: write the secret into it",
        "pym-config.yaml:4: b needs the file B of PYM_SECRETS_DIR, which is no UTF-8 text: "
        "write the secret into it again",
        "pym-config.yaml:5: c needs the environment variable C, which is no UTF-8 text: export C='...'",
        "pym-config.yaml:6: d needs the file D of PYM_SECRETS_DIR, which cannot be read (Is a directory): "
        "make it a readable file",
    ]


def test_a_name_that_could_lead_out_of_the_folder_is_refused_without_showing_it(load: Load, folder: Path) -> None:
    text = "name: shop\nenv_secrets:\n  - ../etc/passwd\n  - sk-live-123\n  - ''\n  - 7\nkey: ../etc/passwd\n"
    refused = (
        "should be the name of an environment variable (letters, digits and '_'), not a path and not the secret itself"
    )
    assert problems(load, text + "till_secret: long enough", environ={"PYM_SECRETS_DIR": str(folder)}) == [
        f"pym-config.yaml:3: env_secrets[0] {refused}",
        f"pym-config.yaml:4: env_secrets[1] {refused}",
        f"pym-config.yaml:5: env_secrets[2] {refused}",
        "pym-config.yaml:6: env_secrets[3] should be text, not 7",
    ]


def test_a_replaced_value_is_checked_and_never_shown(load: Load) -> None:
    text = "name: shop\nenv_secrets: [S, P]\ntill_secret: S\ntill_port: P\n"
    assert problems(load, text, environ={"S": "short", "P": "8080"}) == [
        "pym-config.yaml:3: till_secret should be text of at least 8 characters, "
        "not the text in the environment variable S",
        "pym-config.yaml:4: till_port should be an integer, not the text in the environment variable P",
    ]


def test_without_secrets_a_key_that_needs_one_cannot_be_read(load: Load) -> None:
    text = "name: shop\nenv_secrets: [S]\ntill_secret: S\nbank: {desk: [S]}\nhost: S\n"
    config = load(text, TILL, environ={"S": "the secret"}, secrets="ignored")
    told = "is the content of the environment variable S, which this command does not read"
    for key, sentence in [
        ("till_secret", f"pym-config.yaml:3: till_secret {told}"),
        ("bank", f"pym-config.yaml:4: bank.desk[0] {told}"),
        ("host", f"pym-config.yaml:5: host {told}"),
    ]:
        with pytest.raises(ConfigError) as caught:
            getattr(config, key)
        assert str(caught.value) == sentence
        with pytest.raises(ConfigError):
            config.get(key, "default")
    with pytest.raises(ConfigError, match=told):
        _ = config.section(TillSettings).till_secret
    shown = config.show()
    assert (shown["till_secret"], shown["bank"], shown["host"]) == ("***", {"desk": ["***"]}, "***")
    assert (config.name, config.till_port, config.section(CoreConfig).name) == ("shop", 1, "shop")
    assert "the secret" not in repr(config)


def test_a_withheld_key_can_be_set_and_then_read(load: Load) -> None:
    config = load("name: shop\nenv_secrets: [S]\ntill_secret: S\nhost: S\nbank: S\n", TILL, secrets="ignored")
    config.till_secret, config.bank = "set at run time", "own"
    assert (config.till_secret, config.section(TillSettings).till_secret) == ("set at run time", "set at run time")
    assert config.bank == "own"
    with pytest.raises(ConfigError):
        _ = config.host


def test_a_deploy_has_the_secrets_of_the_process_and_is_refused_without_one(
    load: Load, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = Environment("shop", "live", folder, load("name: shop\nenv_secrets: [STRIPE, UNUSED]\n"))
    monkeypatch.setenv("PYM_SECRETS_DIR", str(folder))
    (folder / "STRIPE").write_text("of a file\n")
    monkeypatch.setenv("UNUSED", "of a variable")
    assert environment.secrets() == {"STRIPE": "of a file", "UNUSED": "of a variable"}
    monkeypatch.delenv("UNUSED")
    with pytest.raises(DeployError, match=r"^shop-live needs the environment variable UNUSED, "):
        environment.secrets()
