"""All errors that recsvc raises on purpose, as one tree. It knows nothing of HTTP; the service maps them to problems.

RecsvcError
├── ConfigurationError      a setting, port, folder or option that cannot work
├── DataError               a dataset that is absent or not what it should be
│   ├── BadRowError         one row, named by file, line and reason
│   └── DownloadError       a download that failed, was cut short or did not match its checksum
├── ModelError              a model that cannot do what it was asked for, or cannot be trained on this data
├── LeaseTakenError         another process does what only one may do at a time
├── LeaseLostError          this process was not heard of for too long, and another one does it now
├── ErasedMeanwhileError    users were erased while a version was trained on what they had said
├── RegistryError           the model registry cannot do what it was asked for
│   ├── VersionNotFoundError
│   └── UnusableVersionError        a version that is there and cannot serve
│       ├── DamagedVersionError     its files do not match its manifest, or do not fit together
│       └── OutdatedVersionError    a release with another manifest schema wrote it
├── CatalogueMismatchError  a version, list or token of another catalogue than the one that serves
├── NotReadyError           no version is loaded
│   ├── DatabaseUnavailableError           the database is out of reach
│   └── IdentityProviderUnavailableError   the keys of the identity provider cannot be read
├── NotFoundError           a movie, user, list or page that does not exist
├── ExistsAlreadyError      what there is one of at most: a watchlist of a user
├── ChangedMeanwhileError   a list that was changed since the caller read it
├── InvalidInputError       a value of the caller that cannot be used; names the field
│   └── InvalidRecordError  one record of a batch; names all of its fields that cannot be used
├── NotAuthenticatedError   a session token is missing, forged or expired
├── NotPermittedError       the caller may not do that: the token of another user, a wrong edit token
│   └── QuotaError          as much is kept of the caller as may be
└── ReadOnlyUserError       a user whose name belongs to a dataset, and who cannot be changed
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias


class RecsvcError(Exception):
    """Base of all errors that recsvc raises on purpose. The message is one line, written for whoever caused it."""


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


class LeaseTakenError(RecsvcError):
    """Another process does what only one may do at a time."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(f"{name} is under way already, by {holder}")


class LeaseLostError(RecsvcError):
    """The holder was not heard of for too long, and another process does by now what only one may do."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(f"{name} is under way by {holder} by now, since this process was not heard of for too long")
        self.holder = holder


class ErasedMeanwhileError(RecsvcError):
    """Users were erased, or took back all they had said, while a version was trained on it: it is not published."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} of the users took back all they had said while it was trained on: begin anew")


class RegistryError(RecsvcError):
    """The model registry cannot do what was asked."""


class VersionNotFoundError(RegistryError):
    """No whole version of that name is in the registry."""


class UnusableVersionError(RegistryError):
    """A version that is in the registry and cannot serve."""


class DamagedVersionError(UnusableVersionError):
    """A version whose files do not match its manifest, named with the first file that differs."""


class OutdatedVersionError(UnusableVersionError):
    """A version of another release: its manifest has another schema, or it lacks a model that serves now."""

    def __init__(self, version: str, difference: str) -> None:
        super().__init__(
            f"version {version} was written by another release ({difference}): train a new version with `recsvc train`"
        )


class CatalogueMismatchError(RecsvcError):
    """Something is of another catalogue than the one that serves, so that its movie ids mean other movies there.

    `catalogue` is "" where it is not known which one that is.
    """

    def __init__(self, what: str, catalogue: str, serving: str, remedy: str) -> None:
        other = f"the catalogue {catalogue}" if catalogue else "another catalogue"
        super().__init__(f"{what} is of {other}, and {serving} serves: {remedy}")


class NotReadyError(RecsvcError):
    """The service cannot answer now: no version is loaded.

    The message is for the log, since it may name paths and hosts; `told` is for callers.
    """

    told = "No version is loaded that can answer."


class DatabaseUnavailableError(NotReadyError):
    """The service cannot answer now: the database is out of reach, or is not the one that was opened."""

    told = "The database does not answer."


class IdentityProviderUnavailableError(NotReadyError):
    """The service cannot tell now who a user is: the keys of the identity provider cannot be read."""

    told = "The identity provider does not answer."


class NotFoundError(RecsvcError):
    """Something that does not exist; `what` is the kind of thing ("movie", "user", "list")."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"There is no {what} {key}.")
        self.what = what
        self.key = key


class ExistsAlreadyError(RecsvcError):
    """Something of which there is one at most, and there is one."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"There is a {what} {key} already.")


class ChangedMeanwhileError(RecsvcError):
    """Something is not any more as the caller has read it, who would overwrite what others changed."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"The {what} {key} was changed since it was read: read it again.")


Field: TypeAlias = tuple[str | int, ...]
"""The path of a value in a request, such as `("ratings", 3, "movie_id")`."""


class InvalidInputError(RecsvcError):
    """A value of the caller that cannot be used; `fields` pairs its path with a message."""

    def __init__(self, field: Field, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.fields: tuple[tuple[Field, str], ...] = ((field, message),)


class InvalidRecordError(InvalidInputError):
    """A record of a batch that does not have the form it should have; `fields` lists everything that is wrong."""

    def __init__(self, fields: Sequence[tuple[Field, str]]) -> None:
        super().__init__(fields[0][0], "The record cannot be used.")
        self.fields = tuple(fields)


class NotAuthenticatedError(RecsvcError):
    """The caller has to send a valid session token first."""


class NotPermittedError(RecsvcError):
    """The caller is known and may not do this."""


class QuotaError(NotPermittedError):
    """As much is kept of the caller as may be."""


class ReadOnlyUserError(RecsvcError):
    """A user whose name belongs to a dataset: everyone may read their history, and nobody may change it."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id} cannot be changed: a name with a colon belongs to a user of a dataset.")
        self.user_id = user_id
