"""Everything that can go wrong, as one tree. Nothing here knows HTTP; the service maps the leaves to problems.

RecsvcError
├── ConfigurationError      a setting, port, folder or option that cannot work
├── DataError               a dataset that is absent or not what it says it is
│   ├── BadRowError         one row, named by file, line and reason
│   └── DownloadError       a download that failed, was cut short or did not match its checksum
├── ModelError              a model asked for something it cannot do, or training that cannot succeed
├── RegistryError
│   ├── VersionNotFoundError
│   └── UnusableVersionError      a version that is there and cannot serve
│       ├── DamagedVersionError   a version whose files do not match its manifest
│       └── OutdatedVersionError  a version that a release with another schema wrote
├── NotReadyError           no version is loaded, or the database is out of reach
├── NotFoundError           a movie, user or page of the catalogue that does not exist
├── InvalidInputError       a value the caller sent that cannot be used; names the field
├── NotPermittedError       who asks may not do that: another user's token, a wrong edit token
└── ReadOnlyUserError     a user of a public dataset, who cannot be changed
"""

from __future__ import annotations

from pathlib import Path


class RecsvcError(Exception):
    """Base of all errors raised on purpose by recsvc. The message is one line, meant to be read by its user."""


class ConfigurationError(RecsvcError):
    """A setting, port, folder or command-line option that cannot work."""


class DataError(RecsvcError):
    """A dataset that is absent, unreadable or not what it says it is."""


class BadRowError(DataError):
    """A row that cannot be used, with the file, the line (from 1) and the reason."""

    def __init__(self, file: Path | str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file = Path(file)
        self.line = line
        self.reason = reason


class DownloadError(DataError):
    """A download that failed, was cut short, or did not match its checksum."""


class ModelError(RecsvcError):
    """A model was asked for what it cannot do, or training cannot succeed on this data."""


class RegistryError(RecsvcError):
    """The model registry cannot do what was asked."""


class VersionNotFoundError(RegistryError):
    """No whole version of that name is in the registry."""


class UnusableVersionError(RegistryError):
    """A version that is in the registry and cannot serve."""


class DamagedVersionError(UnusableVersionError):
    """A version whose files do not match its manifest, named with the first file that differs."""


class OutdatedVersionError(UnusableVersionError):
    """A version whose manifest has another schema than this release reads."""

    def __init__(self, version: str, found: int, expected: int) -> None:
        super().__init__(
            f"version {version} was written by another release (manifest schema {found}, this one reads {expected}): "
            "train a new version with `recsvc train`"
        )


class NotReadyError(RecsvcError):
    """The service cannot answer now: no version is loaded, or the database is out of reach."""


class NotFoundError(RecsvcError):
    """What was asked for does not exist; `what` says which kind of thing ("movie", "user", "rating")."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"There is no {what} {key}.")
        self.what = what
        self.key = key


class InvalidInputError(RecsvcError):
    """A value the caller sent that cannot be used; `field` is its path, such as `("body", "ratings", 3)`."""

    def __init__(self, field: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class NotPermittedError(RecsvcError):
    """Who asks is known and may not do what they ask for."""


class ReadOnlyUserError(RecsvcError):
    """A user of a public dataset: everyone may read their history, nobody may change it."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id} is a user of a public dataset and cannot be changed.")
        self.user_id = user_id
