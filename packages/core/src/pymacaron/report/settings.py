"""The settings of reports."""

from __future__ import annotations

from typing import Literal

from pymacaron.config.settings import Settings, setting

__all__ = ["ReportSettings"]

WEBHOOK = r"^(https://|http://(127\.0\.0\.1|localhost)[:/])\S+$"
ADDRESS = r"^[^@\s]+@[^@\s]+$"


class ReportSettings(Settings):
    """The keys that say what is reported and to whom."""

    report_call_exceeding_ms: int = setting(
        1000, description="Milliseconds of a call above which it is reported as slow.", example=5000, ge=1
    )
    report_fold_seconds: int = setting(
        60, description="Seconds for which reports like one that was sent are counted instead of sent.", ge=1, le=86400
    )
    report_body: bool = setting(
        False, description="Whether reports of errors hold the request's body, where that is JSON.", example=True
    )
    report_log: bool = setting(True, description="Whether reports are written into the log.", example=False)
    report_slack_webhook: str | None = setting(
        None,
        description="URL of a Slack webhook that gets the reports.",
        example="SLACK_WEBHOOK",
        secret=True,
        pattern=WEBHOOK,
        expected="an https:// URL",
    )
    report_email_to: list[str] = setting(
        [], description="Addresses that get the reports by e-mail.", example=["ops@example.com"]
    )
    report_email_from: str = setting(
        "pymacaron@localhost",
        description="Sender of these e-mails.",
        example="shop@example.com",
        pattern=ADDRESS,
        expected="an e-mail address",
    )
    report_smtp_host: str = setting(
        "localhost", description="Mail server that takes the e-mails.", example="smtp.example.com", min_length=1
    )
    report_smtp_port: int = setting(587, description="Port of the mail server.", example=465, ge=1, le=65535)
    report_smtp_security: Literal["starttls", "tls", "none"] = setting(
        "starttls", description="How the connection to the mail server is kept private.", example="tls"
    )
    report_smtp_user: str | None = setting(None, description="User at the mail server.", example="shop")
    report_smtp_password: str | None = setting(
        None, description="Password at the mail server.", example="SMTP_PASSWORD", secret=True
    )
