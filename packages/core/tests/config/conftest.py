"""A folder of files, and the configuration that is loaded from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pymacaron.config import Config, load_config, read_config_file
from pymacaron.config.secrets import SecretsMode
from pymacaron.plugins.records import ConfigSection

CORE = ConfigSection("core", "pymacaron.config.core:CoreConfig")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Callable[..., Config]:
    """Write pym-config.yaml and load it, with core's section and those given."""

    def load(
        text: str,
        *sections: ConfigSection,
        environ: Mapping[str, str] | None = None,
        secrets: SecretsMode = "required",
    ) -> Config:
        Path("pym-config.yaml").write_text(text, encoding="utf-8")
        file = read_config_file(Path(), environ=environ or {})
        return load_config(file, [CORE, *sections], environ or {}, secrets=secrets)

    return load
