"""Measures configs on hold-outs in some processes, each of which keeps what it trained."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import NamedTuple, TypeAlias

from recsvc.datasets.dataset import Dataset
from recsvc.models.hybrid import HybridConfig
from recsvc.tuning.objective import Figures, Objective, hold_outs_of

Asked: TypeAlias = tuple[HybridConfig, int]
"""A config, and the seed of the hold-outs that it is measured on."""


class _Piece(NamedTuple):
    """What one process measures at once: what was asked at a place, on one hold-out of the seed."""

    place: int
    config: HybridConfig
    seed: int
    hold_out: int


class Measuring:
    """Measures configs in some processes; with one, in this process. What was measured before is remembered.

    The hold-outs are dealt to the processes, so that what all configs share is trained by one process for each of them.
    One that has nothing left to do takes what another one would come to last.
    """

    def __init__(self, dataset: Dataset, jobs: int) -> None:
        self._figures: dict[tuple[str, int], Figures] = {}
        self._pools = [
            ProcessPoolExecutor(1, get_context("spawn"), _prepare, (dataset,)) for _ in range(jobs if jobs > 1 else 0)
        ]
        if not self._pools:
            _prepare(dataset)

    def __enter__(self) -> Measuring:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)
        _objective.clear()

    def __call__(self, asked: Sequence[Asked], done: Callable[[], None] = lambda: None) -> list[Figures]:
        """Return the figures of each config on the hold-outs of a seed; `done` is called as soon as it has those."""
        keys = [(repr(config), seed) for config, seed in asked]
        for key in keys:
            if key in self._figures:
                done()
        missing = {key: place for place, key in enumerate(keys) if key not in self._figures}
        measured: dict[int, dict[int, Figures]] = {place: {} for place in missing.values()}
        pieces = [
            _Piece(place, *asked[place], hold_out)
            for place in measured
            for hold_out in range(hold_outs_of(asked[place][1]))
        ]
        for piece, figures in self._in_processes(pieces) if self._pools else ((one, _measure(one)) for one in pieces):
            of_place = measured[piece.place]
            of_place[piece.hold_out] = figures
            if len(of_place) == hold_outs_of(piece.seed):
                key = keys[piece.place]
                self._figures[key] = Figures.joined([of_place[hold_out] for hold_out in sorted(of_place)])
                for _ in range(keys.count(key)):
                    done()
        return [self._figures[key] for key in keys]

    def _in_processes(self, pieces: Sequence[_Piece]) -> Iterator[tuple[_Piece, Figures]]:
        """Yield the figures of each piece as soon as they are there."""
        waiting = [deque[_Piece]() for _ in self._pools]
        for piece in pieces:
            waiting[(piece.seed + piece.hold_out) % len(waiting)].append(piece)
        running: dict[Future[Figures], tuple[int, _Piece]] = {}

        def begin(place: int) -> None:
            longest = max(waiting, key=len)
            if longest:
                piece = waiting[place].popleft() if waiting[place] else longest.pop()
                running[self._pools[place].submit(_measure, piece)] = place, piece

        for place in range(len(self._pools)):
            begin(place)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                place, piece = running.pop(future)
                begin(place)
                yield piece, future.result()


_objective: list[Objective] = []
"""The objective of this process, which is a worker of `Measuring` or runs it alone."""


def _prepare(dataset: Dataset) -> None:
    _objective[:] = [Objective(dataset)]


def _measure(piece: _Piece) -> Figures:
    """Measure with one thread of linear algebra: the last digit of a sum depends on the number of threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _objective[0](piece.config, piece.seed, piece.hold_out)
