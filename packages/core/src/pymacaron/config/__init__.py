"""The configuration of a service: pym-config.yaml, its sections and its secrets.

Importing this package imports no pydantic, so that `pym --help` is quick. A plugin declares its section with
`pymacaron.config.settings`: `Settings` and `setting`.
"""

from pymacaron.config.config import Config, get_config, holds_secrets
from pymacaron.config.files import ConfigFile, find_config_file, plugin_settings, read_config_file
from pymacaron.config.load import load_config
from pymacaron.config.redaction import RedactingFilter

__all__ = [
    "Config",
    "ConfigFile",
    "RedactingFilter",
    "find_config_file",
    "get_config",
    "holds_secrets",
    "load_config",
    "plugin_settings",
    "read_config_file",
]
