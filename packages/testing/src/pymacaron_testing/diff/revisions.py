"""Which documents are compared: files as they are, or as a revision of git has them, laid out in a folder."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pymacaron.exceptions import ConfigError, SpecError
from pymacaron.outside import git
from pymacaron.spec import Document, Place, load_document
from pymacaron.spec.references import References
from pymacaron.spec.sent import Sent, read_sent
from pymacaron.text import shown

__all__ = ["Side", "opened"]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a folder, the revision that it shows ("" for files as they are), and one file in it.

    `file` is None where all documents are meant.
    """

    root: Path
    revision: str = ""
    file: Path | None = None

    def shown(self, place: Place) -> str:
        """Return a place as people read it, or as git reads it."""
        text = str(place)
        return self.told(text) if self.revision else text

    def told(self, text: str) -> str:
        """Return a text in which the revision stands for the folder that shows it."""
        return text.replace(f"{shown(self.root)}/", f"{self.revision}:").replace(f"{self.root}/", f"{self.revision}:")

    def document(self, name: str) -> Document:
        """Read one file of this side; raises SpecError that tells where it is broken."""
        try:
            return load_document(self.root / name, references=References(self.root))
        except SpecError as error:
            raise SpecError(*map(self.told, error.problems)) from None

    def sent(self, name: str) -> Sent:
        """Read what a file that document() could read has beside operations."""
        return read_sent(self.root / name, References(self.root))


@contextmanager
def opened(written: str, root: Path) -> Iterator[Side]:
    """Give the side that an argument names: a file, REVISION:FILE, or a REVISION for all documents.

    Raises ConfigError for what is none of these.
    """
    path = Path(written)
    if path.is_file():
        yield _beside(path, root)
        return
    revision, colon, name = written.partition(":")
    commit = _commit(revision, root)
    if commit is None:
        raise ConfigError(_unknown(written, revision, colon))
    with TemporaryDirectory(prefix="pym-diff-") as folder:
        top = Path(folder).resolve()
        _lay_out(commit, root, top, written)
        yield Side(top, revision, _inside(name, root, top, revision) if colon else None)


def _beside(path: Path, root: Path) -> Side:
    """Return the side of a file: in the folder of the service where it stands there, else in its own folder."""
    file = path.resolve()
    whole = root.resolve()
    return Side(whole if file.is_relative_to(whole) else file.parent, file=file)


def _commit(revision: str, root: Path) -> str | None:
    if not revision or revision.startswith("-"):
        return None
    return git(root, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{revision}^{{commit}}")


def _unknown(written: str, revision: str, colon: str) -> str:
    if colon:
        return f"'{written}': git knows no revision '{revision}' here; correct it, or run this in the repository"
    return f"'{written}' is neither a file nor a revision that git knows here; name a file, REVISION or REVISION:FILE"


def _lay_out(commit: str, root: Path, folder: Path, written: str) -> None:
    """Write the files below `root`, as a commit has them, to a folder."""
    archive = folder / "archive.tar"
    if git(root, "archive", "--format=tar", f"--output={archive}", commit) is None:
        raise ConfigError(f"'{written}' cannot be read: git has nothing of this folder in it; name another revision")
    try:
        with tarfile.open(archive) as files:
            for member in files:
                _lay_out_one(files, member, folder)
    except tarfile.TarError as error:
        raise ConfigError(f"'{written}' cannot be laid out: {error}; name a file instead") from None
    archive.unlink()


def _lay_out_one(files: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one file, or a link that stays inside; Python has a filter for this since 3.11.4 only."""
    target = folder / member.name
    named = target.parent / member.linkname if member.issym() else target
    if not named.resolve().is_relative_to(folder.resolve()):
        return
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        target.symlink_to(member.linkname)
    elif (file := files.extractfile(member)) is not None:
        target.write_bytes(file.read())


def _inside(name: str, root: Path, folder: Path, revision: str) -> Path:
    """Return the file that a name means: from this folder on, or from the top of the repository as git has it."""
    prefix = git(root, "rev-parse", "--show-prefix") or ""
    for each in (name, name.removeprefix(prefix)):
        file = folder / each
        if file.resolve().is_relative_to(folder) and file.is_file():
            return file
    raise ConfigError(f"'{revision}' has no file '{name}'; name one below {shown(root)}")
