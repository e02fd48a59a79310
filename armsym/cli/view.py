"""`armsym view`: a page that shows a proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armsym.cli.common import load_isa, printer

if TYPE_CHECKING:
    from armsym.proof.registry import ProofDefinition
    from armsym.report.outcome import Outcome
    from armsym.view.look import View

__all__ = ["look", "view"]


def view(
    proof: Annotated[str, typer.Argument(metavar="PROOF", help="FILE.py::NAME, or a file with one proof.")],
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PAGE.html", help="Where to write; default: NAME.html.")
    ] = None,
    pattern: Annotated[str, typer.Option("-k", metavar="GLOB", help="The proof or symbol.")] = "*",
    object_: Annotated[
        str | None,
        typer.Option("--object", metavar="FILE", help="Look at this build instead: as for `armsym prove`."),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", min=0.0, help="Seconds for the proof; then undecided.")
    ] = None,
) -> None:
    """Run a proof and write one self-contained page that shows it: picture, code, state at every step, obligations.

    Exit codes are those of `armsym prove`; the page is written for whatever the proof comes to.
    """
    from armsym.cli.selection import select
    from armsym.errors import InputError
    from armsym.report.text import outcome_lines

    selection = select([proof], pattern)
    for _, error in selection.broken:
        raise error
    # Several proofs may be of one symbol: a name that is just one proof's means that.
    wanted = [d for d in selection.proofs if d.name in (pattern, proof.rpartition("::")[2])] or selection.proofs
    if len(wanted) != 1:
        names = ", ".join(d.name for d in wanted[:6]) or "none"
        more = ", ..." if len(wanted) > 6 else ""
        raise InputError(f"view: {len(wanted)} proofs are selected ({names}{more}): name one, as FILE.py::NAME")
    (d,) = wanted
    outcome, found = _looked_at(d, object_, timeout)
    to = output or Path(f"{d.name}.html")
    try:
        to.write_text(found.html, encoding="utf-8")
    except OSError as e:
        raise InputError(f"view: {to}: cannot be written: {e.strerror or e}") from None
    show = printer()
    for line in outcome_lines(outcome):
        show(line)
    show([(f"page: {to} ({len(found.html.encode()) / 1e6:.1f} MB)", "")])
    sys.stdout.flush()
    raise typer.Exit(outcome.code)


def look(proof: ProofDefinition, object_: str | None = None) -> View:
    """The page of a proof; in a notebook, the last line of a cell shows it.

    `object_` names another build of the routine, as `armsym prove --object` does.  Raises `InputError` for a proof
    that cannot be run.
    """
    return _looked_at(proof, object_, None)[1]


def _looked_at(d: ProofDefinition, object_: str | None, seconds: float | None) -> tuple[Outcome, View]:
    from armsym.cli.naming import file_named
    from armsym.cli.work import Job, image_of, run_here
    from armsym.view.encoded import Encoder
    from armsym.view.look import seen_of, view_of
    from armsym.view.recording import Recorder

    spec = d.object_spec() if object_ is None else file_named(object_)
    image = image_of(spec)  # a file that cannot be used is an error, and no page
    image.symbol(d.symbol)
    encoder = Encoder()
    outcome = run_here(Job.of(d, spec, seconds), Recorder(encoder))
    place = f"{Path(d.file).name}:{d.line}"
    return outcome, view_of(seen_of(outcome.result, image, load_isa(), encoder, d.file, place))
