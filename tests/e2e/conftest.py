from __future__ import annotations

from tests.api.versions import ml_100k_artifacts, sample_artifacts

__all__ = ["ml_100k_artifacts", "sample_artifacts"]
