"""The settings of the deploy pipeline."""

from __future__ import annotations

from pymacaron.config.settings import Settings, setting

__all__ = ["DeploySettings"]


class DeploySettings(Settings):
    """The keys that say where releases go, and how far a new one is trusted."""

    deploy_target: str = setting(
        "docker", description="The kind of place that releases are deployed to.", example="aws-beanstalk", min_length=1
    )
    release_command: list[str] = setting(
        [],
        description="A command run once in the new image before it is staged, such as a migration of a database. It "
        "runs again where a deploy is resumed from another checkout.",
        example=["python", "-m", "shop.migrate"],
    )
    keep_releases: int = setting(
        5, description="Releases that were live and are kept for `pym rollback`.", example=3, ge=1, le=100
    )
    bake_minutes: int = setting(
        0, description="Minutes for which a new release is watched before the deploy ends.", example=5, ge=0, le=1440
    )
    live_timeout: int | None = setting(
        None,
        description="Seconds within which the staged and the live URL answer the new release; 60 by default, and what "
        "the target needs where that is more, such as 300 for aws-beanstalk.",
        example=600,
        ge=1,
        le=3600,
    )
    lock_seconds: int = setting(
        60,
        description="Seconds after which the lock of a deploy that died counts no longer.",
        example=120,
        ge=2,
        le=3600,
    )
