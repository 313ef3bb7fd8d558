"""Normalized archives: the same files give the same bytes, whoever packs them, when and where."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from pymacaron_docker.image.tree import File

__all__ = ["MOMENT", "pack", "pack_texts"]

MOMENT = 315532800
"""The time of every file, 1980-01-01: the earliest that zip files know."""


def pack(files: Iterable[File], folder: str) -> bytes:
    """Return a tar of files below a folder of the image, owned by root: 0755 for what can be run, else 0644."""
    members = []
    for file in files:
        name = str(PurePosixPath(folder) / file.path)
        if file.link is not None:
            members.append((_member(name, tarfile.SYMTYPE, 0o777, linkname=file.link), b""))
        else:
            mode = 0o755 if os.access(file.source, os.X_OK) else 0o644
            members.append((_member(name, tarfile.REGTYPE, mode), file.source.read_bytes()))
    return _packed(members)


def pack_texts(texts: dict[str, bytes]) -> bytes:
    """Return a tar of contents by their names."""
    return _packed([(_member(name, tarfile.REGTYPE, 0o644), content) for name, content in texts.items()])


def _packed(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted({folder for member, _ in members for folder in _folders(member.name)}):
            archive.addfile(_member(name, tarfile.DIRTYPE, 0o755))
        for member, content in sorted(members, key=lambda each: each[0].name):
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _folders(name: str) -> Iterator[str]:
    yield from (str(folder) for folder in PurePosixPath(name).parents if folder.name)


def _member(name: str, kind: bytes, mode: int, *, linkname: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime, member.linkname = kind, mode, MOMENT, linkname
    member.uname = member.gname = "root"
    return member
