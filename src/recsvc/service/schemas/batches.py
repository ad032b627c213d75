"""Batches over HTTP: a record that cannot be used does not refuse the others, and each gets a status of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BaseModel, Field, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from recsvc.errors import InvalidRecordError, RecsvcError
from recsvc.service.problems import FieldError, fields_of, plain_errors, status_of
from recsvc.service.schemas.fields import ResponseModel
from recsvc.usecases.batches import Outcome

T = TypeVar("T", bound=BaseModel)
_MOST_ERRORS = 100


def _or_refused(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    try:
        return validate(value)
    except ValidationError as error:
        return InvalidRecordError(plain_errors(error.errors()))


Record: TypeAlias = Annotated[T, WrapValidator(_or_refused)]
"""A record of a batch as the field of a schema: the record, or an InvalidRecordError if it does not have its form."""


class BatchRecord(ResponseModel):
    """What became of one record."""

    index: int = Field(description="Its place in the request, from 0.")
    status: int = Field(
        description="201 new, 200 changed or there already, 202 accepted and not kept, "
        "401, 403, 404, 409 or 422 refused."
    )
    detail: str | None = Field(default=None, description="Why it was not kept.")
    errors: list[FieldError] = Field(
        default=[], description=f"The fields that cannot be used; of all records together the first {_MOST_ERRORS}."
    )


class BatchResult(ResponseModel):
    """What became of each record, in the order of the request."""

    kept: int = Field(description="How many records are kept now, unchanged ones included.", examples=[2])
    results: list[BatchRecord] = Field(description="What became of each.")


def batch_result(outcomes: Sequence[Outcome], *place: str) -> BatchResult:
    """Return the answer to a batch whose records are at `place` of the request."""
    results: list[BatchRecord] = []
    left = _MOST_ERRORS
    for index, outcome in enumerate(outcomes):
        results.append(_record(index, outcome, left, *place))
        left -= len(results[-1].errors)
    return BatchResult(kept=sum(isinstance(outcome, bool) for outcome in outcomes), results=results)


def _record(index: int, outcome: Outcome, most_errors: int, *place: str) -> BatchRecord:
    if not isinstance(outcome, RecsvcError):
        return BatchRecord(index=index, status={True: 201, False: 200, None: 202}[outcome])
    errors = fields_of(outcome, *place, index)[:most_errors]
    return BatchRecord(index=index, status=status_of(outcome), detail=str(outcome), errors=errors)
