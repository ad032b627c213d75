"""One name means one thing: the basenames of modules, and the terms that code and documents use."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "recsvc"

FEATURES = {"analytics", "batches", "events", "feedback", "keys", "lists", "models", "movies", "recommendations"}
FEATURES |= {"leases", "session", "similar", "users"}
"""Features have one module in each of `storage`, `usecases`, `service/routes` and `service/schemas` that needs one."""

FLOORS = ("storage", "usecases", "service/routes", "service/schemas", "cli")

TERMS = {
    "film": "movie",
    "person|people": "user",
    "kin|heir|inheriting": "cold-start neighbours",
    "fused": "item-item weights",
    "seal|sealed": "recommendation token",
    "lineup": "deployment",
    "portrait": "model report",
    "rival": "baseline",
    "unsaid": "not predicted",
    "head start": "popularity prior",
    "spread": "scale, or standard deviation",
    "impersonal": "non-personalised",
    "stranger": "unknown user",
    "tally": "row-error policy",
    "pace": "rate limiter",
    "gatekeeper": "one middleware a job",
    "catalogued": "cache policy",
    "learned|learnt": "trained",
    "sought": "held-out",
}
"""Words that are not used, and the terms that are, as in the glossary of docs/architecture.md."""

WRITTEN = ("src", "tests", "scripts", "docs", "README.md", "openapi.json", "pyproject.toml")
SUFFIXES = {".py", ".md", ".js", ".css", ".html", ".json", ".toml", ".j2", ""}
HISTORY = re.compile(r"docs/decisions/00(0\d|10)-")
ALLOWED = re.compile(r"Film-Noir|film-noir|person=b\"\w+\"|F_\w*SEAL\w*")  # a genre, and names of hashlib and fcntl
FORMER = {
    "src/recsvc/datasets/tmdb/cache.py": "film",  # caches that earlier versions wrote are still read
    "tests/unit/datasets/tmdb/test_cache.py": "film",
    "src/recsvc/service/web/main.js": "film",  # links that were shared before still open
    "tests/e2e/test_page.py": "film",
}


def texts() -> dict[str, str]:
    found = [path for part in WRITTEN for path in ((ROOT / part), *(ROOT / part).rglob("*")) if path.is_file()]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in found
        if path.suffix in SUFFIXES and "__pycache__" not in path.parts and path != Path(__file__)
    }


def words_of(line: str) -> str:
    """Return a line in lower case with its identifiers split into words, each between two spaces."""
    line = ALLOWED.sub("", line)
    line = re.sub(r"\]\([^)]*decisions/[^)]*\)", "", line)  # links to decision records, whose names do not change
    line = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", line)
    return " ".join(re.split(r"[^a-z]+", line.lower()))


def test_a_basename_is_used_for_one_thing() -> None:
    places = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.stem != "__init__"]
    assert len(places) > 100
    counts = Counter(path.stem for path in places if not (path.stem in FEATURES and path.parent.as_posix() in FLOORS))
    assert {name: count for name, count in counts.items() if count > 1} == {}
    assert set(counts) & FEATURES == set()


def test_code_and_documents_use_one_term_a_concept() -> None:
    pattern = re.compile("|".join(rf"\b(?:{words})s?\b" for words in TERMS))
    found = {
        f"{name}:{number}: {match.group()}"
        for name, text in texts().items()
        if not HISTORY.match(name)
        for number, line in enumerate(text.splitlines(), 1)
        for match in pattern.finditer(words_of(line))
        if not match.group().startswith(FORMER.get(name, "-"))
    }
    assert sorted(found) == []
