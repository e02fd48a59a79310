"""`armsym prove`: run proofs and report what is known after them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from armsym.cli.common import SETTINGS, JsonOption, check_seconds, print_error, print_json, print_note, printer

if TYPE_CHECKING:
    from armsym.report.outcome import Outcome

__all__ = ["prove"]


def prove(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH[::NAME]...]", help="Proof files or folders; default: crypto_examples."),
    ] = None,
    *,
    pattern: Annotated[str, typer.Option("-k", metavar="GLOB", help="Only these proofs, symbols or files.")] = "*",
    but: Annotated[
        list[str] | None, typer.Option("--except", metavar="PATH[::NAME]", help="Not these; may be given again.")
    ] = None,
    object_: Annotated[
        str | None,
        typer.Option(
            "--object",
            metavar="FILE",
            help="Prove this build instead: a file, an archive or folder of files, or FILE.py::NAME.",
        ),
    ] = None,
    symbols: Annotated[
        list[str] | None,
        typer.Option("--symbol", metavar="PROVED=IN_FILE", help="What the file calls a symbol; or its address, 0x..."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="ADDRESS", help="Where the one selected proof's routine begins.")
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", metavar="P", help="What the file puts before the names.")] = "",
    find: Annotated[
        bool, typer.Option("--find", help="Look for the proved code where the file has no symbol for it.")
    ] = False,
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
    gate: Annotated[
        Path | None,
        typer.Option("--gate", metavar="CONFIG", help="With --table: list what this gate says is unproved, too."),
    ] = None,
    second_solver: Annotated[
        bool, typer.Option("--second-solver", help="Have Bitwuzla check each answer of Z3, too.")
    ] = False,
    confirm_by: Annotated[
        Literal["bitwuzla", "cvc5", "both"] | None,
        typer.Option("--confirm-by", help="Have this solver check each answer of Z3, or both of them."),
    ] = None,
    traced: Annotated[
        bool, typer.Option("--trace", help="Show the run of a counterexample, instruction by instruction.")
    ] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Show where the time goes.")] = False,
    slow_goals: Annotated[
        Path | None, typer.Option("--slow-goals", metavar="FOLDER", help="Write what took Z3 long as SMT-LIB, too.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="DIR", help="Write a bundle of each proof, for armsym audit.")
    ] = None,
    export_budget: Annotated[
        float | None,
        typer.Option("--export-budget", metavar="S", help="CPU seconds for each bundle, 120 by default; then none."),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option("--queries", metavar="DIR", help="Write each question that Z3 answered, for armsym recheck."),
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show all obligations and assumptions.")] = False,
    offline_ok: Annotated[
        bool,
        typer.Option("--offline-ok", help="Leave out proofs of wheels that cannot be fetched, instead of failing."),
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Prove anew what is known from before; keep no results.")
    ] = False,
    dask: Annotated[
        str | None, typer.Option("--dask", metavar="ADDRESS", help="Run proofs on a Dask cluster: tcp://HOST:PORT.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Prove again whenever something changes, until Ctrl-C.")
    ] = False,
    depfile: Annotated[
        Path | None, typer.Option("--depfile", metavar="FILE", help="Write the files that the results rest on, too.")
    ] = None,
) -> None:
    """Prove routines correct, for every input that meets their precondition.

    Exit codes: 0 all proved, 1 refuted, 2 bad input, 3 undecided, 4 internal error, 5 nothing
    selected.  Of several, 4 wins over 1 over 2 over 3.
    """
    from armsym.cli.builds import Build, unused
    from armsym.cli.exporting import EXPORT_SECONDS
    from armsym.cli.proving import Progress, chosen_solver, cpus, usual
    from armsym.cli.proving import outcomes as outcomes_of
    from armsym.cli.selection import need_bundles_apart, select
    from armsym.errors import InputError
    from armsym.report.as_json import outcomes_as_dict
    from armsym.report.outcome import ExitCode, exit_code
    from armsym.report.text import outcome_lines, second_solver_lines, summary_line

    check_seconds("--timeout", timeout)
    check_seconds("--export-budget", export_budget)
    if export_budget is not None and export is None:
        raise InputError("--export-budget is for bundles: give --export DIR, too")
    for option, file in (("--junit", junit), ("--table", table), ("--slow-goals", slow_goals), ("--depfile", depfile)):
        if file is not None and not file.parent.is_dir():
            raise InputError(f"{option} {file}: there is no folder {file.parent}")
    for option, folder in (("--export", export), ("--queries", queries)):
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as e:
                raise InputError(f"{option} {folder}: {e.strerror or e}") from None
    second = chosen_solver(second_solver, confirm_by)
    if gate is not None and table is None:
        raise InputError("--gate says what the table lists as unproved: give --table FILE.md, too")
    unproved = []
    if gate is not None:
        from armsym.cli.gating import listed

        unproved = listed(gate)
    if watch:
        from armsym.cli.naming import default_target
        from armsym.cli.watching import watch as run_again

        if as_json or depfile is not None:
            raise InputError(f"--watch runs many times: it does not go with {'--json' if as_json else '--depfile'}")
        named_paths = [Path(p.rpartition("::")[0] or p) for p in paths or [str(default_target())]]
        again = [*(paths or []), "-k", pattern, *(["--object", object_] if object_ is not None else [])]
        values = {"--dask": dask, "--timeout": timeout, "-j": jobs, "--junit": junit, "--table": table, "--gate": gate}
        values |= {"--at": at, "--prefix": prefix or None, "--slow-goals": slow_goals, "--export": export}
        values |= {"--export-budget": export_budget}
        values |= {"--confirm-by": second or None, "--queries": queries}
        again += [text for option, value in values.items() if value is not None for text in (option, str(value))]
        flags = {"-v": verbose, "--offline-ok": offline_ok, "--no-cache": no_cache}
        flags |= {"--trace": traced, "--profile": profile, "--find": find}
        again += [option for option, value in flags.items() if value]
        again += [text for pair in symbols or [] for text in ("--symbol", pair)]
        again += [text for target in but or [] for text in ("--except", target)]
        raise typer.Exit(run_again(again, named_paths))
    if dask is not None and jobs is not None:
        raise InputError("-j is about this machine's processes: with --dask the workers decide how many run")
    began = time.monotonic()
    selection = select(paths or [], pattern, but=but or [])
    total = len(selection.proofs) + len(selection.broken)
    for option, folder in (("--export", export), ("--queries", queries)):
        if folder is not None:
            need_bundles_apart(selection.proofs, option)
    build = None
    if object_ is not None:
        named = [d.symbol for d in selection.proofs]
        places = [p.rpartition("::")[0] or p for p in paths or []]
        build = Build.of(object_, symbols or [], at, prefix, named, find=places if find else None)
        for note in unused(symbols or [], selection):
            print_note(note)
    elif symbols or at or prefix or find:
        raise InputError("--symbol, --at, --prefix and --find say how a build names things: give it with --object FILE")
    if not total:
        print_error(f"no proof is selected{'' if pattern == '*' else f' by -k {pattern}'}")
        if as_json:
            print_json(outcomes_as_dict([]))
        raise typer.Exit(ExitCode.NOTHING)
    show = printer()
    done: dict[int, Outcome] = {}
    progress = Progress(total)
    kept, note = usual(no_cache=no_cache)
    if note:
        print_note(note)
    farm = None
    if dask is not None:
        from armsym.cli.farm import connect

        farm = connect(dask)
    try:
        found = outcomes_of(
            selection,
            build=build,
            timeout=timeout,
            processes=jobs or cpus(),
            offline_ok=offline_ok,
            second=second,
            traced=traced,
            profiled=profile or slow_goals is not None,
            export="" if export is None else str(export if farm is None else export.absolute()),
            export_seconds=EXPORT_SECONDS if export_budget is None else export_budget,
            queries="" if queries is None else str(queries if farm is None else queries.absolute()),
            progress=progress,
            kept=kept,
            farm=farm,
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
        if farm is not None:
            farm.close()
    if kept is not None and verbose:
        for name, why in kept.notes.items():
            print_note(f"{name}: its result is not kept: {why}")
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

        told: dict[int, str] = {}
        if export is not None:
            from armsym.cli.audit import audit_cells

            told = dict(enumerate(audit_cells([done[k] for k in range(len(selection.proofs))], jobs or cpus())))
        rows = [Row(d, done[k], told.get(k)) for k, d in enumerate(selection.proofs)]
        chosen = "".join(f" {p}" for p in paths or []) + (f" -k {pattern}" if pattern != "*" else "")
        chosen += "".join(f" --except {target}" for target in but or [])
        chosen += f" --object {object_}" if object_ is not None else ""
        chosen += "".join(f" --symbol {s}" for s in symbols or []) + (f" --at {at}" if at else "")
        chosen += (f" --prefix {prefix}" if prefix else "") + (" --find" if find else "")
        try:
            chosen += " --export DIR" if export is not None else ""
            chosen += f" --gate {gate}" if gate is not None else ""
            write(rows, table, f"armsym prove{chosen} --table {table}", unproved)
        except OSError as e:
            raise InputError(f"--table {table}: cannot be written: {e.strerror or e}") from None
    if depfile is not None:
        from armsym.cli.watching import used_files

        files = used_files(selection.proofs, [o.result.file for o in outcomes if o.result.file])
        try:
            depfile.write_text("".join(f"{f}\n" for f in files), encoding="utf-8", errors="surrogateescape")
        except OSError as e:
            raise InputError(f"--depfile {depfile}: cannot be written: {e.strerror or e}") from None
    if as_json:
        print_json(outcomes_as_dict(outcomes))
    else:
        show(summary_line(outcomes, time.monotonic() - began))
        for line in second_solver_lines(outcomes):
            show(line)
        if queries is not None:
            show([(f"wrote {sum(o.queries or 0 for o in outcomes)} questions that Z3 answered to {queries}", "")])
    code = exit_code(outcomes)
    if code is ExitCode.NOTHING:
        print_error(f"nothing was proved: all {len(outcomes)} proofs are left out")
    raise typer.Exit(code)
