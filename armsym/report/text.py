"""Outcomes as text: lines made of pieces, each with a style that a terminal shows and a pipe drops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath

from armsym.discharge.recheck import Rechecked
from armsym.proof.result import KINDS, Obligation, Status
from armsym.report.outcome import Outcome, summary
from armsym.report.profile_text import profile_lines
from armsym.report.refuted_text import counterexample_lines
from armsym.report.why_text import Line, why_lines
from armsym.report.wording import NO_RESULTS, claims_nothing

__all__ = ["Line", "outcome_lines", "second_solver_lines", "summary_line"]

_STYLES = {
    "proved": "green",
    "refuted": "bold red",
    "undecided": "yellow",
    "error": "bold magenta",
    "left out": "cyan",
}


def outcome_lines(o: Outcome, *, verbose: bool = False) -> Iterator[Line]:
    """One line for a proof that holds; below it, what failed, or everything if `verbose`."""
    r = o.result
    status = "left out" if o.left_out else r.status.value
    head = [(f"{status:<9}", _STYLES[status]), (f"  {r.proof}", "bold")]
    place = PurePath(r.file).name if r.file else ""
    if place and r.symbol not in ("", r.proof):
        place = f"{r.symbol} in {place}"
    if place:
        head.append((f"  ({place})", ""))
    if o.left_out:
        yield [*head, (f": {o.left_out}", "")]
        return
    yield [*head, (f"  cached, {r.seconds:.1f} s when proved" if o.cached else f"  {r.seconds:.1f} s", "dim")]
    if claims_nothing(r):
        yield [(f"    proved: {NO_RESULTS}", "yellow")]
    if r.message:
        yield [(f"    {' '.join(r.message.split())}", "")]
    if o.bundle:
        yield [(f"    {o.bundle}", "dim")]
    failing = [x for x in r.obligations if x.status is not Status.PROVED]
    if verbose:
        yield from _table(r.obligations)
    for x in failing:
        yield from _failure(x, told=r.counterexample.detail if r.counterexample else "")
    if r.counterexample is not None:
        yield from counterexample_lines(r.counterexample, o)
    if r.profile is not None:
        yield from profile_lines(r.profile)
    for text in r.shown:
        yield from ([(f"    {line}", "")] for line in text.splitlines())
    if verbose:
        if r.assumptions:
            yield [("    assuming", "bold")]
        for a in r.assumptions:
            yield [(f"      - {a}", "")]
        if r.file_sha256:
            yield [(f"    file SHA-256 {r.file_sha256}", "dim")]
        if r.code_sha256:
            yield [(f"    code SHA-256 {r.code_sha256}", "dim")]
    if failing and o.source:
        yield [(f"    the proof: {o.source}", "dim")]


def summary_line(outcomes: Sequence[Outcome], seconds: float) -> Line:
    """`12 proved, 1 refuted in 3.4 s`."""
    pieces: list[tuple[str, str]] = []
    for name, n in summary(outcomes).items():
        pieces += [(", " if pieces else "", ""), (f"{n} {name}", _STYLES[name] if n else "")]
    nothing = sum(claims_nothing(o.result) and not o.left_out for o in outcomes)
    if nothing:
        pieces.append((f" ({nothing} of them claim{'s' * (nothing == 1)} nothing about results)", "yellow"))
    cached = sum(o.cached for o in outcomes)
    if cached:
        pieces.append((f", {'all' if cached == len(outcomes) else cached} from the cache", "cyan"))
    return [*pieces, (f" in {seconds:.1f} s", "dim")]


def second_solver_lines(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """`Bitwuzla confirmed 120 of 120 answers of Z3`; after the proofs of which it did not confirm all."""
    total = Rechecked()
    for o in outcomes:
        told = o.result.second or Rechecked()
        total.join(told)
        if told.lacking:
            yield [(f"{o.result.proof}: ", "bold"), (told.lacking, "yellow")]
    if total.solver:
        text = f"{total.solver} confirmed {total.confirmed} of {total.asked} answers of Z3"
        text += f" ({', '.join(f'{name} {n}' for name, n in total.each.items())})" if total.each else ""
        yield [
            (text, "" if total.confirmed == total.asked else "yellow"),
            (f" in {total.seconds:.1f} s of CPU", "dim"),
        ]


def _table(obligations: Sequence[Obligation]) -> Iterator[Line]:
    order = {k: n for n, k in enumerate(KINDS)}
    rows = sorted(obligations, key=lambda x: order.get(x.kind, len(order)))
    if not rows:
        return
    cells = [("kind", "obligation", "status", "by", "seconds")]
    cells += [(x.kind, x.name, x.status.value, ", ".join(x.by), f"{x.seconds:.3f}") for x in rows]
    widths = [max(len(row[k]) for row in cells) for k in range(5)]
    for n, row in enumerate(cells):
        kind, name, status, by, seconds = (c.ljust(w) for c, w in zip(row, widths, strict=True))
        style = _STYLES.get(row[2], "dim")
        base = "" if n else "dim"
        yield [
            (f"    {kind}  {name}  ", base),
            (status, style),
            (f"  {by}  {seconds.strip():>{widths[4]}}", base),
        ]


def _failure(x: Obligation, told: str) -> Iterator[Line]:
    by = f"  ({', '.join(x.by)})" if x.by and x.status is Status.REFUTED else ""
    yield [("    ", ""), (x.status.value, _STYLES[x.status.value]), (f"  {x.kind}: {x.name}{by}", "")]
    if x.detail != told:  # else the counterexample says it
        yield from why_lines(x)
