from __future__ import annotations

from tests.e2e.browsers import chromium, page, visit
from tests.e2e.node import node_folder

__all__ = ["chromium", "node_folder", "page", "visit"]
