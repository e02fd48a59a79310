"""A suggestion as lines of a proof file."""

from __future__ import annotations

import json
from collections.abc import Iterator

from armsym.proof.loops import Routine
from armsym.suggest.search import ForLoop, Suggestion

__all__ = ["invariant_lines", "suggestion_as_dict", "suggestion_lines"]

INDENT = "    "


def invariant_lines(x: ForLoop) -> Iterator[str]:
    """The invariant of a loop, to be pasted into the proof function; or the claims that its own one lacks."""
    a = x.added
    claims = [f"{json.dumps(name)}: {text}," for name, text in a.claims.items()]
    if x.has_one:
        yield from claims
        return
    more = [f"upto={a.upto}"]
    more += ["inclusive=True"] if a.inclusive else []
    more += [f"step={a.step}"] if a.step > 1 else []
    more += [f"when=lambda s: {a.when}"] if a.when else []
    yield f"@p.invariant({x.text}, {', '.join(more)})"
    yield "def _(s: State, i: Bits) -> Claims:"
    if not claims:
        yield f'{INDENT}return {{"nothing but what armsym finds by itself": True}}'
        return
    yield f"{INDENT}return {{"
    yield from (2 * INDENT + c for c in claims)
    yield f"{INDENT}}}"


def suggestion_lines(s: Suggestion, routine: Routine, *, confirmed: bool | None) -> Iterator[str]:
    """The whole answer.  `confirmed` is whether the proof with these lines is proved, None if that was not asked."""
    for x in s.loops:
        place = routine.image.symbolize(x.loop.head)
        if x.has_one:
            yield f"# loop at {place}: add to its invariant" if x.added.claims else f"# loop at {place}: nothing to add"
        else:
            yield f"# loop at {place}"
        yield from invariant_lines(x)
        yield ""
    if s.places:
        yield "# In another function than the proof's own, so name them there:"
        yield from (f"#   {name}: {where}" for name, where in sorted(s.places.items()))
        yield ""
    yield from (f"# {line}" for line in _verdict(s, confirmed))


def _verdict(s: Suggestion, confirmed: bool | None) -> Iterator[str]:
    if not s.loops:
        yield s.why or "no loop comes round a number of times that depends on the inputs: no invariant is needed"
    elif confirmed and all(x.has_one and not x.added.claims for x in s.loops):
        yield "Nothing is lacking: the proof is proved as it stands, in all its cases."
    elif s.closes and confirmed:
        few = "each claim was found to be needed" if s.minimal else "some claims may not be needed"
        yield f"With these lines the proof is proved, in all its cases; {few}."
    elif s.closes and confirmed is None:
        yield "With these lines the engine shows the proof's first case; no time was left for the whole."
    elif s.closes:
        yield "With these lines the engine shows the proof's first case, but the whole is not proved: see armsym prove."
    else:
        yield "Every run bears these claims out, and the engine found none that it cannot show; the proof stays open."
    for o in s.open[:8] if s.loops else []:
        yield f"open: {o.kind}, {o.name}"
        yield from (f"    {line.strip()}" for line in o.detail.splitlines()[:3])
    if s.loops and s.why:
        yield s.why
    left = [(x, text) for x in s.loops for text in x.not_shown]
    if left and not s.closes:
        yield "True in all runs, but not shown (a claim that they rest on may be missing):"
        yield from (f"    {text}" for _, text in left[:16])


def suggestion_as_dict(s: Suggestion, routine: Routine, *, confirmed: bool | None) -> dict[str, object]:
    """The answer for `--json`."""
    return {
        "closes": s.closes,
        "proved": confirmed,
        "minimal": s.minimal,
        "seconds": round(s.seconds, 3),
        "runs": s.runs,
        "asked": s.asked,
        "loops": [
            {
                "offset": x.loop.head,
                "place": routine.image.symbolize(x.loop.head),
                "loop": x.text,
                "has_invariant": x.has_one,
                "upto": x.added.upto,
                "inclusive": x.added.inclusive,
                "step": x.added.step,
                "when": x.added.when,
                "claims": dict(x.added.claims),
                "not_shown": x.not_shown,
                "lines": list(invariant_lines(x)),
            }
            for x in s.loops
        ],
        "names": s.places,
        "open": [{"kind": o.kind, "name": o.name, "detail": o.detail} for o in s.open],
        "why": s.why,
    }
