"""Every hook of PyMacaron, in firing order.

A plugin implements a hook by a function of the same name, marked with `pymacaron.hookimpl`, with any of its parameters.
What hooks return never depends on the order in which plugins were registered: records are sorted by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookspec

if TYPE_CHECKING:
    import click
    from flask import Flask

    from pymacaron.config import Config
    from pymacaron.deploy import (
        AcceptanceRunner,
        DeployOutcome,
        DeployTarget,
        Emulator,
        ImageBuilder,
        ImageContext,
        ImageStep,
        Release,
    )
    from pymacaron.plugins.records import (
        ApiDocument,
        BackgroundProcess,
        Check,
        ConfigSection,
        SecurityScheme,
        TokenIssuer,
    )
    from pymacaron.report.records import FinishedCall, FinishedTask, Report
    from pymacaron.service import Service
    from pymacaron.store.contract import ModelStore

__all__ = [
    "pym_acceptance_runners",
    "pym_after_deploy",
    "pym_apis",
    "pym_app_created",
    "pym_background_processes",
    "pym_before_deploy",
    "pym_checks",
    "pym_commands",
    "pym_config_sections",
    "pym_deploy_targets",
    "pym_emulators",
    "pym_error_report",
    "pym_hook_specs",
    "pym_image_builders",
    "pym_image_steps",
    "pym_model_stores",
    "pym_operation_finished",
    "pym_security_schemes",
    "pym_task_finished",
    "pym_token_issuers",
]


@hookspec
def pym_hook_specs() -> Iterable[ModuleType]:  # type: ignore[empty-body]
    """Add hooks of your own, for other plugins to implement.

    Fires once for each plugin as it is registered, before any other hook of any plugin.

    Returns modules whose functions are marked with `hookspec`; everybody calls them through `service.hooks`.

    Example::

        import shop.hooks

        @hookimpl
        def pym_hook_specs():
            return [shop.hooks]
    """


@hookspec
def pym_config_sections() -> Iterable[ConfigSection]:  # type: ignore[empty-body]
    """Declare keys of pym-config.yaml.

    Fires when pym-config.yaml is read; nothing but the list of plugins is known yet.

    Returns records that name pydantic models; their fields become flat keys that `get_config()` reads as attributes.
    Two plugins with one key are refused.

    Example::

        @hookimpl
        def pym_config_sections():
            return [ConfigSection("shop", "shop.settings:ShopSettings")]
    """


@hookspec
def pym_commands() -> Iterable[click.Command]:  # type: ignore[empty-body]
    """Add commands to `pym`.

    Fires when `pym` looks for a command that is not its own, or lists all; the configuration may be missing or broken.

    Returns click commands and groups. Two of one name are refused. Import what is heavy inside the command's function.

    Example::

        @hookimpl
        def pym_commands():
            return [restock]
    """


@hookspec
def pym_checks(service: Service) -> Iterable[Check]:  # type: ignore[empty-body]
    """Add lines to `pym doctor`.

    Fires in `pym doctor`, with the configuration read and no Flask app made.

    `service` is the service of the folder.

    Returns checks, run in the order of their names; one that raises counts as failed.

    Example::

        @hookimpl
        def pym_checks(service):
            return [Check("stock file", lambda: None if STOCK.exists() else f"{STOCK} is missing: run 'pym restock'")]
    """


@hookspec
def pym_apis(config: Config) -> Iterable[ApiDocument]:  # type: ignore[empty-body]
    """Bring OpenAPI documents with their handlers.

    Fires when a service is bound to its Flask app, after the service's own documents were read.

    `config` is the configuration, complete.

    Returns documents, each served like one of the service's own; two of one name are refused.

    Example::

        @hookimpl
        def pym_apis(config):
            return [ApiDocument("stock", Path(__file__).with_name("stock.yaml"))]
    """


@hookspec
def pym_security_schemes(config: Config) -> Iterable[SecurityScheme]:  # type: ignore[empty-body]
    """Verify who calls.

    Fires when a service is bound to its Flask app and one of its operations requires a security scheme.

    `config` is the configuration, complete.

    Returns records, one for each kind of scheme; two of one kind are refused, but a service's own plugin goes before a
    distribution. An operation whose scheme nobody verifies stops the start.

    Example::

        @hookimpl
        def pym_security_schemes(config):
            return [SecurityScheme("apiKey", bind_key)]


        def bind_key(definition, scopes):
            header = f"HTTP_{definition.parameter.upper().replace('-', '_')}"

            def authenticate(incoming):
                for key in incoming.header(header):
                    if key not in KEYS:
                        raise AuthenticationError("this key is not known: ask the shop for one")
                    return Identity(KEYS[key], definition.name)
                return None

            return Authenticator(authenticate, lambda: AuthenticationError(f"send a key as {definition.parameter}"))
    """


@hookspec
def pym_token_issuers(config: Config) -> Iterable[TokenIssuer]:  # type: ignore[empty-body]
    """Make tokens for calls to the service.

    Fires when a command or a client wants a token.

    `config` is the configuration, complete.

    Returns records; two of one name are refused.

    Example::

        @hookimpl
        def pym_token_issuers(config):
            return [TokenIssuer("shop", lambda user_id: KEYS_BY_USER[user_id or "guest"])]
    """


@hookspec
def pym_app_created(app: Flask, service: Service) -> None:
    """Touch the Flask app before it serves.

    Fires once for each service, when every route is bound and nothing is served yet.

    `app` is the Flask app and `service` the service that it serves.

    Returns nothing.

    Example::

        @hookimpl
        def pym_app_created(app, service):
            app.after_request(add_shop_header)
    """


@hookspec
def pym_operation_finished(call: FinishedCall) -> None:
    """Look at a finished call.

    Fires for each request, also one that nothing serves, once its whole reply was handed to the server, in the thread
    of the request and with the service as the current one. A service in which nobody implements this hook pays nothing
    for it.

    `call` tells what was asked, how it was answered and how long that took.

    Returns nothing. What it raises is logged, and the reply has left by then.

    Example::

        @hookimpl
        def pym_operation_finished(call):
            SECONDS[call.route] += call.duration
    """


@hookspec
def pym_error_report(report: Report) -> None:
    """Pass on a report of a crash, of a slow call, or of what a function wants to be known.

    Fires soon after it happened, in a thread of the plugin's own and with the service as the current one. Reports of
    one kind that come within `report_fold_seconds` fire twice: the first, and one that counts the others.

    `report` holds plain data with every known secret masked.

    Returns nothing. What it raises is logged; one that takes longer than 30 s gets no more reports until it returns.

    Example::

        @hookimpl
        def pym_error_report(report):
            if report.is_fatal:
                wake_up_somebody(report.title, report.data["error_id"])
    """


@hookspec
def pym_background_processes(config: Config) -> Iterable[BackgroundProcess]:  # type: ignore[empty-body]
    """Bring processes that run beside the server, such as workers.

    Fires once in the process that starts a server: `python server.py`, `pym run` or `pym serve`, right before it
    listens; again after each change where `pym run` starts anew. A deploy asks too, and runs each process in a
    container of its own: where PYM_ROLE is set, a server starts none.

    `config` is the configuration, complete.

    Returns records; two of one name are refused. Each process is started again where it ends by itself, and gets a
    TERM when the server ends; one that is left 5 s after `graceful_timeout` is killed. Its standard input stays open as
    long as the server lives, and PYM_BESIDE is set for it.

    Example::

        @hookimpl
        def pym_background_processes(config):
            return [BackgroundProcess("feed", ("-m", "shop.feed"))]
    """


@hookspec
def pym_task_finished(task: FinishedTask) -> None:
    """Look at a background task that was run once.

    Fires in the process that ran the task, after each attempt, with the service as the current one. A task whose
    process died fires where that was noticed.

    `task` tells what was run, how it ended and how long that took.

    Returns nothing. What it raises is logged.

    Example::

        @hookimpl
        def pym_task_finished(task):
            if task.state == "failed":
                FAILED[task.name] += 1
    """


@hookspec
def pym_model_stores(config: Config) -> Iterable[ModelStore]:  # type: ignore[empty-body]
    """Keep models.

    Fires once in each process of a service, when the first model is saved or looked for.

    `config` is the configuration, complete.

    Returns stores, of which the setting `model_store` chooses one; two of one name are refused.

    Example::

        @hookimpl
        def pym_model_stores(config):
            return [ModelStore("memory", lambda service: MemoryStore())]
    """


@hookspec
def pym_image_steps(image: ImageContext) -> Iterable[ImageStep]:  # type: ignore[empty-body]
    """Add lines to the Dockerfile of a service.

    Fires when an image is to be built, or its Dockerfile shown.

    `image` is the folder of the service, its configuration and its version.

    Returns steps, put in order by their phases and names; two of one name are refused. No secret belongs into one.

    Example::

        @hookimpl
        def pym_image_steps(image):
            return [ImageStep("fonts", "system", ("RUN apt-get update && apt-get install -y fonts-dejavu",))]
    """


@hookspec
def pym_image_builders() -> Iterable[ImageBuilder]:  # type: ignore[empty-body]
    """Build, run and push images.

    Fires when a command needs an image.

    Returns builders, of which the setting `image_builder` chooses one; two of one name are refused.

    Example::

        @hookimpl
        def pym_image_builders():
            return [ImageBuilder("kaniko", KanikoBuilding)]
    """


@hookspec
def pym_acceptance_runners() -> Iterable[AcceptanceRunner]:  # type: ignore[empty-body]
    """Test a service that runs at a URL.

    Fires in a deploy, for the image, for the staged release and for the live one.

    Returns runners; all of them must pass. Each request to the URL carries what `acceptance.headers()` gives at that
    moment, which no test, log or report shows.

    Example::

        @hookimpl
        def pym_acceptance_runners():
            return [AcceptanceRunner("smoke", lambda acceptance: smoke(acceptance.url))]
    """


@hookspec
def pym_deploy_targets() -> Iterable[DeployTarget]:  # type: ignore[empty-body]
    """Bring a kind of place that releases are deployed to.

    Fires when a command needs the target of the service.

    Returns targets, of which the setting `deploy_target` chooses one; two of one name are refused. An open target whose
    URLs do not answer everybody is a `Guarded` one: its `headers(url)` gives what the requests of a deploy carry.

    Example::

        @hookimpl
        def pym_deploy_targets():
            return [DeployTarget("nomad", NomadTarget)]
    """


@hookspec
def pym_emulators() -> Iterable[Emulator]:  # type: ignore[empty-body]
    """Emulate the cloud of a deploy target on this machine.

    Fires in `pym emulate` and `pym deploy --rehearse`.

    Returns emulators, of which the name of a target chooses one; two of one name are refused.

    Example::

        @hookimpl
        def pym_emulators():
            return [Emulator("nomad", emulated_nomad)]
    """


@hookspec
def pym_before_deploy(release: Release) -> None:
    """Know of a release before anything is changed where it goes.

    Fires once its image was built, accepted and pushed, with the lock taken.

    `release` is the release with its image.

    Returns nothing. What it raises stops the deploy.

    Example::

        @hookimpl
        def pym_before_deploy(release):
            if FROZEN.exists():
                raise DeployError(f"{release.environment} is frozen: remove {FROZEN} to deploy {release.version}")
    """


@hookspec
def pym_after_deploy(release: Release, outcome: DeployOutcome) -> None:
    """Know how a deploy ended.

    Fires once for each deploy that `pym_before_deploy` was told of, whether it is live, rolled back or failed.

    `release` is the release, and `outcome` tells what is live and, where it failed, at which step and why.

    Returns nothing. What it raises is shown, and changes nothing.

    Example::

        @hookimpl
        def pym_after_deploy(release, outcome):
            tell_the_team(f"{release.version}: {outcome.status}")
    """
