"""The command `armsym`: one module for each command, heavy imports inside the command that needs them.

Exit codes are those of `armsym.report.outcome.ExitCode`; every message about bad input is one line.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from armsym.cli import (
    audit,
    coverage,
    disasm,
    docs,
    equiv,
    explain,
    explore,
    gate,
    listing,
    new,
    prove,
    recheck,
    simulate,
    simulation,
    solve,
    suggest,
    symbols,
    view,
)
from armsym.cli.common import SETTINGS, print_error
from armsym.cli.registers import CONTEXT
from armsym.cli.supervised import supervised
from armsym.errors import ArmsymError, need_assertions

__all__ = ["build", "main", "run"]

_CONFORM_HELP = "Compare the semantics with Capstone and Unicorn."


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"armsym {version('armsym')}")
        raise typer.Exit


def _options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Prove AArch64 crypto machine code correct against executable standards, for every length.

    Exit codes: 0 all proved, 1 refuted, 2 usage or bad input, 3 undecided, 4 internal error,
    5 nothing selected.
    """
    SETTINGS.debug = debug


def build(*, conform: bool) -> typer.Typer:
    """The application; without `conform` the commands of the oracles are a name and a help text only."""
    # Without rich help texts --help takes half the time.
    app = typer.Typer(callback=_options, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command("prove", short_help="Prove routines correct.")(prove.prove)
    app.command("audit", short_help="Re-check exported proofs with code of its own.")(audit.audit)
    app.command("recheck", short_help="Certify what Z3 answered, without a solver.")(recheck.recheck)
    app.command("gate", short_help="Account for every routine of a file.")(gate.gate)
    app.command("view", short_help="Write a page that shows a proof.")(view.view)
    app.command("list", short_help="List the proofs there are.")(listing.list_proofs)
    app.command("new", short_help="Write a proof skeleton for a routine.")(new.new)
    app.command("explore", short_help="Step through a proof, and try claims.")(explore.explore)
    app.command("suggest", short_help="Propose invariants for a proof's loops.")(suggest.suggest)
    app.command("symbols", short_help="List the routines of a file, and the proofs for them.")(symbols.symbols)
    app.command("disasm", short_help="Disassemble a routine as armsym decodes it.")(disasm.disasm)
    app.command("explain", short_help="Explain one instruction.")(explain.explain)
    app.command("run", short_help="Run a routine on numbers.", context_settings=CONTEXT)(simulation.run)
    on_symbols = app.command("simulate", short_help="Run a routine on symbols.", context_settings=CONTEXT)
    on_symbols(simulate.simulate)
    asked = app.command("solve", short_help="Find an input that ends as is wanted.", context_settings=CONTEXT)
    asked(solve.solve)
    two = app.command("equiv", short_help="Compare two routines for every input.", context_settings=CONTEXT)
    two(equiv.equiv)
    app.command("coverage", short_help="Count the modelled instructions of a file.")(coverage.coverage)
    app.command("docs", short_help="Show a page of the documentation.")(docs.docs)
    if conform:
        from armsym.cli.conform import app as oracles
    else:
        oracles = typer.Typer()
        oracles.command("decode")(_version)
        oracles.command("execute")(_version)
    app.add_typer(oracles, name="conform", help=_CONFORM_HELP)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run a command line, without the program's name; returns the exit code."""
    SETTINGS.debug = False
    command = typer.main.get_command(build(conform="conform" in arguments))
    try:
        need_assertions()
        command.main(list(arguments), prog_name="armsym")
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else int(e.code is not None)
    except ArmsymError as e:
        print_error(e)
        return e.exit_code
    except Exception as e:  # noqa: BLE001 - the one place where whatever is left becomes exit 4
        if SETTINGS.debug:
            traceback.print_exc()
        hint = "" if SETTINGS.debug else " (armsym --debug ... shows the traceback)"
        print_error(f"internal error: {type(e).__name__}: {e}{hint}")
        return 4
    return 0


def main() -> NoReturn:
    """The entry point of the command."""
    if hasattr(signal, "SIGPIPE"):
        # `armsym ... | head` ends by the signal, as others do: typer would exit with 1, "refuted".
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(supervised(lambda: run(sys.argv[1:])))
