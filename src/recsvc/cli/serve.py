"""recsvc serve: the service over HTTP."""

from __future__ import annotations

import os

from recsvc.settings import load_settings


def serve() -> None:
    """Answer over HTTP; all settings come from the environment (see README)."""
    # One worker uses one core, and threads of the linear algebra would only slow it down. NumPy reads this once.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from recsvc.service.server import run

    run(load_settings())
