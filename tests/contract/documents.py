"""Where GitHub's published descriptions lie on disk, and which are pinned (packages.json)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / ".contract"
HOW_TO_FETCH = "GitHub's published descriptions are not fetched yet: run `make contract`"


class MissingDocumentError(Exception):
    """A description was asked for that has not been fetched."""


@dataclass(frozen=True)
class Document:
    """One file of one published package, pinned by version and by the digest of the package's archive."""

    key: str
    package: str
    version: str
    integrity: str
    file: str

    @property
    def specification(self) -> str:
        """The package as the `npm` client names it: name@version."""
        return f"{self.package}@{self.version}"

    @property
    def archive(self) -> str:
        """The file name that `npm pack` gives the package's archive."""
        return f"{self.package.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    def path(self, directory: Path = DEFAULT_DIRECTORY) -> Path:
        """Where the file lies. The folder's name carries the digest, so a new pin never meets an old file."""
        digest = "".join(character for character in self.integrity if character.isalnum())[6:18]
        return directory / f"{self.key}-{self.version}-{digest}" / Path(self.file).name


def pinned() -> tuple[Document, ...]:
    """The pinned documents, in the order of packages.json."""
    entries = json.loads(Path(__file__).with_name("packages.json").read_text("utf-8"))
    return tuple(Document(key=key, **entry) for key, entry in entries.items())


def path_of(key: str, directory: Path = DEFAULT_DIRECTORY) -> Path:
    """Path of a document by its key in packages.json; raises MissingDocumentError."""
    path = next(document for document in pinned() if document.key == key).path(directory)
    if not path.is_file():
        raise MissingDocumentError(HOW_TO_FETCH)
    return path


def all_present(directory: Path = DEFAULT_DIRECTORY) -> bool:
    """Whether every pinned document has been fetched."""
    return all(document.path(directory).is_file() for document in pinned())
