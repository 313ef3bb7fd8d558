"""`pym token`, which makes and judges tokens, and `pym audit`, which asks who may call what."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pymacaron.cli.context import Context
from pymacaron.cli.output import print_json, print_table

if TYPE_CHECKING:
    from pymacaron_auth.audit import Finding

__all__ = ["audit", "token"]


@click.group()
def token() -> None:
    """Make, read, verify and revoke tokens of the service."""


@token.command()
@click.option("--user-id", help="Who the token is for; default_user_id where none is given.")
@click.option("--expire-in", type=click.IntRange(min=1), help="Seconds that it is valid.")
@click.option("--data", default="{}", help="Further claims, as a JSON object.")
@click.option("--issuer", help="Another issuer than jwt_issuer.")
@click.pass_obj
def generate(context: Context, user_id: str | None, expire_in: int | None, data: str, issuer: str | None) -> None:
    """Print a new token."""
    from pymacaron_auth.tokens import generate_token

    claims = _json_object(data)
    with context.service(secrets="required"):
        try:
            click.echo(generate_token(user_id, expire_in=expire_in, data=claims, issuer=issuer))
        except ValueError as error:
            raise click.UsageError(str(error)) from None


@token.command()
@click.argument("text", metavar="[TOKEN]", required=False)
def decode(text: str | None) -> None:
    """Print what a TOKEN says, without verifying it.

    The token is read from standard input where none is given.
    """
    from pymacaron_auth.jws import unverified

    header, claims = unverified(_given(text))
    print_json({"header": header, "claims": claims})


@token.command()
@click.argument("text", metavar="[TOKEN]", required=False)
@click.pass_obj
def verify(context: Context, text: str | None) -> None:
    """Print the claims of a TOKEN that the service trusts; exit with 1 for any other.

    The token is read from standard input where none is given.
    """
    from pymacaron_auth.authority import authority_of
    from pymacaron_auth.claims import thawed
    from pymacaron_auth.keysets import PublishedKeys

    service = context.service(secrets="required")
    with service:
        authority = authority_of(service.config)
        if isinstance(authority.keys, PublishedKeys):
            authority.keys.refresh()
        print_json(thawed(authority.verify(_given(text)).claims))


@token.command()
@click.argument("text", metavar="[TOKEN]", required=False)
@click.option("--user-id", help="Revoke all tokens of this user instead.")
@click.pass_obj
def revoke(context: Context, text: str | None, user_id: str | None) -> None:
    """Revoke a TOKEN, or all that a user has; needs jwt_revocation: redis, or a store of your own.

    The token is read from standard input where none is given.
    """
    from pymacaron_auth.tokens import revoke_token, revoke_user

    service = context.service(secrets="required")
    if service.config.get("jwt_revocation") == "memory":
        raise click.UsageError("jwt_revocation is memory, which only the process of the service has: set it to redis")
    with service:
        revoke_user(user_id) if user_id else revoke_token(_given(text))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.option("--check", is_flag=True, help="Exit with 1 where anything is found.")
@click.pass_obj
def audit(context: Context, as_json: bool, check: bool) -> None:
    """List operations that anybody may call, and those that take an id from any caller.

    The second kind wants a scope, or a rule that the document names as x-pym-policy. Handlers are imported where they
    can be, to see whether they want a caller by themselves.
    """
    from pymacaron_auth.audit import findings

    service = context.service()
    pools = service.load_apis(service.config.apis)
    operations = (operation for pool in pools for operation in pool.document.operations)
    bound = [operation for operation in operations if not operation.binding.skipped]
    with service:
        found = [finding for operation in bound for finding in findings(service, operation)]
    if as_json:
        print_json([vars(finding) for finding in found])
    elif found:
        print_table([_row(finding) for finding in found])
    if check and found:
        raise click.exceptions.Exit(1)


def _row(finding: Finding) -> list[str]:
    return [finding.method, finding.path, finding.kind, finding.place, finding.reason]


def _given(text: str | None) -> str:
    found = (sys.stdin.read() if text is None else text).strip()
    return found[len("Bearer ") :].strip() if found.lower().startswith("bearer ") else found


def _json_object(text: str) -> dict[str, Any]:
    from pymacaron_auth.errors import AuthInvalidTokenError
    from pymacaron_auth.jws import json_object

    try:
        return json_object(text.encode())
    except (AuthInvalidTokenError, UnicodeEncodeError):
        example = '\'{"role": "admin"}\''
        told = f"it should be a JSON object of finite numbers, without a name twice, such as {example}"
        raise click.BadParameter(told, param_hint="--data") from None
