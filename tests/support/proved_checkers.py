"""The checkers that need Coq or OCaml: without them a test is skipped, and in CI fails."""

from __future__ import annotations

import os

import pytest

from armsym.audit.check import RefusedError, check_certificate
from armsym.audit.hints import Certificate
from armsym.audit.proved import ocaml, unavailable

__all__ = ["agreed", "with_tools"]


def with_tools(*tools: str) -> None:
    """Skips the test, or in CI fails it, where one of these is not installed."""
    missing = unavailable(*tools)
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(f"left out: {missing}")


def agreed(certificates: list[Certificate]) -> list[list[list[tuple[int, int]]] | None]:
    """What Python's and OCaml's checker say, which must be one: the claims left open, None where a step is refused."""
    verdicts: list[list[list[tuple[int, int]]] | None] = []
    for certificate in certificates:
        try:
            verdicts.append(check_certificate(certificate))
        except RefusedError:
            verdicts.append(None)
    assert ocaml(certificates) == verdicts
    return verdicts
