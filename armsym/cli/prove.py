"""`armsym prove`: run proofs and report what is known after them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armsym.cli.common import SETTINGS, JsonOption, print_error, print_json, printer

if TYPE_CHECKING:
    from armsym.cli.selection import Selection
    from armsym.cli.work import Job
    from armsym.report.outcome import Outcome

__all__ = ["prove"]


def prove(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH[::NAME]...]", help="Proof files or folders; default: crypto_examples."),
    ] = None,
    *,
    pattern: Annotated[str, typer.Option("-k", metavar="GLOB", help="Only these proofs, symbols or files.")] = "*",
    object_: Annotated[
        str | None,
        typer.Option(
            "--object",
            metavar="FILE",
            help="Prove this build instead: a .o, library.a(member.o), .so or executable, or FILE.py::NAME.",
        ),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="S", min=0.0, help="Seconds for each proof; then undecided."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("-j", "--jobs", metavar="N", min=1, help="Proofs at a time; default: all CPUs."),
    ] = None,
    as_json: JsonOption = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML to this file, too.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--table", metavar="FILE.md", help="Write a table of these proofs in Markdown, too.")
    ] = None,
    second_solver: Annotated[
        bool, typer.Option("--second-solver", help="Have Bitwuzla check each answer of Z3, too.")
    ] = False,
    traced: Annotated[
        bool, typer.Option("--trace", help="Show the run of a counterexample, instruction by instruction.")
    ] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Show where the time goes.")] = False,
    slow_goals: Annotated[
        Path | None, typer.Option("--slow-goals", metavar="FOLDER", help="Write what took Z3 long as SMT-LIB, too.")
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show all obligations and assumptions.")] = False,
    offline_ok: Annotated[
        bool,
        typer.Option("--offline-ok", help="Leave out proofs of wheels that cannot be fetched, instead of failing."),
    ] = False,
) -> None:
    """Prove routines correct, for every input that meets their precondition.

    Exit codes: 0 all proved, 1 refuted, 2 bad input, 3 undecided, 4 internal error, 5 nothing
    selected.  Of several, 4 wins over 1 over 2 over 3.
    """
    from armsym.cli.selection import select
    from armsym.errors import InputError
    from armsym.report.as_json import outcomes_as_dict
    from armsym.report.outcome import ExitCode, exit_code
    from armsym.report.text import outcome_lines, second_solver_lines, summary_line

    for option, file in (("--junit", junit), ("--table", table), ("--slow-goals", slow_goals)):
        if file is not None and not file.parent.is_dir():
            raise InputError(f"{option} {file}: there is no folder {file.parent}")
    if second_solver:
        from armsym.discharge.second import need

        need()
    began = time.monotonic()
    selection = select(paths or [], pattern)
    total = len(selection.proofs) + len(selection.broken)
    if object_ is not None:
        from armsym.cli.naming import file_named
        from armsym.cli.work import image_of

        named, object_ = object_, file_named(object_)
        image_of(object_)  # a file that cannot be used is one error, not one for each proof
    if not total:
        print_error(f"no proof is selected{'' if pattern == '*' else f' by -k {pattern}'}")
        if as_json:
            print_json(outcomes_as_dict([]))
        raise typer.Exit(ExitCode.NOTHING)
    show = printer()
    done: dict[int, Outcome] = {}
    progress = _Progress(total)
    try:
        found = _outcomes(
            selection,
            object_=object_,
            timeout=timeout,
            processes=jobs or _cpus(),
            offline_ok=offline_ok,
            second=second_solver,
            traced=traced,
            profiled=profile or slow_goals is not None,
            progress=progress,
        )
        for index, outcome in found:
            done[index] = outcome
            progress.clear()
            if not as_json:
                for line in outcome_lines(outcome, verbose=verbose):
                    show(line)
                sys.stdout.flush()
            if SETTINGS.debug and outcome.traceback:
                typer.echo(outcome.traceback, err=True)
            progress.show(len(done))
    finally:
        progress.clear()
    if len(done) != total:
        raise AssertionError(f"{total} proofs are selected, {len(done)} have an outcome")
    outcomes = [done[k] for k in sorted(done)]
    if junit is not None:
        from armsym.report.junit import junit_xml

        try:
            junit.write_text(junit_xml(outcomes), encoding="utf-8")
        except OSError as e:
            raise InputError(f"--junit {junit}: cannot be written: {e.strerror or e}") from None
    if slow_goals is not None:
        from armsym.report.profile_text import write_goals

        try:
            write_goals(outcomes, slow_goals)
        except OSError as e:
            raise InputError(f"--slow-goals {slow_goals}: cannot be written: {e.strerror or e}") from None
    if table is not None:
        from armsym.report.table import Row, write

        rows = [Row(d, done[k]) for k, d in enumerate(selection.proofs)]
        chosen = "".join(f" {p}" for p in paths or []) + (f" -k {pattern}" if pattern != "*" else "")
        chosen += f" --object {named}" if object_ is not None else ""
        try:
            write(rows, table, f"armsym prove{chosen} --table {table}")
        except OSError as e:
            raise InputError(f"--table {table}: cannot be written: {e.strerror or e}") from None
    if as_json:
        print_json(outcomes_as_dict(outcomes))
    else:
        show(summary_line(outcomes, time.monotonic() - began))
        for line in second_solver_lines(outcomes):
            show(line)
    code = exit_code(outcomes)
    if code is ExitCode.NOTHING:
        print_error(f"nothing was proved: all {len(outcomes)} proofs are left out")
    raise typer.Exit(code)


def _outcomes(
    selection: Selection,
    *,
    object_: str | None,
    timeout: float | None,
    processes: int,
    offline_ok: bool,
    second: bool,
    traced: bool,
    profiled: bool,
    progress: _Progress,
) -> Iterator[tuple[int, Outcome]]:
    """(place in the report, outcome) of all that was selected, as they are known."""
    from armsym.cli.work import Job, run_alone, run_here
    from armsym.errors import ArmsymError
    from armsym.proof.result import ProofResult, Status
    from armsym.report.outcome import Outcome
    from armsym.wheels import WheelUnavailable

    count = len(selection.proofs)
    for k, (file, error) in enumerate(selection.broken):
        result = ProofResult(file.name, "", "", status=Status.ERROR, message=str(error))
        yield count + k, Outcome(result, str(file))
    todo: list[tuple[int, Job]] = []
    specs: dict[object, str | ArmsymError] = {}
    for k, d in enumerate(selection.proofs):
        # Files are fetched here, once each, and not by several processes at a time.
        spec: str | ArmsymError
        if object_ is not None:
            spec = object_
        else:
            key = (d.file, d.of) if isinstance(d.of, str) else d.of
            if key not in specs:
                progress.note(f"looking for {d.of}")
                try:
                    specs[key] = d.object_spec()
                except ArmsymError as e:
                    specs[key] = e
            spec = specs[key]
        if isinstance(spec, str):
            todo.append((k, Job.of(d, spec, timeout, second=second, traced=traced, profiled=profiled)))
            continue
        outcome = Job.of(d, str(d.of), None).outcome(Status.ERROR, str(spec))
        if offline_ok and isinstance(spec, WheelUnavailable):
            outcome.left_out = str(spec)
        yield k, outcome
    alone = timeout is not None or len(todo) > 1
    if not alone:
        for k, job in todo:
            progress.begin(job.name)
            yield k, run_here(job)
        return
    for index, finished in run_alone([job for _, job in todo], processes):
        place, job = todo[index]
        if finished is None:
            progress.begin(job.name)
        else:
            progress.end(job.name)
            yield place, finished


def _cpus() -> int:
    try:
        return len(os.sched_getaffinity(0)) or 1
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class _Progress:
    """One line on stderr that is rewritten, on a terminal only.  No thread: processes are forked."""

    def __init__(self, total: int) -> None:
        self._on = sys.stderr.isatty()
        self._total = total
        self._done = 0
        self._names: list[str] = []

    def note(self, text: str) -> None:
        """Say what is going on now."""
        if self._on:
            sys.stderr.write(f"\r\x1b[K{text[:100]}")
            sys.stderr.flush()

    def begin(self, name: str) -> None:
        """A proof begins."""
        self._names.append(name)
        self.show(self._done)

    def end(self, name: str) -> None:
        """A proof ended."""
        if name in self._names:
            self._names.remove(name)

    def show(self, done: int) -> None:
        """So many of all proofs are done."""
        self._done = done
        if done < self._total:
            self.note(f"{done}/{self._total} done; proving {', '.join(self._names)}")

    def clear(self) -> None:
        """Remove the line."""
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
