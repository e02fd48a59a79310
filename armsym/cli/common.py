"""What all commands share: settings, one-line errors, the instruction set, output to terminal or pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import typer

from armsym.errors import InputError
from armsym.installed import load_isa
from armsym.report.schema import SCHEMA_VERSION

__all__ = [
    "SCHEMA_VERSION",
    "SETTINGS",
    "CheckerName",
    "JsonOption",
    "Style",
    "check_seconds",
    "load_isa",
    "print_error",
    "print_json",
    "print_note",
    "printer",
]

#: A limit that all systems take, also twenty times as long, in nanoseconds; 115 days.
MOST_SECONDS = 1e7

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text (armsym docs json).")]

#: Who accepts what an audit shows.
CheckerName: TypeAlias = Literal["python", "ocaml", "coq"]

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


def check_seconds(what: str, seconds: float | None) -> None:
    """Raises `InputError` for a number of seconds that can be no limit: negative, endless, none."""
    if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
        raise InputError(f"{what} is a number of CPU seconds, at most {MOST_SECONDS:.0f}, not {seconds!r}")
