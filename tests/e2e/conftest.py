from __future__ import annotations

from tests.e2e.browsers import chromium, home, page, service, visit
from tests.e2e.node import node_folder

__all__ = ["chromium", "home", "node_folder", "page", "service", "visit"]
