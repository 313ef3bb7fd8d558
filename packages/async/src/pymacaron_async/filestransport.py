"""The embedded broker for development: kombu's messages in files, which wait until they are due.

Several processes share it without a server. A process that is killed loses what it was running.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from queue import Empty
from typing import Any, ClassVar

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

from pymacaron_async.redistransport import DUE

__all__ = ["Transport"]


class Channel(filesystem.Channel):  # type: ignore[misc]
    """A channel whose messages are files named by the time at which they are due."""

    def _put(self, queue: str, message: dict[str, Any], **options: Any) -> None:
        due = message.get("headers", {}).pop(DUE, None) or time.time()
        folder = Path(self.data_folder_out)
        name = f"{int(due * 1e6):020d}_{message['properties']['delivery_tag']}.{queue}.msg"
        draft = folder / f".{name}"
        draft.write_text(dumps(message), encoding="utf-8")
        draft.rename(folder / name)

    def _get(self, queue: str) -> dict[str, Any]:
        now = f"{int(time.time() * 1e6):020d}"
        for name in sorted(path.name for path in Path(self.data_folder_in).iterdir()):
            if name.startswith(".") or name.partition(".")[2] != f"{queue}.msg":
                continue
            if name[:20] > now:
                break
            path = Path(self.data_folder_in, name)
            mine = path.with_name(f".{name}.{os.getpid()}")
            try:
                path.rename(mine)
                text = mine.read_text(encoding="utf-8")
                mine.unlink()
            except FileNotFoundError:  # another process was faster
                continue
            found: dict[str, Any] = loads(text)
            return found
        raise Empty


class Transport(filesystem.Transport):  # type: ignore[misc]
    """The transport behind pymfiles://."""

    Channel: ClassVar[type] = Channel
    polling_interval = 0.1

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Look for messages, and never so long that a worker which stops would be held up."""
        super().drain_events(connection, timeout=self.polling_interval)
