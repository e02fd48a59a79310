"""`python -m armsym.conform`."""

from __future__ import annotations

from armsym.conform.cli import app

app()
