"""`armsym audit`: re-check bundles that `armsym prove --export` wrote."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from armsym.cli.common import JsonOption, print_error, print_json, printer

if TYPE_CHECKING:
    from armsym.audit.audit import Checker, Verdict
    from armsym.report.outcome import Outcome

__all__ = ["audit", "audit_cells"]


def audit(
    bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE...", help="Bundles, or folders of them.")],
    *,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="The file that was proved; default: where it was then.")
    ] = None,
    checker: Annotated[
        Literal["python", "ocaml", "coq"],
        typer.Option("--checker", help="Who accepts equalities and linear arguments."),
    ] = "python",
    as_json: JsonOption = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print each contract and what was checked.")] = False,
) -> None:
    """Re-check proofs with code of its own: from a bundle and the file alone.

    Exit codes: 0 all audited, 2 bad input, 3 something was not re-checked or refused, 5 no bundle.
    """
    from armsym.audit.checkers import ACCEPTED_BY
    from armsym.audit.together import settle
    from armsym.cli.naming import file_named
    from armsym.errors import InputError
    from armsym.report.outcome import ExitCode

    found: list[Path] = []
    for path in bundles:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        found += sorted(path.glob("*.bundle")) if path.is_dir() else [path]
    if not found:
        print_error("there is no bundle")
        raise typer.Exit(ExitCode.NOTHING)
    named = None if file is None else file_named(file)
    ready = _ready(checker)
    done: list[_Done] = []
    for path in found:
        began = _cpu_seconds()
        verdict, of = _audited(path, named, ready)
        done.append(_Done(path, of, verdict, _cpu_seconds() - began))
        if not as_json and not verdict.unsettled:
            _tell(done[-1], checker, whole=verbose or len(found) == 1, verbose=verbose)
    # Contracts of routines that are called are those of bundles that were all looked at.
    later = [d for d in done if d.verdict.unsettled]
    settle([d.verdict for d in done])
    if not as_json:
        for d in later:
            _tell(d, checker, whole=verbose or len(found) == 1, verbose=verbose)
    results = [_as_json(d, checker) for d in done]
    audited = sum(r["status"] == "audited" for r in results)
    if as_json:
        print_json({"audits": results})
    else:
        left = f", {len(results) - audited} not" if audited < len(results) else ""
        by = "" if checker == "python" else f"; accepted by {ACCEPTED_BY[checker]}"
        printer()([(f"{audited} audited{left}{by}", "bold")])
    raise typer.Exit(ExitCode.PROVED if audited == len(results) else ExitCode.UNDECIDED)


@dataclass
class _Done:
    """A bundle's audit: its path, the file it is about, and CPU seconds."""

    path: Path
    of: str
    verdict: Verdict
    seconds: float

    @property
    def status(self) -> str:
        return "audited" if self.verdict.audited else "not audited"


def _tell(d: _Done, checker: Literal["python", "ocaml", "coq"], *, whole: bool, verbose: bool) -> None:
    from armsym.audit.checkers import ACCEPTED_BY
    from armsym.audit.wording import contract_lines, verdict_lines

    show, verdict = printer(), d.verdict
    show(
        [
            (f"{d.status:11}", "green" if verdict.audited else "yellow"),
            (f" {verdict.bundle.proof}  ({verdict.bundle.symbol} of {Path(d.of).name})  {d.seconds:.1f} s", ""),
        ]
    )
    if whole:
        for case in verdict.bundle.cases:
            for line in contract_lines(case):
                show([(f"  {line}", "")])
        show([("  re-checked", "bold")])
    if whole or not verdict.audited:
        for line in verdict_lines(verdict, ACCEPTED_BY[checker]):
            show([(f"    {line}", "")])


def _as_json(d: _Done, checker: str) -> dict[str, object]:
    verdict = d.verdict
    return {
        "bundle": str(d.path),
        "proof": verdict.bundle.proof,
        "symbol": verdict.bundle.symbol,
        "file": d.of,
        "file_sha256": verdict.bundle.file_sha256,
        "status": d.status,
        "refused": verdict.refused,
        "not_rechecked": verdict.missing,
        "contracts_open": sorted(set(verdict.unsettled.values())),
        "rests_on": sorted(verdict.rests_on),
        "rechecked": verdict.counts,
        "checker": checker,
        "certificates": verdict.certificates,
        "linear_arguments": verdict.linear,
        "relations": verdict.relations,
        "seconds": round(d.seconds, 3),
    }


def _cpu_seconds() -> float:
    """Of this process and of those that it ran and that ended."""
    return sum(os.times()[:4])


def _ready(name: Literal["python", "ocaml", "coq"]) -> Checker:
    """The checker, compiled; raises `InputError` where what it needs is not installed, or does not compile it."""
    from armsym.audit.checkers import checker
    from armsym.audit.proved import CheckerError, CheckerUnavailableError
    from armsym.errors import InputError

    try:
        return checker(name)
    except (CheckerUnavailableError, CheckerError) as e:
        raise InputError(f"--checker {name}: {e}") from None


def _audited(path: Path, named: str | None, checker: Checker) -> tuple[Verdict, str]:
    """The verdict on a bundle, and the file it is about; raises `InputError`."""
    from armsym.audit.audit import audit as run
    from armsym.audit.elf import Elf, ElfError
    from armsym.audit.text import BundleError, read
    from armsym.errors import InputError

    try:
        bundle = read(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{path}: {e}") from None
    except BundleError as e:
        raise InputError(f"{path}: {e}") from None
    of = named or bundle.object
    if not of:
        raise InputError(f"{path} does not tell where the file under proof lies: name it by --file")
    try:
        elf = Elf.read(of)
        entry, _ = elf.symbol(bundle.symbol)
    except (OSError, ElfError) as e:
        raise InputError(f"{of}: {e}" if str(of) not in str(e) else str(e)) from None
    if elf.sha256 != bundle.file_sha256:
        raise InputError(f"{path} is about a file with SHA-256 {bundle.file_sha256}, {of} has {elf.sha256}")
    return run(bundle, elf, entry, checker), of


def audit_cells(outcomes: Sequence[Outcome]) -> list[str]:
    """What the table of proofs says of the audit of each exported proof: `AUDITED`, or what is missing.

    Contracts that one uses are those of others among these.
    """
    from armsym.audit.audit import Verdict
    from armsym.audit.together import settle

    found = [_cell(o) for o in outcomes]
    settle([v for v in found if isinstance(v, Verdict)])
    return [_said(v) if isinstance(v, Verdict) else v for v in found]


def _said(verdict: Verdict) -> str:
    from armsym.report.table import AUDITED

    if verdict.audited:
        return AUDITED
    open_ = [*verdict.missing, *verdict.open_contracts]
    return "; ".join([*verdict.refused, *(f"not re-checked: {m}" for m in open_)]) or "no case"


def _cell(outcome: Outcome) -> Verdict | str:
    """The verdict on a proof's bundle; or what there is to say without one."""
    from armsym.audit.audit import Checker
    from armsym.errors import InputError
    from armsym.proof.result import Status
    from armsym.report.outcome import NO_BUNDLE

    if outcome.left_out or outcome.internal or outcome.result.status is not Status.PROVED:
        return ""
    if not outcome.bundle or outcome.bundle.startswith(NO_BUNDLE):
        return outcome.bundle.removeprefix(NO_BUNDLE) or "no bundle"
    try:
        verdict, _ = _audited(Path(outcome.bundle), None, Checker())
    except InputError as e:
        return str(e)
    if (verdict.bundle.proof, verdict.bundle.file_sha256) != (outcome.result.proof, outcome.result.file_sha256):
        return "the bundle is of another proof"
    return verdict
