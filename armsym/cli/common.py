"""What all commands share: settings, one-line errors, the instruction set, output to terminal or pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from armsym.installed import load_isa

__all__ = [
    "SCHEMA_VERSION",
    "SETTINGS",
    "JsonOption",
    "Style",
    "load_isa",
    "print_error",
    "print_json",
    "printer",
]

#: Version of the JSON that the commands print (docs/json.md).
SCHEMA_VERSION = 1

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text (armsym docs json).")]

#: Text in pieces, each with a style of rich ("" for none).
Style = Sequence[tuple[str, str]]


@dataclass
class Settings:
    """Options that come before the command."""

    debug: bool = False


SETTINGS = Settings()


def print_error(error: object) -> None:
    """`armsym: error: ...` on one line of stderr."""
    text = " ".join(str(error).split())
    typer.echo(f"armsym: error: {text or type(error).__name__}", err=True)


def print_note(note: str) -> None:
    """`armsym: note: ...` on one line of stderr."""
    typer.echo(f"armsym: note: {' '.join(note.split())}", err=True)


def print_json(answer: dict[str, Any]) -> None:
    """One JSON document on stdout, the version of its schema first."""
    typer.echo(json.dumps({"schema_version": SCHEMA_VERSION, **answer}, indent=2))


def printer() -> Callable[[Style], None]:
    """How a line is printed on stdout: with styles on a terminal, plain when piped."""
    if not sys.stdout.isatty():
        return lambda line: typer.echo("".join(text for text, _ in line))
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    return lambda line: console.print(Text.assemble(*line), soft_wrap=True)
