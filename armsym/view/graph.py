"""The control flow of a routine as a picture: its blocks in layers from the entry down, drawn as SVG.

Blocks are ranked by the longest way from the entry without the edges that go back, long edges pass through points of
their own in each layer, and the order within a layer follows the neighbours (Sugiyama's method, in its simplest form).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

__all__ = ["Block", "Edge", "blocks_of", "picture"]

#: Measures in pixels of the picture.
WIDTH, LINE, PAD, GAP_X, GAP_Y = 172, 15, 8, 26, 40

#: How often the order within layers is improved.
SWEEPS = 8


@dataclass
class Block:
    """Instructions that are executed one after the other: offsets from `start`; `to` is where the last one goes."""

    start: int
    code: list[int]
    to: list[int]
    #: Calls that are followed: offsets of what is called.
    calls: list[int] = field(default_factory=list)
    title: str = ""
    #: (text, class) of each line below the title.
    lines: list[tuple[str, str]] = field(default_factory=list)
    kind: str = ""


@dataclass(frozen=True)
class Edge:
    """From one block to another; `back` goes up, `call` is a call that is followed."""

    source: int
    target: int
    back: bool = False
    call: bool = False


def blocks_of(entry: int, flow: Mapping[int, Sequence[int]], calls: Mapping[int, Sequence[int]]) -> list[Block]:
    """The blocks of code: `flow` gives the offsets that each instruction may go on at, `calls` those it calls."""
    heads = {entry} | {t for to in calls.values() for t in to}
    for at, to in flow.items():
        if list(to) != [at + 4]:
            heads |= set(to) | {at + 4}
    found: list[Block] = []
    for at in sorted(flow):
        last = found[-1] if found else None
        if last is None or at in heads or last.code[-1] + 4 != at or list(flow[last.code[-1]]) != [at]:
            found.append(Block(at, [at], []))
        else:
            last.code.append(at)
    starts = {b.start for b in found}
    for b in found:
        b.to = [t for t in flow[b.code[-1]] if t in starts]
        b.calls = [t for at in b.code for t in calls.get(at, ()) if t in starts]
    return found


def picture(entry: int, blocks: Sequence[Block], title: str) -> str:
    """The blocks and their edges as an SVG element, each block a link to the code that it holds."""
    edges = _edges(entry, blocks)
    layers, spots = _layers(entry, blocks, edges)
    height = {b.start: 2 * PAD + LINE * (1 + len(b.lines)) for b in blocks}
    x = _across(layers, spots, edges)
    tops, y = [], 12
    for layer in layers:
        tops.append(y)
        y += max((height[n] for n in layer if n in height), default=0) + GAP_Y
    left = min(x.values(), default=0)
    wide = max(x.values(), default=0) - left + WIDTH
    where = {n: (x[n] - left + 14, tops[k]) for k, layer in enumerate(layers) for n in layer}
    by_start = {b.start: b for b in blocks}
    back = sorted((e for e in edges if e.back), key=lambda e: where[e.source][1] - where[e.target][1])
    rights = [max((where[n][0] + (WIDTH if n in height else 14) for n in layer), default=0.0) for layer in layers]
    rank = {n: k for k, layer in enumerate(layers) for n in layer}
    lanes: dict[Edge, float] = {}
    for e in back:
        rows = range(rank[e.target], rank[e.source] + 1)
        lanes[e] = max(rights[k] for k in rows) + 22
        for k in rows:
            rights[k] = lanes[e] - 10
    total = max([wide + 28, *(lane + 12 for lane in lanes.values())])
    out = [
        f'<svg class="graph" viewBox="0 0 {total:.0f} {y:.0f}" width="{total:.0f}" height="{y:.0f}" role="group"'
        f' aria-label="{escape(title, quote=True)}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>',
    ]
    for e in edges:
        if not e.back:
            points = [where[n] for n in spots.get((e.source, e.target), ())]
            out.append(_forward(where[e.source], where[e.target], points, height[e.source], e))
    for e in back:
        out.append(_backward(where[e.source], where[e.target], height[e.source], lanes[e], e))
    for start, b in by_start.items():
        out.append(_box(b, *where[start], height[start]))
    return "".join([*out, "</svg>"])


def _edges(entry: int, blocks: Sequence[Block]) -> list[Edge]:
    """All edges; those that close a cycle, as a walk from the entry meets them, go back."""
    to = {b.start: [*((t, False) for t in b.to), *((t, True) for t in b.calls)] for b in blocks}
    found: list[Edge] = []
    done: set[int] = set()
    for root in [entry, *sorted(to)]:
        if root in done or root not in to:
            continue
        open_, todo = {root}, [(root, iter(to[root]))]
        done.add(root)
        while todo:
            at, rest = todo[-1]
            step = next(rest, None)
            if step is None:
                open_.discard(at)
                todo.pop()
                continue
            target, call = step
            found.append(Edge(at, target, target in open_, call))
            if target not in done:
                done.add(target)
                open_.add(target)
                todo.append((target, iter(to[target])))
    return list(dict.fromkeys(found))


def _layers(
    entry: int, blocks: Sequence[Block], edges: Sequence[Edge]
) -> tuple[list[list[object]], dict[tuple[int, int], list[object]]]:
    """The blocks of each layer in order, with a point in each layer that an edge passes; and those points by edge."""
    rank = {b.start: 0 for b in blocks}
    ahead: dict[int, list[int]] = {}
    waiting = {b.start: 0 for b in blocks}
    for e in edges:
        if not e.back:
            ahead.setdefault(e.source, []).append(e.target)
            waiting[e.target] += 1
    ready = [n for n in waiting if not waiting[n]]
    while ready:
        n = ready.pop()
        for t in ahead.get(n, ()):
            rank[t] = max(rank[t], rank[n] + 1)
            waiting[t] -= 1
            if not waiting[t]:
                ready.append(t)
    layers: list[list[object]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    for n in sorted(rank):
        layers[rank[n]].append(n)
    spots: dict[tuple[int, int], list[object]] = {}
    links: dict[object, list[object]] = {}
    for e in edges:
        if e.back:
            continue
        way: list[object] = [e.source]
        for k in range(rank[e.source] + 1, rank[e.target]):
            spot = (e.source, e.target, k)
            layers[k].append(spot)
            spots.setdefault((e.source, e.target), []).append(spot)
            way.append(spot)
        way.append(e.target)
        for a, b in pairwise(way):
            links.setdefault(a, []).append(b)
            links.setdefault(b, []).append(a)
    for sweep in range(SWEEPS):
        order = layers if sweep % 2 == 0 else layers[::-1]
        for before, layer in pairwise(order):
            place = {n: k for k, n in enumerate(before)}
            was = {n: k for k, n in enumerate(layer)}

            def middle(n: object, place: dict[object, int] = place, was: dict[object, int] = was) -> float:
                near = [place[m] for m in links.get(n, ()) if m in place]
                return sum(near) / len(near) if near else was[n]

            layer.sort(key=middle)
    return layers, spots


def _across(
    layers: Sequence[Sequence[object]], spots: Mapping[tuple[int, int], Sequence[object]], edges: Sequence[Edge]
) -> dict[object, float]:
    """The left edge of each block and point: near those that it is linked with, in the order of its layer."""
    links: dict[object, list[object]] = {}
    for e in edges:
        if not e.back:
            for a, b in pairwise([e.source, *spots.get((e.source, e.target), ()), e.target]):
                links.setdefault(a, []).append(b)
                links.setdefault(b, []).append(a)
    middle: dict[object, float] = {}
    for layer in layers:
        _place(layer, dict.fromkeys(layer, 0.0), middle)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            near = {n: [middle[m] for m in links.get(n, ())] for n in layer}
            _place(layer, {n: sum(v) / len(v) if v else middle[n] for n, v in near.items()}, middle)
    return {n: at - _wide(n) / 2 for n, at in middle.items()}


def _place(layer: Sequence[object], wanted: Mapping[object, float], middle: dict[object, float]) -> None:
    """Put the middles of a layer where they are wanted, as far as there is room."""
    right: dict[object, float] = {}
    left: dict[object, float] = {}
    for order, at, way in ((layer, right, 1), (layer[::-1], left, -1)):
        last: object = None
        for n in order:
            at[n] = wanted[n]
            if last is not None:
                room = (_wide(last) + _wide(n)) / 2 + GAP_X
                at[n] = max(at[n], at[last] + room) if way > 0 else min(at[n], at[last] - room)
            last = n
    for n in layer:
        middle[n] = (right[n] + left[n]) / 2


def _wide(n: object) -> int:
    """A block's width, or that of the place where an edge passes a layer."""
    return WIDTH if isinstance(n, int) else 14


def _forward(
    a: tuple[float, float], b: tuple[float, float], points: Sequence[tuple[float, float]], high: float, e: Edge
) -> str:
    x, y = a[0] + WIDTH / 2, a[1] + high
    path = [f"M{x:.0f} {y:.0f}"]
    for px, py in [*((p[0] + 7, p[1] + 10) for p in points), (b[0] + WIDTH / 2, b[1] - 1)]:
        half = (y + py) / 2
        path.append(f"C{x:.0f} {half:.0f} {px:.0f} {half:.0f} {px:.0f} {py:.0f}")
        x, y = px, py
    return _line(" ".join(path), e)


def _backward(a: tuple[float, float], b: tuple[float, float], high: float, lane: float, e: Edge) -> str:
    x, y, tx, ty = a[0] + WIDTH, a[1] + high - 10, b[0] + WIDTH + 1, b[1] + 12
    path = f"M{x:.0f} {y:.0f} C{lane:.0f} {y:.0f} {lane:.0f} {y:.0f} {lane:.0f} {(y + ty) / 2:.0f}"
    return _line(f"{path} S{lane:.0f} {ty:.0f} {tx:.0f} {ty:.0f}", e)


def _line(path: str, e: Edge) -> str:
    kind = "back" if e.back else "call" if e.call else "go"
    return f'<path class="edge {kind}" d="{path}" marker-end="url(#tip)" data-from="{e.source}" data-to="{e.target}"/>'


def _box(b: Block, x: float, y: float, high: float) -> str:
    label = ". ".join([b.title, *(text for text, _ in b.lines)])
    out = [
        f'<a class="block {b.kind}" href="#a{b.start:x}" data-at="{b.start}" aria-label="{escape(label, quote=True)}">',
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{WIDTH}" height="{high:.0f}" rx="7"/>',
        f'<text x="{x + PAD:.0f}" y="{y + PAD + 10:.0f}" class="name">{escape(_short(b.title, 22))}</text>',
    ]
    for k, (text, kind) in enumerate(b.lines):
        place = f'x="{x + PAD:.0f}" y="{y + PAD + 10 + LINE * (k + 1):.0f}"'
        out.append(f'<text {place} class="{kind}">{escape(_short(text, 25))}</text>')
    return "".join([*out, f"<title>{escape(label)}</title></a>"])


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
