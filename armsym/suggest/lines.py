"""Claims about buffers of any length, and about registers that hold an address or a number made of i."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from armsym.errors import ArmsymError
from armsym.proof.claims import parts
from armsym.proof.handles import Pointwise, Region
from armsym.proof.state import handed
from armsym.suggest.arrival import Arrival
from armsym.suggest.runs import Seen
from armsym.suggest.scope import Scope
from armsym.suggest.shape import Shape

__all__ = ["bounds", "buffers_done", "lines"]

#: Blocks of a buffer that an iteration may do.
RATES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
M64 = (1 << 64) - 1
#: Distances from the begin of a region, or from a length, that are looked at.
NEAR = 1 << 16


def buffers_done(a: Arrival, _shape: Shape, _numbers: Sequence[str]) -> Iterator[tuple[set[str], str, str]]:
    """What the postcondition says of a buffer, of as many blocks as are done at the loop's head."""
    for text, p in _stated(a.seen):
        region = a.seen.scope.name_of(p.region)
        if region is None:
            continue
        counts = ["i", *(f"{k} * i" for k in RATES[1:])]
        base = p.region.base.uint
        for n in range(31):
            done = a.machine.x[n].uint - base
            if 0 < done <= p.region.size.uint and done % p.size == 0:
                cursor = f"s.x{n} - {region}.base"
                counts.append(cursor if p.size == 1 else f"({cursor}) >> {p.size.bit_length() - 1}")
        order = "" if p.order == "little" else f', order="{p.order}"'
        for upto in counts:
            claim = f"{region}.holds({text}, upto={upto}, at=s, words={p.words}, width={p.width}{order})"
            yield {f"blocks of {p.region.name}"}, f"{p.region.name} done up to {upto}", claim


def _stated(seen: Seen) -> list[tuple[str, Pointwise]]:
    """The pointwise claims on return, with their function of a block as text."""
    return seen.once("stated", lambda: list(_blocks_of(seen)))  # type: ignore[return-value]


def _blocks_of(seen: Seen) -> Iterator[tuple[str, Pointwise]]:
    assert seen.final is not None
    for fn in seen.proof._d.ensures:
        try:
            with handed(seen.final) as s:
                found = [x for claim in fn(s).values() for x in parts(claim) if isinstance(x, Pointwise)]
        except ArmsymError:
            continue
        for p in found:
            if p.partial or p.size & (p.size - 1):
                continue
            text = seen.scope.name_of(p.block) or _lambda(p.block, seen.scope)
            if text is not None:
                yield text, p


def _lambda(fn: Callable[..., object], scope: Scope) -> str | None:
    """The source of a lambda whose free names mean at the end of the proof function what they mean in it."""
    code = getattr(fn, "__code__", None)
    if code is None or code.co_name != "<lambda>":
        return None
    try:
        source = Path(code.co_filename).read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None
    nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and n.body.lineno == code.co_firstlineno]
    nodes = [n for n in nodes if [x.arg for x in n.args.args] == list(code.co_varnames[: code.co_argcount])]
    closed = dict(zip(code.co_freevars, (c.cell_contents for c in fn.__closure__ or ()), strict=True))
    if len(nodes) != 1 or any(scope.names.get(name) is not v for name, v in closed.items()):
        return None
    return ast.get_source_segment(source, nodes[0])


def lines(a: Arrival, shape: Shape, numbers: Sequence[str]) -> Iterator[tuple[set[str], str, str]]:
    """Addresses and counters as functions of i, and how much is left at least."""
    scope = a.seen.scope
    regions = [(t, r) for t, r in scope.paths() if isinstance(r, Region) and scope.name_of(r) == t]
    k = a.i // shape.step or 1
    for n in range(31):
        v = a.machine.x[n].uint
        for text, r in regions:
            d = (v - r.base.uint) & M64
            if d < NEAR:
                for at_start in sorted({0, d % k, d}):
                    if (d - at_start) % k == 0:
                        address = _sum(f"{text}.base", (d - at_start) // k, at_start, shape)
                        yield {f"x{n}"}, f"X{n} in {r.name}", f"s.x{n} == {address}"
        for text in numbers:
            u = scope.value(text).uint
            d = u - v
            if 0 < d < NEAR and d % k == 0:
                yield {f"x{n}"}, f"X{n} counts down", f"s.x{n} == {_less(text, d // k, shape)}"


def bounds(where: Sequence[Arrival], shape: Shape, numbers: Sequence[str]) -> Iterator[tuple[set[str], str, str]]:
    """How many are left at least at the loop's head: as the runs say, or a little less: they are not all there are."""
    if shape.upto not in numbers or not (shape.step > 1 or shape.slack):
        return
    least = min((a.seen.scope.value(shape.upto).uint - a.i for a in where), default=0)
    for k in range(least, max(1, least - 3), -1):
        yield {f"least {k}"}, f"at least {k} left", f"i + {k} <= {shape.upto}"


def _sum(base: str, per: int, plus: int, shape: Shape) -> str:
    return base + (f" + {_times(per, shape)}" if per else "") + (f" + {plus}" if plus else "")


def _less(number: str, per: int, shape: Shape) -> str:
    return f"{number} - {_times(per, shape)}"


def _times(per: int, shape: Shape) -> str:
    # i grows by `step`, the register by `per`.
    if per % shape.step == 0:
        return "i" if per == shape.step else f"{per // shape.step} * i"
    return f"{per} * i"
