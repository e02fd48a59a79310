"""`armsym suggest`: invariants for a proof's loops, found in runs on numbers and shown by the engine."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from armsym.cli.common import JsonOption, load_isa, print_error, print_json

__all__ = ["suggest"]


def suggest(
    target: Annotated[str, typer.Argument(metavar="PATH[::NAME]", help="One proof.")],
    *,
    pattern: Annotated[str, typer.Option("-k", metavar="GLOB", help="Which proof of several.")] = "*",
    timeout: Annotated[float, typer.Option("--timeout", metavar="S", min=1.0, help="CPU seconds in all.")] = 180.0,
    as_json: JsonOption = False,
) -> None:
    """Propose invariants for a proof's loops, as lines to paste.

    They are found by comparing runs on numbers with the proof's own values, and claimed to the engine; what it does
    not show is left out. Exit code 0: with these lines the proof is proved, in all its cases. 3: it is not yet.
    """
    from armsym.cli.selection import one_proof
    from armsym.cli.work import image_of
    from armsym.proof.engine import Budget
    from armsym.proof.foreign import foreign_code
    from armsym.proof.loops import Routine
    from armsym.proof.result import Status
    from armsym.proof.run import prove
    from armsym.report.outcome import ExitCode
    from armsym.suggest.search import suggest as search
    from armsym.suggest.text import suggestion_as_dict, suggestion_lines
    from armsym.suggest.trying import extended

    began = time.process_time()
    d = one_proof(target, pattern)
    isa, image = load_isa(), image_of(d.object_spec())
    routine = Routine(image, isa, d.symbol)
    confirmed: bool | None = None
    with foreign_code():
        found = search(d, routine, seconds=timeout)
        left = timeout - (time.process_time() - began)
        if found.closes and (left > 1 or not found.loops):
            whole = extended(d, [x.added for x in found.loops])
            budget = Budget(seconds=max(1.0, left))
            result = prove(whole, name=d.name, image=image, symbol=d.symbol, isa=isa, budget=budget)
            confirmed = result.status is Status.PROVED
    if as_json:
        about = {"proof": d.name, "symbol": d.symbol, "source": f"{d.file}:{d.line}"}
        print_json({**about, **suggestion_as_dict(found, routine, confirmed=confirmed)})
    else:
        for line in suggestion_lines(found, routine, confirmed=confirmed):
            typer.echo(line)
    if not (found.closes and confirmed):
        if not as_json:
            print_error(f"{d.name} is not proved with what was found")
        raise typer.Exit(ExitCode.UNDECIDED)
