"""Sending a report by e-mail."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import TYPE_CHECKING

from pymacaron.report.callback import message

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.report.records import Report

__all__ = ["send"]

TIMEOUT = 10.0
LONGEST_SUBJECT = 200


def send(config: Config, report: Report) -> None:
    """Send a report as the settings say; raises OSError or SMTPException where the mail server does not take it."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(f"[{config.name}] {report.title}".split())[:LONGEST_SUBJECT]
    mail["From"] = config.report_email_from
    mail["To"] = ", ".join(config.report_email_to)
    mail.set_content(message(report))
    with _connected(config) as server:
        if config.get("report_smtp_user"):
            server.login(config.report_smtp_user, config.get("report_smtp_password", ""))
        server.send_message(mail)


def _connected(config: Config) -> smtplib.SMTP:
    host, port, security = config.report_smtp_host, config.report_smtp_port, config.report_smtp_security
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    try:
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
    except BaseException:
        server.close()
        raise
    return server
