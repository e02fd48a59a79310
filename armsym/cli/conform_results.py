"""How `armsym conform` says what a comparison found: a line of text for each class, or JSON (docs/json.md)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from armsym.conform.decode import DecodeResult
    from armsym.conform.execute import ExecuteResult
    from armsym.conform.pcode.compare import PcodeResult
    from armsym.conform.symbolic import SymbolicResult

__all__ = [
    "decode_dict",
    "decode_line",
    "execute_dict",
    "execute_line",
    "pcode_dict",
    "pcode_line",
    "report",
    "symbolic_dict",
    "symbolic_line",
]

#: Version of the JSON this command prints.
SCHEMA_VERSION = 1

R = TypeVar("R", "DecodeResult", "ExecuteResult", "PcodeResult", "SymbolicResult")


def report(
    command: str,
    results: Iterable[R],
    line: Callable[[R], str],
    as_dict: Callable[[R], dict[str, Any]],
    *,
    as_json: bool,
    show: int = 10,
) -> bool:
    """Print each result as it comes, or all as JSON at the end, and say whether everything agreed."""
    ok = True
    collected = []
    for r in results:
        ok = ok and r.ok
        if as_json:
            collected.append(as_dict(r))
            continue
        status = "FAIL" if not r.ok else "ok  " if r.evidence else "none"
        typer.echo(f"{status} {line(r)}")
        for m in r.mismatches[:show]:
            typer.echo("    " + str(m).replace("\n", "\n    "))
        hidden = r.mismatch_count - min(len(r.mismatches), show)
        if hidden > 0:
            typer.echo(f"    ... and {hidden} more mismatches not shown")
        sys.stdout.flush()
    if as_json:
        answer = {"schema_version": SCHEMA_VERSION, "command": command, "ok": ok, "results": collected}
        typer.echo(json.dumps(answer, indent=2))
    return ok


def _counts(title: str, counts: dict[str, int]) -> str:
    return f", {title}: " + "; ".join(f"{n} {reason}" for reason, n in counts.items()) if counts else ""


def _as_dict(
    r: DecodeResult | ExecuteResult | PcodeResult | SymbolicResult, *of_a_mismatch: str, **found: Any
) -> dict[str, Any]:
    """What all comparisons have, `found` beside it, and the named fields of each mismatch."""

    def shown(value: Any) -> Any:
        return list(value) if isinstance(value, tuple) else value

    return {
        "name": r.name,
        "seed": r.seed,
        "words": r.words,
        **found,
        "seconds": round(r.seconds, 3),
        "mismatch_count": r.mismatch_count,
        "mismatches": [
            {"word": f"{m.word:#010x}", **{f: shown(getattr(m, f)) for f in of_a_mismatch}} for m in r.mismatches
        ],
    }


def decode_line(r: DecodeResult) -> str:
    """The line of a class."""
    return (
        f"{r.name}: {r.words} words, {r.accepted} accepted, {r.mismatch_count} mismatches, "
        f"{r.rejected_by_both} rejected by both, {r.seconds:.1f} s CPU"
        f"{'' if r.enumerated else f', sample of {r.combinations} combinations'}"
        f"{_counts('out of scope', r.out_of_scope)}{_counts('excepted', r.excepted)}"
    )


def decode_dict(r: DecodeResult) -> dict[str, Any]:
    """The JSON of a class."""
    return _as_dict(
        r,
        *("pc", "ours", "theirs", "note"),
        accepted=r.accepted,
        rejected_by_both=r.rejected_by_both,
        out_of_scope=dict(r.out_of_scope),
        excepted=dict(r.excepted),
        combinations=r.combinations,
        enumerated=r.enumerated,
    )


def execute_line(r: ExecuteResult) -> str:
    """The line of a class."""
    return (
        f"{r.name}: {r.words} words, {r.compared} executions compared ({r.faults} faults, "
        f"{r.branches} branches), {r.mismatch_count} mismatches, {r.seconds:.1f} s CPU"
        f"{_counts('skipped', r.skipped)}"
    )


def execute_dict(r: ExecuteResult) -> dict[str, Any]:
    """The JSON of a class."""
    return _as_dict(
        r,
        *("instruction", "state", "initial", "differences", "command"),
        compared=r.compared,
        faults=r.faults,
        branches=r.branches,
        skipped=dict(r.skipped),
        combinations=r.combinations,
        complete=r.complete,
    )


def symbolic_line(r: SymbolicResult) -> str:
    """The line of a class."""
    return (
        f"{r.name}: {r.words} words, {r.compared} executions compared, {r.mismatch_count} mismatches, "
        f"{r.seconds:.1f} s CPU{_counts('skipped', r.skipped)}"
    )


def symbolic_dict(r: SymbolicResult) -> dict[str, Any]:
    """The JSON of a class."""
    shown = ("instruction", "state", "differences", "command")
    return _as_dict(r, *shown, compared=r.compared, skipped=dict(r.skipped))


def pcode_line(r: PcodeResult) -> str:
    """The line of a class."""
    return (
        f"{r.name}: {r.words} words, {r.equal} proved equal, {r.mismatch_count} mismatches, {r.seconds:.1f} s CPU"
        f"{_counts('excepted', r.excepted)}{_counts('undecided', r.undecided)}{_counts('unsupported', r.unsupported)}"
        + "".join(f"\n    not decided, and not listed as such: {text}" for text in r.unexpected)
    )


def pcode_dict(r: PcodeResult) -> dict[str, Any]:
    """The JSON of a class."""
    return _as_dict(
        r,
        *("instruction", "differences", "command"),
        equal=r.equal,
        excepted=dict(r.excepted),
        undecided=dict(r.undecided),
        unexpected=list(r.unexpected),
        unsupported=dict(r.unsupported),
    )
