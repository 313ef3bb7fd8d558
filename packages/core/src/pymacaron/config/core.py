"""Core's own settings, declared like those of any plugin."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pymacaron.config.settings import Settings, setting

__all__ = ["CoreConfig", "PluginSettings"]

DottedFunction = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
        json_schema_extra={"expected": "a function with its module, such as 'shop.stock.warm_up'"},
    ),
]
DottedModule = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$",
        json_schema_extra={"expected": "a module, such as 'shop.plugins'"},
    ),
]


class PluginSettings(Settings):
    """The key `plugins`: which plugins a service needs, does not want, and brings itself."""

    require: list[str] = setting([], description="Plugins without which the service does not start.", example=["auth"])
    disable: list[str] = setting([], description="Plugins that are installed and not wanted.", example=["gcp"])
    local: list[DottedModule] = setting(
        [], description="Modules of the service itself that implement hooks.", example=["shop.plugins"]
    )


class CoreConfig(Settings):
    """The keys that every service may set, whatever its plugins."""

    name: str = setting(
        description="A short name of the service, also of its images and its places in a cloud.",
        example="shop",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        expected="a plain name such as 'shop' (letters, digits, '-', '_' and '.')",
    )
    live_host: str | None = setting(
        None, description="URL of the live service.", example="https://shop.example.com", min_length=1
    )
    env_secrets: list[str] = setting(
        [],
        description="Names of environment variables: a value in the file that equals one is replaced by its content.",
        example=["SHOP_DB_PASSWORD"],
    )
    plugins: PluginSettings = setting(
        PluginSettings(), description="Which plugins the service uses.", example={"require": ["auth"]}
    )
    apis: str = setting(
        "apis", description="Folder of the OpenAPI documents, within that of the service.", example="apis", min_length=1
    )
    ignore_base_path: bool = setting(
        False,
        description="Serve at the root and not below the path of `basePath` or `servers`, as PyMacaron 2 did.",
        example=True,
    )
    validate_responses: Literal["off", "report", "strict", "deep"] = setting(
        "strict",
        description="How responses are judged by the document: `off`; `report` logs what is wrong and sends it; "
        "`strict` refuses it; `deep` does so for instances of models too, which `strict` trusts.",
        example="deep",
    )
    strict_properties: bool = setting(
        False, description="Refuse properties that a document neither declares nor forbids.", example=True
    )
    schema_folders: dict[str, str] = setting(
        {},
        description="Folders, within that of the service, that hold copies of the schemas below prefixes of URLs: "
        "references to such URLs are read there, and nothing is ever fetched.",
        example={"https://schemas.example.com/": "schemas"},
    )
    cors: bool | str | list[str] | dict[str, Any] | None = setting(
        None,
        description="Who may call from a browser on another origin: true for all, an origin, a list of origins, "
        "or a mapping of options of flask-cors.",
        example=["https://shop.example.com"],
        expected="true, false, an origin, a list of origins or a mapping of options of flask-cors",
    )
    publish_apis: str | None = setting(
        None,
        description="Path under which the documents are published, with a page for each: see "
        "docs/how-to/publish-documentation.md.",
        example="doc",
        min_length=1,
    )
    host: str | None = setting(
        None, description="Address that the server listens on.", example="127.0.0.1", min_length=1
    )
    port: int | None = setting(None, description="Port that the server listens on.", example=8080, ge=1, le=65535)
    server: Literal["gunicorn", "granian"] = setting(
        "gunicorn",
        description="What `pym serve` serves with; granian is faster, see docs/how-to/serve.md.",
        example="granian",
    )
    access_log: bool = setting(
        False, description="Whether a line is logged for each request; `pym run` always does.", example=True
    )
    request_id: bool = setting(
        False,
        description="Whether each reply carries an X-Request-ID, the caller's or a new one; `access_log`, `metrics` "
        "and `log_format: json` bring it too.",
        example=True,
    )
    metrics: bool = setting(
        False, description="Whether /metrics tells Prometheus of every call; it is open to all.", example=True
    )
    error_format: Literal["json", "problem"] = setting(
        "json",
        description="How errors are written: `json`; or `problem`, which is RFC 9457. A caller's Accept may choose.",
        example="problem",
    )
    unhandled_error_code: str = setting(
        "UNHANDLED_SERVER_ERROR",
        description="The `error` of a reply where a handler raised anything but a PyMacaronException.",
        example="SERVER_ERROR",
        min_length=1,
    )
    graceful_timeout: int = setting(
        30, description="Seconds that requests have to end when the server stops.", example=10, ge=1
    )
    startup: list[DottedFunction] = setting(
        [], description="Functions called in order before the service answers.", example=["shop.stock.warm_up"]
    )
    shutdown: list[DottedFunction] = setting(
        [], description="Functions called in order when the server stops.", example=["shop.stock.close"]
    )
    log_level: Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] = setting(
        "INFO", description="The least serious messages that are logged.", example="DEBUG"
    )
    log_format: Literal["plain", "json"] = setting(
        "plain", description="How log lines are written where `pym` or server.py starts the process.", example="json"
    )
