"""`armsym list`: the proofs there are."""

from __future__ import annotations

from typing import Annotated

import typer

from armsym.cli.common import JsonOption, print_error, print_json, printer

__all__ = ["list_proofs"]


def list_proofs(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH[::NAME]...]", help="Proof files or folders; default: crypto_examples."),
    ] = None,
    *,
    pattern: Annotated[str, typer.Option("-k", metavar="GLOB", help="Only these proofs, symbols or files.")] = "*",
    but: Annotated[
        list[str] | None, typer.Option("--except", metavar="PATH[::NAME]", help="Not these; may be given again.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List proofs: name, symbol, the file under proof, and where the proof stands."""
    from armsym.cli.selection import select
    from armsym.report.outcome import ExitCode

    selection = select(paths or [], pattern, but=but or [])
    rows = [(d.name, d.symbol, str(d.of), f"{d.file}:{d.line}") for d in selection.proofs]
    if as_json:
        names = ("proof", "symbol", "of", "source")
        print_json({"proofs": [dict(zip(names, row, strict=True)) for row in rows]})
    else:
        show = printer()
        widths = [max((len(row[k]) for row in rows), default=0) for k in range(3)]
        for name, symbol, of, source in rows:
            show(
                [
                    (f"{name:<{widths[0]}}  ", "bold"),
                    (f"{symbol:<{widths[1]}}  {of:<{widths[2]}}  ", ""),
                    (source, "dim"),
                ]
            )
    for _, error in selection.broken:
        print_error(error)
    if selection.broken:
        raise typer.Exit(ExitCode.INPUT)
    if not rows:
        print_error(f"no proof is selected{'' if pattern == '*' else f' by -k {pattern}'}")
        raise typer.Exit(ExitCode.NOTHING)
