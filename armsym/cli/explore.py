"""`armsym explore`: a proof's symbolic run on the terminal, step by step, and claims tried at its points."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from armsym.cli.common import load_isa

__all__ = ["explore"]


def explore(
    target: Annotated[str, typer.Argument(metavar="PATH[::NAME]", help="One proof.")],
    *,
    pattern: Annotated[str, typer.Option("-k", metavar="GLOB", help="Which proof of several.")] = "*",
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=1.0, help="CPU seconds for each run of the engine.")
    ] = 60.0,
    commands: Annotated[
        list[str] | None,
        typer.Option(
            "--do", metavar="COMMAND", help="Do this and print the answer, without a screen; may be repeated."
        ),
    ] = None,
) -> None:
    """Step through the symbolic run of a proof, ask what registers hold, and try claims, cuts, splits and lemmas.

    Nothing that is tried counts as proved, and no file is changed.
    """
    from armsym.cli.selection import one_proof
    from armsym.cli.work import image_of
    from armsym.errors import InputError
    from armsym.explore.commands import do
    from armsym.explore.session import Session
    from armsym.proof.foreign import foreign_code

    if commands is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise InputError("explore needs a terminal; without one, give commands with --do")
        try:
            import textual  # noqa: F401
        except ImportError:
            raise InputError("explore on a terminal needs Textual: pip install 'armsym[explore]'") from None
    d = one_proof(target, pattern)
    with foreign_code():
        image = image_of(d.object_spec())
        session = Session(d, name=d.name, image=image, symbol=d.symbol, isa=load_isa(), seconds=seconds)
    if commands is None:
        from armsym.explore.app import Explorer

        Explorer(session).run()
        return
    for command in commands:
        with foreign_code():
            answer = do(session, command)
        for line in answer:
            typer.echo(line)
