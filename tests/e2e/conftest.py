from __future__ import annotations

from tests.api.versions import ml_100k_artifacts, sample_artifacts
from tests.e2e.browsers import chromium, page, visit
from tests.e2e.node import node_folder

__all__ = ["chromium", "ml_100k_artifacts", "node_folder", "page", "sample_artifacts", "visit"]
