"""Partial success: what is refused does not refuse the others, and every record keeps its place."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from recsvc.errors import NotFoundError, RecsvcError
from recsvc.usecases.batches import convert, keep_valid

REFUSED = NotFoundError("movie", 7)


def halved(number: int) -> float:
    if number < 0:
        raise NotFoundError("movie", number)
    return number / 2


def test_what_cannot_be_converted_is_refused_and_what_is_refused_stays_so() -> None:
    records: list[int | RecsvcError] = [4, -1, REFUSED, 6]
    first, second, third, fourth = convert(records, halved)
    assert (first, third, fourth) == (2.0, REFUSED, 3.0)
    assert str(second) == "There is no movie -1."


def test_an_error_that_is_not_foreseen_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        convert([0], lambda number: 1 / number)


@pytest.mark.parametrize(
    "records", [[], [REFUSED], [1, 2], [REFUSED, 2, REFUSED, 1], [2, REFUSED]], ids=lambda records: str(len(records))
)
@pytest.mark.anyio
async def test_outcomes_are_in_the_order_of_the_records(records: list[int | RecsvcError]) -> None:
    passed: list[Sequence[int]] = []

    async def keep(valid: Sequence[int]) -> list[bool]:
        passed.append(valid)
        return [number == 1 for number in valid]

    outcomes = await keep_valid(records, keep)
    assert outcomes == [record if isinstance(record, RecsvcError) else record == 1 for record in records]
    assert passed == [[record for record in records if not isinstance(record, RecsvcError)]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
