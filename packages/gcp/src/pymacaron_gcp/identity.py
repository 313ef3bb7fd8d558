"""Identity tokens: who the caller is, signed by Google for one audience, as services that are closed to others want it.

Which credentials get one, and how, is documented by Google under "Get an ID token": a service account gets its own, by
its key, from the metadata server, or from IAM Credentials for who impersonates it. Users get none for an audience of
their choice, and neither do workloads without a service account.
"""

from __future__ import annotations

from typing import Any

__all__ = ["identity_credentials", "unsigned_identity"]

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - it is an address


def identity_credentials(credentials: Any, audience: str, scopes: tuple[str, ...]) -> Any:
    """Return the credentials of google-auth whose token is an identity token; None where there is no way to one.

    Nothing is asked for yet, but for the service account of a machine of Google Cloud. Raises GoogleAuthError.
    """
    import google.auth.external_account
    from google.auth import compute_engine, impersonated_credentials
    from google.auth.transport.requests import Request
    from google.oauth2 import service_account

    if isinstance(credentials, service_account.Credentials):
        # The library has no public name for where a key says that its tokens are given.
        place = getattr(credentials, "_token_uri", TOKEN_URI)
        return service_account.IDTokenCredentials(  # type: ignore[no-untyped-call]
            credentials.signer, credentials.service_account_email, place, audience
        )
    if isinstance(credentials, compute_engine.Credentials):
        return compute_engine.IDTokenCredentials(  # type: ignore[no-untyped-call]
            Request(), audience, use_metadata_identity_endpoint=True
        )
    if isinstance(credentials, google.auth.external_account.Credentials):
        credentials = _impersonating(credentials, scopes)
    if isinstance(credentials, impersonated_credentials.Credentials):
        return impersonated_credentials.IDTokenCredentials(  # type: ignore[no-untyped-call]
            credentials, audience, include_email=True
        )
    return None


def _impersonating(credentials: Any, scopes: tuple[str, ...]) -> Any:
    """Return federated credentials in the form that gives identity tokens, None where they have no service account.

    The workload itself asks for them, as it does for access tokens: the service account need not create its own.
    """
    from google.auth import impersonated_credentials

    account = credentials.service_account_email
    if not account:
        return None
    federated = {key: value for key, value in credentials.info.items() if "impersonation" not in key}
    workload = type(credentials).from_info(federated, scopes=scopes)
    return impersonated_credentials.Credentials(workload, account, scopes)  # type: ignore[no-untyped-call]


def unsigned_identity(email: str, token_uri: str, audience: str) -> Any:
    """Return credentials for identity tokens of an emulator, which gives them to who says who it is."""
    from google.auth import crypt
    from google.oauth2 import service_account

    class Unsigned(crypt.Signer):
        key_id = None

        def sign(self, message: bytes | str) -> bytes:
            return b""

    return service_account.IDTokenCredentials(  # type: ignore[no-untyped-call]
        Unsigned(), email, token_uri, audience
    )
