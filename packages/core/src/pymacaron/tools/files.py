"""Files that are written whole or not at all, and never over what a person wrote."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from pymacaron.exceptions import StartError
from pymacaron.models.syntax import module_text
from pymacaron.text import shown

__all__ = ["generated_text", "is_current", "is_unchanged", "stale_or_refused", "write_all"]

_HEADER = re.compile(r"# Written by `pym generate` \(([0-9a-f]{64})\): do not edit\.\n")
_FOR_OTHERS = "# fmt: off\n# ruff: noqa\n"


def generated_text(statements: Iterable[ast.stmt]) -> str:
    """Return the text of a generated file: a header that tells later whether somebody changed it, and its module."""
    body = module_text(statements)
    return f"# Written by `pym generate` ({_digest(body)}): do not edit.\n{_FOR_OTHERS}{body}"


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "backslashreplace")).hexdigest()


def _is_ours(found: str, digest: str) -> bool:
    """Tell whether a file is as it was written, or laid out anew: formatters may have their way."""
    if _digest(_HEADER.sub("", found, count=1).removeprefix(_FOR_OTHERS)) == digest:
        return True
    try:
        return _digest(ast.unparse(ast.parse(found)) + "\n") == digest
    except (SyntaxError, ValueError, RecursionError):
        return False


def stale_or_refused(path: Path, text: str) -> bool:
    """Tell whether a generated file has to be written; raise StartError where that would destroy a person's work."""
    try:
        found = _read(path)
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        raise _not_ours(path) from None
    header = _HEADER.match(found)
    if header is None:
        raise _not_ours(path)
    if not _is_ours(found, header[1]):
        raise StartError(
            f"{shown(path)} was changed by hand since 'pym generate' wrote it: undo that, or move the file away"
        )
    return not is_current(found, text)


def is_unchanged(path: Path) -> bool:
    """Tell whether a file is as `pym generate` wrote it, or laid out anew."""
    try:
        found = _read(path)
    except (OSError, UnicodeDecodeError):
        return False
    header = _HEADER.match(found)
    return header is not None and _is_ours(found, header[1])


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8").replace("\r\n", "\n")


def is_current(found: str, text: str) -> bool:
    """Tell whether a generated file says what it would say now."""
    ours, wanted = _HEADER.match(found), _HEADER.match(text)
    return ours is not None and wanted is not None and ours[1] == wanted[1]


def _not_ours(path: Path) -> StartError:
    return StartError(f"{shown(path)} was not written by 'pym generate', which would replace it: move it away")


def write_all(files: Mapping[Path, str | None]) -> None:
    """Write files, each whole or not at all; none is replaced before all are on the disk, None removes one.

    A link stays one, what it names is written. Raises StartError for what is no regular file, such as a device.
    """
    written: dict[Path, Path] = {}
    texts = {path: text for path, text in files.items() if text is not None}
    resolved = {path.resolve() if path.is_symlink() else path: text for path, text in texts.items()}
    for path in resolved:
        if path.exists() and not path.is_file():
            raise StartError(f"{shown(path)} is no regular file: name another one")
    try:
        for path, text in resolved.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            written[path] = _beside(path, text)
        for path, temporary in written.items():
            temporary.replace(path)
        for path in files.keys() - texts.keys():
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StartError(f"nothing more can be written ({error.strerror}: {error.filename}); correct that") from error
    finally:
        for temporary in written.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _beside(path: Path, text: str) -> Path:
    """Write a temporary file beside another, with the permissions of that or of a new file."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:50]}-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
    return Path(name)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
