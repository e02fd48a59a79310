"""A counterexample as lines for people: inputs, what broke and where, how to run it again, and the run itself."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from armsym.proof.result import Counterexample
from armsym.proof.trace import TraceStep
from armsym.report.outcome import Outcome
from armsym.report.why_text import Line, field_lines

__all__ = ["command", "counterexample_lines", "trace_lines"]

#: So many steps of a run are shown, at each end of it.
SHOWN = 40


def command(o: Outcome) -> str:
    """What runs the counterexample again: one command, or where its state has no command line, two."""
    c = o.result.counterexample
    if c is None or c.command or not o.source:
        return "" if c is None else c.command
    proof = f"{o.source.rpartition(':')[0]}::{o.result.proof}"
    first = shlex.join(["armsym", "prove", proof, "--object", o.result.file, "--json"])
    again = ["armsym", "run", o.result.file, o.result.symbol, "--entry", f"answer.json::{o.result.proof}"]
    return f"{first} > answer.json; {shlex.join(again)}"


def counterexample_lines(c: Counterexample, o: Outcome) -> Iterator[Line]:
    """The lines of the counterexample of an outcome."""
    yield [("    counterexample", "bold"), (f" to {c.kind}: {c.claim}", "")]
    inputs = [(name, value) for name, value in c.inputs.items()]
    # Two runs that differ are no expectation and what came of it.
    sides = (
        [("expected", c.expected), ("got", c.got)] if c.other_entry is None else [("one", c.expected), ("other", c.got)]
    )
    width = max(8, *(len(name) for name, _ in inputs)) if inputs else 8
    if inputs:
        yield [("      inputs", "dim"), (" (the smallest found)" if c.shrunk_from else "", "dim")]
    for name, value in inputs:
        yield from field_lines(f"        {name:<{width}}  ", value, "cyan")
    if c.other_inputs:
        yield [("      inputs of the other run, where they differ", "dim")]
    for name, value in c.other_inputs.items():
        yield from field_lines(f"        {name:<{width}}  ", value, "cyan")
    rest = [*sides, ("differ", c.differs), ("where", c.detail), ("departs", _departs(c)), ("replay", c.replay)]
    for name, value in rest:
        if value:
            yield from field_lines(f"      {name:<{width + 2}}  ", value, "")
    for hint in c.hints:
        yield from field_lines(f"      {'hint':<{width + 2}}  ", hint, "bold")
    # On one line each, to be pasted.
    label = f"      {'run it':<{width + 2}}  "
    if line := command(o):
        yield [(label, "dim"), (line, "")]
    if c.other_command:
        yield [(" " * len(label), ""), (c.other_command, "")]
    marks = _marks(c)
    if c.trace:
        yield [("    the first run" if c.other_trace else "    the run", "bold")]
        yield from trace_lines(c.trace, marks)
    if c.other_trace:
        yield [("    the other run", "bold")]
        yield from trace_lines(c.other_trace, marks)


def _departs(c: Counterexample) -> str:
    d = c.departure
    if d is None:
        return ""
    return (
        f"from the proof before instruction {d.number}, at {d.at:#x}: {d.where}: {d.claim} (expected {d.expected},"
        f" got {d.got})"
    )


def _marks(c: Counterexample) -> dict[int, str]:
    """By number, the steps of a run before which something is to be said, and what."""
    if c.departure is not None:
        return {c.departure.number: f"here it departs from the proof: {c.departure.where}: {c.departure.claim}"}
    for one, other in zip(c.trace, c.other_trace, strict=False):
        if one.at != other.at:
            return {one.number: "here the two runs part"}
    return {}


def trace_lines(steps: Sequence[TraceStep], marks: Mapping[int, str]) -> Iterator[Line]:
    """A run, an instruction on each line with what it changed; of a long one both ends, and what is near the marks.

    `marks` are texts by the number of the step that they stand before.
    """
    kept = set(range(SHOWN)) | set(range(len(steps) - SHOWN, len(steps)))
    for number in marks:
        kept |= set(range(number - 6, number + 5))
    gap = 0
    for k, s in enumerate(steps):
        if k not in kept:
            gap += 1
            continue
        if gap:
            yield [(f"      ... {gap} instructions", "dim")]
            gap = 0
        if s.number in marks:
            yield [(f"      {marks[s.number]}", "bold red")]
        yield _step(s)


def _step(s: TraceStep) -> Line:
    stores = [f"{a.place} = {a.value}" for a in s.accesses if a.verb == "store" and a.value]
    changed = "  ".join([*(f"{x.name} = {x.after}" for x in s.changed), *stores])
    return [
        (f"      {s.number:>5}  {s.at:#x} <{s.where}>  ", "dim"),
        (f"{s.assembly:<36}", ""),
        (f"  {changed}" if changed else "", "cyan"),
        (f"  {s.stopped}" if s.stopped else "", "bold red"),
    ]
