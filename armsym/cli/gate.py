"""`armsym gate`: every routine of a shipped file is proved, refuted, or listed with a reason."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from armsym.cli.common import JsonOption, print_error, print_json, print_note, printer

__all__ = ["gate"]


def gate(
    config: Annotated[
        Path, typer.Argument(metavar="[CONFIG]", help="A TOML file with a table [tool.armsym.gate].")
    ] = Path("pyproject.toml"),
    *,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", min=0.0, help="Seconds for each proof; then undecided.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", metavar="N", min=1, help="Proofs at a time; default: all CPUs.")
    ] = None,
    as_json: JsonOption = False,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML, too.")] = None,
    sarif: Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF 2.1.0, too.")] = None,
    second_solver: Annotated[
        bool, typer.Option("--second-solver", help="Have Bitwuzla check each answer of Z3, too.")
    ] = False,
    confirm_by: Annotated[
        Literal["bitwuzla", "cvc5", "both"] | None,
        typer.Option("--confirm-by", help="Have this solver check each answer of Z3, or both of them."),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Prove anew what is known from before; keep no results.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show all obligations and assumptions.")] = False,
) -> None:
    """Account for every routine of the files that the configuration names.

    Exit codes: 0 every routine is proved or listed, 1 one is refuted, 2 bad input, or a list that is not true any
    more, 3 one is undecided, or neither proved nor listed, 4 internal error.
    """
    from importlib.metadata import version

    from armsym.cli.common import check_seconds
    from armsym.cli.gating import gate as gate_file
    from armsym.cli.gating import gated_files
    from armsym.cli.proving import Progress, chosen_solver, cpus, usual
    from armsym.errors import InputError
    from armsym.report.outcome import ExitCode
    from armsym.report.routines import (
        Gated,
        exit_code_of,
        gate_as_dict,
        gate_junit,
        gate_lines,
        gate_sarif,
        gate_summary,
    )

    began = time.monotonic()
    check_seconds("--timeout", timeout)
    for option, file in (("--junit", junit), ("--sarif", sarif)):
        if file is not None and not file.parent.is_dir():
            raise InputError(f"{option} {file}: there is no folder {file.parent}")
    second = chosen_solver(second_solver, confirm_by)
    kept, note = usual(no_cache=no_cache)
    if note:
        print_note(note)
    show = printer()
    found: list[Gated] = []
    for gated in gated_files(config):
        progress = Progress(0, quiet=True)
        for g in gate_file(
            gated, timeout=timeout, processes=jobs or cpus(), second=second, kept=kept, progress=progress
        ):
            found.append(g)
            if not as_json:
                for line in gate_lines(g, verbose=verbose):
                    show(line)
    for option, file, text in (
        ("--junit", junit, gate_junit(found)),
        ("--sarif", sarif, json.dumps(gate_sarif(found, config, version("armsym")), indent=2) + "\n"),
    ):
        if file is not None:
            try:
                file.write_text(text, encoding="utf-8")
            except OSError as e:
                raise InputError(f"{option} {file}: cannot be written: {e.strerror or e}") from None
    if as_json:
        print_json(gate_as_dict(found))
    else:
        show(gate_summary(found, time.monotonic() - began))
    code = exit_code_of(found)
    if code is not ExitCode.PROVED:
        print_error(f"{sum(not g.passed for g in found)} of {len(found)} routines do not pass")
    raise typer.Exit(code)
