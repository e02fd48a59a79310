"""`armsym audit`: re-check bundles that `armsym prove --export` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armsym.cli.common import CheckerName, JsonOption, check_seconds, print_error, print_json, printer

if TYPE_CHECKING:
    from armsym.audit.audit import Verdict
    from armsym.cli.auditing import Finding
    from armsym.report.outcome import Outcome

__all__ = ["audit", "audit_cells", "said"]


def audit(
    bundles: Annotated[list[Path], typer.Argument(metavar="BUNDLE...", help="Bundles, or folders of them.")],
    *,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="The file that was proved; default: where it was then.")
    ] = None,
    checker: Annotated[
        CheckerName,
        typer.Option("--checker", help="Who accepts equalities and linear arguments."),
    ] = "python",
    jobs: Annotated[
        int | None,
        typer.Option("-j", "--jobs", metavar="N", min=1, help="Bundles at a time; default: all CPUs."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="S", min=0.0, help="CPU seconds for each bundle; then not audited."),
    ] = None,
    as_json: JsonOption = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print each contract and what was checked.")] = False,
) -> None:
    """Re-check proofs with code of its own: from a bundle and the file alone.

    Exit codes: 0 all audited, 2 bad input, 3 something was not re-checked or refused, 4 internal
    error, 5 no bundle. Of several, 4 wins over 2 over 3.
    """
    from armsym.audit.checkers import ACCEPTED_BY
    from armsym.audit.together import settle
    from armsym.cli.apart import cpus
    from armsym.cli.auditing import SECONDS, Question, audit_here, audits, exit_code, ready
    from armsym.cli.naming import file_named
    from armsym.errors import InputError
    from armsym.report.outcome import ExitCode

    check_seconds("--timeout", timeout)
    found: list[Path] = []
    for path in bundles:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        found += sorted(path.glob("*.bundle")) if path.is_dir() else [path]
    if not found:
        print_error("there is no bundle")
        raise typer.Exit(ExitCode.NOTHING)
    named = None if file is None else file_named(file)
    ready(checker)
    alone = len(found) == 1
    seconds = SECONDS if timeout is None else timeout
    questions = [Question(path, named, checker, whole=verbose or alone, seconds=seconds) for path in found]
    done: list[Finding] = []
    # A single bundle without a limit is audited in this process.
    for f in [audit_here(questions[0])] if alone and timeout is None else audits(questions, jobs or cpus()):
        done.append(f)
        if f.error:
            print_error(f.error if str(f.path) in f.error else f"{f.path}: {f.error}")
        if not as_json and not (f.verdict and f.verdict.unsettled):
            _tell(f, checker, verbose=verbose)
    # Contracts of routines that are called are those of bundles that were all looked at.
    later = [f for f in done if f.verdict and f.verdict.unsettled]
    settle([f.verdict for f in done if f.verdict])
    if not as_json:
        for f in later:
            _tell(f, checker, verbose=verbose)
    if len(done) != len(found):
        raise AssertionError(f"{len(found)} bundles are to be audited, {len(done)} have a finding")
    audited = sum(f.audited for f in done)
    if as_json:
        print_json({"audits": [_as_json(f, checker) for f in done]})
    elif audited or not alone:
        left = f", {len(done) - audited} not" if audited < len(done) else ""
        by = "" if checker == "python" else f"; accepted by {ACCEPTED_BY[checker]}"
        printer()([(f"{audited} audited{left}{by}", "bold")])
    raise typer.Exit(exit_code(done))


def _status(f: Finding) -> str:
    return "audited" if f.audited else "not audited"


def _tell(f: Finding, checker: CheckerName, *, verbose: bool) -> None:
    from armsym.audit.checkers import ACCEPTED_BY
    from armsym.audit.wording import verdict_lines

    show, style = printer(), "green" if f.audited else "yellow"
    if f.verdict is None:
        show([(f"{_status(f):11}", style), (f" {f.path.name}  {f.seconds:.1f} s", "")])
        return
    of = f.verdict.bundle
    show([(f"{_status(f):11}", style), (f" {of.proof}  ({of.symbol} of {Path(f.of).name})  {f.seconds:.1f} s", "")])
    for line in f.contract:
        show([(f"  {line}", "")])
    if f.contract:
        show([("  re-checked", "bold")])
    if f.contract or verbose or not f.audited:
        for line in verdict_lines(f.verdict, ACCEPTED_BY[checker]):
            show([(f"    {line}", "")])


def _as_json(f: Finding, checker: str) -> dict[str, object]:
    from armsym.audit.audit import Verdict
    from armsym.audit.bundle import Bundle

    verdict = f.verdict or Verdict(Bundle())
    return {
        "bundle": str(f.path),
        "proof": verdict.bundle.proof,
        "symbol": verdict.bundle.symbol,
        "file": f.of,
        "file_sha256": verdict.bundle.file_sha256,
        "status": _status(f),
        "error": f.error,
        "refused": verdict.refused,
        "not_rechecked": verdict.missing,
        "contracts_open": sorted(set(verdict.unsettled.values())),
        "rests_on": sorted(verdict.rests_on),
        "rechecked": verdict.counts,
        "checker": checker,
        "certificates": verdict.certificates,
        "linear_arguments": verdict.linear,
        "relations": verdict.relations,
        "seconds": round(f.seconds, 3),
    }


def audit_cells(outcomes: Sequence[Outcome], processes: int = 1) -> list[str]:
    """What the table of proofs says of the audit of each exported proof: `AUDITED`, or what is missing.

    Contracts that one uses are those of others among these.  So many bundles are audited at a time.
    """
    from armsym.audit.together import settle
    from armsym.cli.auditing import Question, audits

    cells = [_without(o) for o in outcomes]
    asked = [k for k, cell in enumerate(cells) if cell is None]
    found = dict(zip(asked, audits([Question(Path(outcomes[k].bundle)) for k in asked], processes), strict=True))
    # A bundle of another proof speaks neither for this one nor for one that calls its routine.
    strange = {k for k, f in found.items() if f.verdict and not _is_of(f.verdict, outcomes[k])}
    settle([f.verdict for k, f in found.items() if f.verdict and k not in strange])
    return [
        cell if cell is not None else "the bundle is of another proof" if k in strange else said(found[k])
        for k, cell in enumerate(cells)
    ]


def _without(outcome: Outcome) -> str | None:
    """What there is to say of a proof without a bundle; None where it has one."""
    from armsym.proof.result import Status
    from armsym.report.outcome import NO_BUNDLE

    if outcome.left_out or outcome.internal or outcome.result.status is not Status.PROVED:
        return ""
    if not outcome.bundle or outcome.bundle.startswith(NO_BUNDLE):
        return outcome.bundle.removeprefix(NO_BUNDLE) or "no bundle"
    return None


def _is_of(verdict: Verdict, outcome: Outcome) -> bool:
    of, result = verdict.bundle, outcome.result
    return (of.proof, of.file_sha256) == (result.proof, result.file_sha256)


def said(f: Finding) -> str:
    """What the table of proofs says of a finding, once all are settled."""
    from armsym.report.table import AUDITED

    if f.verdict is None:
        return f.error
    if f.audited:
        return AUDITED
    open_ = [*f.verdict.missing, *f.verdict.open_contracts]
    return "; ".join([*f.verdict.refused, *(f"not re-checked: {m}" for m in open_)]) or "no case"
