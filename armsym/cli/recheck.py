"""`armsym recheck`: certificates for what Z3 answered, made by a SAT solver and checked without any solver."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from armsym.cli.common import JsonOption, check_seconds, print_error, print_json, printer

if TYPE_CHECKING:
    from armsym.sat.folder import Folder, Found, Maker

__all__ = ["recheck"]


def recheck(
    paths: Annotated[list[Path], typer.Argument(metavar="DIR...", help="What armsym prove --queries wrote.")],
    *,
    certify: Annotated[
        bool, typer.Option("--certify", help="Make the certificates that are not there, by a SAT solver.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=0.0, help="CPU seconds for making one, about.")
    ] = 5.0,
    as_json: JsonOption = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every question.")] = False,
) -> None:
    """Check that what Z3 said follows does, by certificates: no solver is believed.

    Exit codes: 0 all are certified, 1 one is satisfiable (Z3 is wrong, or a translation), 2 bad input, 3 a
    certificate is refused, or there is none, 5 no question.
    """
    from armsym.errors import InputError
    from armsym.report.outcome import ExitCode
    from armsym.sat.folder import BadFolder, check_folder, folders

    check_seconds("--seconds", seconds)
    make = _maker(seconds) if certify else None
    show = printer()
    done: list[tuple[Folder, float]] = []
    for path in paths:
        if not path.is_dir():
            raise InputError(f"{path}: there is no such folder")
        for folder in folders(path):
            began = time.process_time()
            try:
                done.append((check_folder(folder, make), time.process_time() - began))
            except BadFolder as e:
                raise InputError(str(e)) from None
            except OSError as e:
                raise InputError(f"{folder}: cannot be written: {e.strerror or e}") from None
            if not as_json:
                _tell(*done[-1], show, verbose)
    total = {kind: sum(f.count(kind) for f, _ in done) for kind in _KINDS}
    if as_json:
        print_json({"folders": [_as_json(f, s) for f, s in done]})
    elif done:
        what = ", ".join(f"{n} {kind}" for kind, n in total.items() if n or kind == "certified")
        show([(f"{what} in {sum(s for _, s in done):.1f} s of CPU", "")])
    if not sum(total.values()):
        print_error("there is no question")
        raise typer.Exit(ExitCode.NOTHING)
    if total["satisfiable"]:
        raise typer.Exit(ExitCode.REFUTED)
    raise typer.Exit(ExitCode.UNDECIDED if total["refused"] + total["open"] else ExitCode.PROVED)


_KINDS: tuple[Found, ...] = ("certified", "open", "refused", "satisfiable")


def _maker(seconds: float) -> Maker:
    from armsym.errors import InputError
    from armsym.sat.hints import NoCertificate
    from armsym.sat.maker import Satisfiable, certificate, need

    try:
        need()
    except ImportError as e:
        raise InputError(f"--certify needs PySAT: pip install 'armsym[certificates]' ({e})") from None

    def make(clauses: list[tuple[int, ...]]) -> list[str] | tuple[Found, str]:
        try:
            return certificate(clauses, seconds)
        except NoCertificate as e:
            return "open", str(e)
        except Satisfiable:
            return "satisfiable", "the SAT solver finds values for which the facts hold and the claim does not"

    return make


def _tell(folder: Folder, seconds: float, show: Any, verbose: bool) -> None:
    n, all_ = folder.count("certified"), len(folder.checked)
    text = f"{n} of {all_} answers certified"
    # Certified answers are no proof: of one that was not shown, those so far are there.
    ended = "" if folder.status == "proved" else f"  (the proof: {folder.status})"
    show(
        [
            (f"{folder.proof}: ", "bold"),
            (text, "green" if n == all_ else "yellow"),
            (f"  {seconds:.1f} s", "dim"),
            (ended, "yellow"),
        ]
    )
    for c in folder.checked:
        if verbose or c.found in ("refused", "satisfiable"):
            detail = c.why or f"{c.clauses} clauses, {c.steps} steps"
            show([(f"    {c.file}  {c.found}  {detail}  ({c.place})", "" if c.found == "certified" else "yellow")])


def _as_json(folder: Folder, seconds: float) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "folder": str(folder.path),
        "proof": folder.proof,
        "status": folder.status,
        "file_sha256": folder.file_sha256,
        "counts": {kind: folder.count(kind) for kind in _KINDS},
        "seconds": round(seconds, 3),
        "queries": [asdict(c) for c in folder.checked],
    }
