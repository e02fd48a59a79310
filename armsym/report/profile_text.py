"""Where a proof spent its time, as lines for people; and its slow goals as files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from armsym.proof.profile import Profile, Spent
from armsym.report.outcome import Outcome
from armsym.report.why_text import Line

__all__ = ["by_time", "profile_lines", "write_goals"]

#: So many of each kind are shown, and nothing that took less CPU seconds.
ROWS, LEAST = 12, 0.005


def by_time(rows: Mapping[str, Spent]) -> list[tuple[str, Spent]]:
    """What took the most time first."""
    return sorted(rows.items(), key=lambda row: -row[1].seconds)


def profile_lines(p: Profile) -> Iterator[Line]:
    """Tables of phases, obligations, ranges of instructions and slow goals."""
    yield [("    profile", "bold"), ("  CPU s    terms    times", "dim")]
    all_obligations = Spent(
        sum(s.seconds for s in p.obligations.values()),
        sum(s.terms for s in p.obligations.values()),
        sum(s.times for s in p.obligations.values()),
    )
    phases = by_time(
        {**p.phases, "obligations shown": all_obligations, "instructions executed": _all(p.places.values())}
    )
    yield from _table("phases, without what is listed by itself", phases)
    yield from _table("Z3, in all of these", [("", p.solver)])
    yield from _table("obligations", by_time(p.obligations))
    ranges = [(f"{r.first:#x} to {r.last:#x}", r.spent) for r in p.ranges()]
    yield from _table("instructions", ranges)
    if p.goals:
        yield [("      slow goals of Z3 (--slow-goals FOLDER writes them)", "")]
    for g in p.goals[:ROWS]:
        yield [(f"      {g.seconds:>9.3f}  {'':>15}  ", "dim"), (f"{g.obligation} ({g.how})", "")]


def _all(rows: Iterable[Spent]) -> Spent:
    total = Spent()
    for s in rows:
        total.seconds, total.terms, total.times = (
            total.seconds + s.seconds,
            total.terms + s.terms,
            total.times + s.times,
        )
    return total


def _table(title: str, rows: list[tuple[str, Spent]]) -> Iterator[Line]:
    shown = [(name, s) for name, s in rows if s.seconds >= LEAST][:ROWS]
    if not shown:
        return
    yield [(f"      {title}", "")]
    for name, s in shown:
        yield [(f"      {s.seconds:>9.3f} {s.terms:>8} {s.times:>7}  ", "dim"), (name, "")]
    if len(rows) > len(shown):
        rest = _all(s for _, s in rows[len(shown) :])
        yield [
            (f"      {rest.seconds:>9.3f} {rest.terms:>8} {rest.times:>7}  ", "dim"),
            (f"{len(rows) - len(shown)} others", ""),
        ]


def write_goals(outcomes: Iterable[Outcome], folder: Path) -> None:
    """Write each slow goal as `PROOF-NUMBER.smt2`, the slowest first; raises `OSError`."""
    folder.mkdir(exist_ok=True)
    for o in outcomes:
        for k, g in enumerate(o.result.profile.goals if o.result.profile is not None else ()):
            name = re.sub(r"\W+", "_", o.result.proof)
            text = f"; {o.result.proof}: {g.obligation}\n; {g.seconds:.3f} CPU s, as {g.how}\n{g.script}"
            (folder / f"{name}-{k:02}.smt2").write_text(text, encoding="utf-8")
