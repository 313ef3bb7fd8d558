"""Which pym-config file is read, and what is said where none can be."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from pymacaron.config import find_config_file, load_config, read_config_file
from pymacaron.exceptions import ConfigError


@pytest.fixture
def files(folder: Path) -> Path:
    for name in ("pym-config.yaml", "pym-config.live.yaml", "pym-config.shop-test.yaml"):
        (folder / name).write_text("name: shop\n")
    return folder


@pytest.mark.parametrize(
    ("env", "label", "name"),
    [
        (None, None, "pym-config.yaml"),
        (None, "", "pym-config.yaml"),
        ("live", None, "pym-config.live.yaml"),
        ("live", "shop-test", "pym-config.live.yaml"),
        (None, "live", "pym-config.live.yaml"),
        (None, "shop-live", "pym-config.live.yaml"),
        (None, "eu-shop-live", "pym-config.live.yaml"),
        (None, "eu--live-", "pym-config.yaml"),
        (None, "eu-shop-test", "pym-config.shop-test.yaml"),
        (None, "test", "pym-config.yaml"),
    ],
)
def test_env_wins_over_pym_env_which_falls_back_to_its_suffixes_and_to_the_plain_file(
    files: Path, env: str | None, label: str | None, name: str
) -> None:
    environ = {} if label is None else {"PYM_ENV": label}
    assert find_config_file(files, env, environ) == files / name


def test_a_label_without_a_file_is_said_in_the_log(files: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for environ in ({"PYM_ENV": "shop-dev"}, {"PYM_ENV": "shop-live"}, {}):
        load_config(read_config_file(files, None, environ), [], environ)
    load_config(read_config_file(files, "live", {}), [], {"PYM_ENV": "shop-dev"})
    assert caplog.messages == [
        "PYM_ENV is 'shop-dev' and there is no pym-config.shop-dev.yaml or pym-config.dev.yaml: reading pym-config.yaml"
    ]


def test_a_file_that_was_named_and_is_missing_is_an_error_even_where_pym_env_has_one(files: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config_file(Path(), "prod", {"PYM_ENV": "live"})
    assert str(caught.value) == (
        "pym-config.prod.yaml is missing: "
        "the folder has pym-config.live.yaml, pym-config.shop-test.yaml, pym-config.yaml"
    )


def test_a_folder_without_any_file_tells_how_to_begin(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config_file(folder)
    assert str(caught.value) == (
        "pym-config.yaml is missing: create it with a first line such as 'name: shop', "
        "or name the folder of a service with --root"
    )


def test_a_folder_that_does_not_exist_is_said(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config_file(Path("nowhere"), None, {})
    assert str(caught.value) == "nowhere/pym-config.yaml is missing: there is no such folder"


def test_a_file_of_another_suffix_is_listed(folder: Path) -> None:
    (folder / "pym-config.yml").write_text("name: shop\n")
    with pytest.raises(ConfigError) as caught:
        find_config_file(folder, None, {})
    assert str(caught.value) == "pym-config.yaml is missing: the folder has pym-config.yml"


@pytest.mark.parametrize("name", ["../live", "a/b", "a\\b", "", ".live", "li ve", "live\n", "-x"])
def test_a_name_that_is_not_plain_is_refused(files: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config_file(files, name, {})
    assert str(caught.value) == (
        f"--env should be a plain name such as 'live' (letters, digits, '_', '-', '.'), not {name!r}"
    )


def test_a_label_with_a_path_in_it_is_refused(files: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config_file(files, None, {"PYM_ENV": "shop-../../etc"})
    assert str(caught.value) == (
        "PYM_ENV should be a plain name such as 'live' (letters, digits, '_', '-', '.'), not 'shop-../../etc'"
    )


def test_a_file_is_read_with_nothing_replaced(files: Path) -> None:
    (files / "pym-config.live.yaml").write_text("name: shop\nenv_secrets: [KEY]\nstripe:\n  key: KEY\n")
    file = read_config_file(files, "live", {"KEY": "hidden"})
    assert (file.path, file.root, file.env) == (files / "pym-config.live.yaml", files, "live")
    assert file.data == {"name": "shop", "env_secrets": ["KEY"], "stripe": {"key": "KEY"}}
    assert file.place("stripe", "key") == "pym-config.live.yaml:4"
    assert repr(file) == "<ConfigFile pym-config.live.yaml>"


@pytest.mark.parametrize("text", ["- name\n", "just text\n", "7\n"])
def test_a_file_that_holds_no_mapping_is_refused(folder: Path, text: str) -> None:
    (folder / "pym-config.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config_file(folder, None, {})
    assert str(caught.value) == (
        "pym-config.yaml:1: should hold settings, one 'key: value' on each line, such as 'name: shop'"
    )


def test_what_yaml_itself_does_not_allow_is_an_error_of_the_configuration(folder: Path) -> None:
    (folder / "pym-config.yaml").write_text("name: shop\nport: 80\nname: pets\nport: 81\n")
    with pytest.raises(ConfigError) as caught:
        read_config_file(folder, None, {})
    assert [problem.split(" stands ")[0] for problem in caught.value.problems] == [
        "pym-config.yaml:3: the key 'name'",
        "pym-config.yaml:4: the key 'port'",
    ]


def test_reading_the_file_imports_nothing_heavy(files: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom pymacaron.config import read_config_file, load_config\n"
        "from pymacaron.config.plugin import pym_config_sections\nread_config_file(Path())\npym_config_sections()\n"
        "print({'pydantic', 'flask', 'jsonschema_rs'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=files, check=True)
    assert done.stdout == "set()\n"
