"""`armsym new`: a proof skeleton for a routine of any file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from armsym.cli.common import JsonOption, load_isa, print_json
from armsym.cli.naming import FILE_HELP, file_named, import_of, source_named
from armsym.errors import InputError

__all__ = ["new"]


def new(
    file: Annotated[str, typer.Argument(metavar="FILE", help=FILE_HELP)],
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="The routine.")],
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.py", help="Write it here, not on stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a proof skeleton: arguments, regions, loops and stack guessed from the code.

    It runs as it is; TODO marks what only a person can say.
    """
    from armsym.cli.coverage import mnemonics
    from armsym.elf import load
    from armsym.proof.loops import Routine
    from armsym.skeleton.facts import facts_of
    from armsym.skeleton.flow import follow
    from armsym.skeleton.probe import guess
    from armsym.skeleton.write import Source, as_dict, skeleton

    if output is not None:
        _check(output, force)
    isa = load_isa()
    path = file_named(file)
    image = load(path)
    image.function_extent(symbol)  # a symbol that is no routine is refused before anything is followed
    facts = facts_of(follow(Routine(image, isa, symbol)))
    guessed = guess(facts)
    names = mnemonics(sorted(set(facts.flow.unmodelled.values())))
    imported = import_of(file) if source_named(file) is not None else None
    of = json.dumps(_beside(path, output)) if imported is None else imported[1]
    source = Source(file, of, symbol, str(output or "FILE.py"), names, imported)
    text = skeleton(facts, guessed, source)
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as e:
            raise InputError(f"-o {output}: cannot be written: {e.strerror or e}") from None
    if as_json:
        print_json({"file": file, "symbol": symbol, **as_dict(facts, guessed, source), "skeleton": text})
        return
    if output is None:
        typer.echo(text, nl=False)
        return
    counts = [
        _count(len(facts.arguments), "argument"),
        _count(sum(a.pointer for a in facts.arguments), "region"),
        _count(len(facts.loops), "loop"),
        f"{facts.depth} bytes of stack",
    ]
    typer.echo(f"{output}: {symbol}, {', '.join(counts)}")
    if facts.flow.unmodelled:
        typer.echo(f"{_count(len(facts.flow.unmodelled), 'instruction')} not modelled: no proof gets past them yet")
    typer.echo(f"next: armsym prove {output} -v, then fill in its TODOs")
    if facts.loops:
        typer.echo(f"once its ensures says what is computed: armsym suggest {output} looks for the invariants")


def _count(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def _check(output: Path, force: bool) -> None:
    if output.suffix != ".py":
        raise InputError(f"-o {output}: a proof file is a Python file, NAME.py")
    if not output.parent.is_dir():
        raise InputError(f"-o {output}: there is no folder {output.parent}")
    if output.exists() and not force:
        raise InputError(f"-o {output}: exists already; --force overwrites it")


def _beside(file: str, output: Path | None) -> str:
    """The file as the proof finds it: relative to the proof file where it lies below that, else absolute."""
    folder = output.parent if output is not None else Path()
    path, mark, member = (file, "", "") if os.path.lexists(file) else file.partition("(")
    relative = os.path.relpath(path, folder)
    found = os.path.abspath(path) if relative.startswith(os.pardir) else relative
    return Path(found).as_posix() + mark + member
