"""Small tar archives, which is how files get into containers and out of them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["File", "packed", "unpacked"]


@dataclass(frozen=True)
class File:
    """A file, or a folder where `content` is None; `modified` is in seconds since 1970."""

    name: str
    content: bytes | None
    modified: float = 0
    mode: int = 0o644
    owner: int = 0
    group: int = 0


def packed(files: Iterable[File]) -> bytes:
    """Return files as an archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for file in files:
            archive.addfile(_member(file), io.BytesIO(file.content or b""))
    return buffer.getvalue()


def _member(file: File) -> tarfile.TarInfo:
    member = tarfile.TarInfo(file.name)
    member.type = tarfile.DIRTYPE if file.content is None else tarfile.REGTYPE
    member.size = len(file.content or b"")
    member.mtime, member.mode, member.uid, member.gid = file.modified, file.mode, file.owner, file.group
    return member


def unpacked(archive: bytes) -> list[File]:
    """Return the regular files of an archive, each by the last part of its name."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        members = [(member, opened.extractfile(member)) for member in opened if member.isreg()]
        return [
            File(member.name.rpartition("/")[2], content.read(), float(member.mtime))
            for member, content in members
            if content
        ]
