from __future__ import annotations

from tests.api.versions import sample_artifacts

__all__ = ["sample_artifacts"]
