"""Claims that hold at every arrival in every run: values of the specification found in registers and memory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from armsym.bits import Bits, concat
from armsym.errors import ArmsymError
from armsym.memory import ConcreteMemory
from armsym.proof.handles import Blocks, Fold, Region
from armsym.proof.state import Words, lanes
from armsym.suggest.arrival import Arrival, true_everywhere
from armsym.suggest.lines import bounds, buffers_done, lines
from armsym.suggest.runs import Seen
from armsym.suggest.shape import Shape

__all__ = ["Found", "candidates"]

#: Bits that a value has to have so that finding it is no accident.
TELLING = 24


@dataclass(frozen=True)
class _Source:
    """A function of an index that the proof has a name for, and its words at i + offset."""

    text: str
    value: Callable[[Bits], Any]

    def at(self, seen: Seen, i: int) -> Words | None:
        """Its words there, or None where it has none."""
        return seen.once((self.text, i), lambda: _words(seen.scope.value(self.text), i))  # type: ignore[return-value]


def _words(fn: Callable[[Bits], Any], i: int) -> Words | None:
    if i < 0:
        return None
    try:
        got = fn(Bits(64, i))
    except Exception:  # noqa: BLE001 - past the end of a buffer, or no function of an index at all
        return None
    if isinstance(got, Bits):
        got = [got]
    if not isinstance(got, (list, tuple)) or not 0 < len(got) <= 64:
        return None
    return Words(got) if all(isinstance(w, Bits) and w.is_concrete for w in got) else None


def _sources(seen: Seen) -> list[_Source]:
    found: dict[int, _Source] = {}
    for text, value in sorted(seen.scope.paths(), key=lambda x: seen.scope.rank(x[0])):
        if text.startswith("p.") or any(value == s.value for s in found.values() if type(value) is type(s.value)):
            continue
        if (isinstance(value, (Fold, Blocks)) or _of_an_index(value)) and _words(value, 0) is not None:  # type: ignore[arg-type]
            found.setdefault(id(value), _Source(text, value))  # type: ignore[arg-type]
    return list(found.values())


def _of_an_index(value: object) -> bool:
    if not inspect.isroutine(value):
        return False
    try:
        parameters = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return False
    needed = [p for p in parameters if p.default is p.empty]
    return (
        len(needed) == 1
        and needed[0].kind in (needed[0].POSITIONAL_ONLY, needed[0].POSITIONAL_OR_KEYWORD)
        and needed[0].annotation in ("Bits", "Bits | int", Bits, inspect.Parameter.empty)
    )


@dataclass(frozen=True)
class Found:
    """A claim that is true at all arrivals: as text, with a name, and the places (registers, regions) it speaks of."""

    name: str
    text: str
    places: frozenset[str]
    #: How much it tells: places where a value of the specification was found, or a buffer, tell more than a counter.
    telling: int = 1


def candidates(where: Sequence[Arrival], shape: Shape, numbers: Sequence[str]) -> list[Found]:
    """Claims, as text, that are true at all of these arrivals; `numbers` are what the proof calls its lengths."""
    found: list[Found] = []
    covered: set[str] = set()
    texts: set[str] = set()
    samples = [a for a in where if a.i][:2] or list(where[:1])
    for proposed in (values_in_places, buffers_done, lines):
        for a in samples:
            for places, name, text in proposed(a, shape, numbers):
                if text in texts or places <= covered:
                    continue
                texts.add(text)
                if true_everywhere(text, where):
                    found.append(Found(name, text, frozenset(places), 1 if proposed is lines else 4 * len(places)))
                    covered |= places
    found += [Found(name, text, frozenset(places)) for places, name, text in bounds(where, shape, numbers)]
    return found


def _index(offset: int) -> str:
    return "i" if not offset else f"i + {offset}" if offset > 0 else f"i - {-offset}"


def values_in_places(a: Arrival, shape: Shape, _numbers: Sequence[str]) -> Iterator[tuple[set[str], str, str]]:
    """(places spoken of, name, claim): whole values of the specification first, then words of them."""
    sources = _sources(a.seen)
    offsets = sorted(range(-1, min(2 * shape.step, 24) + 1), key=lambda k: (k < 0, k))
    known = []
    for o in offsets:
        for src in sources:
            words = src.at(a.seen, a.i + o)
            if words is not None and len({w.width for w in words}) == 1:
                known.append((f"{src.text}({_index(o)})", words))
    for text, words in known:
        yield from _whole(a, text, words)
    for text, words in known:
        yield from _single(a, text, words)


def _whole(a: Arrival, text: str, words: Words) -> Iterator[tuple[set[str], str, str]]:
    m, w, c = a.machine, words[0].width, len(words)
    if w * c < TELLING:
        return
    values = [b.uint for b in words]
    if w in (32, 64) and c > 1:
        mask, kind = (1 << w) - 1, "x" if w == 64 else "w"
        for r in range(31 - c + 1):
            if all(m.x[r + j].uint & mask == values[j] for j in range(c)):
                places = {f"x{r + j}" for j in range(c)}
                yield (
                    places,
                    f"{text} in {kind.upper()}{r}-{kind.upper()}{r + c - 1}",
                    f"s.{kind}[{r}:{r + c}] == {text}",
                )
    if w * c % 128 == 0 and 128 % w == 0:
        packed = [b.uint for b in lanes(words)]
        for r in range(32 - len(packed) + 1):
            if all(m.v[r + j].uint == packed[j] for j in range(len(packed))):
                yield from _vectors(text, r, len(packed))
    # A block of bytes as numbers, the first byte of each the highest.
    for g in (4, 8) if (w, c) == (8, 16) else ():
        numbers = [concat(*words[k : k + g]) for k in range(0, 16, g)]
        for r in range(32):
            if m.v[r].uint == lanes(numbers)[0].uint:
                said = f"lanes([concat(*{text}[k : k + {g}]) for k in range(0, 16, {g})])[0]"
                yield {f"v{r}"}, f"{text} in V{r}, as numbers of {8 * g} bits", f"s.v{r} == {said}"
    # Parts of it, a vector each, in either order.
    per = 128 // w if 128 % w == 0 else 0
    for first in range(0, c - per + 1, per) if per > 1 else ():
        part = words[first : first + per]
        said = text if c == per else f"{text}[{first}:{first + per}]"
        for r in range(32):
            if c != per and m.v[r].uint == lanes(part)[0].uint:
                yield {f"v{r}"}, f"{said} in V{r}", f"s.v{r} == lanes({said})[0]"
            elif m.v[r].uint == concat(*part).uint:
                yield {f"v{r}"}, f"{said} in V{r}, first highest", f"s.v{r} == concat(*{said})"
    yield from _in_memory(a, text, words)


def _vectors(text: str, r: int, n: int) -> Iterator[tuple[set[str], str, str]]:
    places = {f"v{r + j}" for j in range(n)}
    if n == 1:
        yield places, f"{text} in V{r}", f"s.v{r} == lanes({text})[0]"
    else:
        yield places, f"{text} in V{r}-V{r + n - 1}", f"s.v[{r}:{r + n}] == lanes({text})"


def _in_memory(a: Arrival, text: str, words: Words) -> Iterator[tuple[set[str], str, str]]:
    memory, w = a.machine.memory, words[0].width
    assert isinstance(memory, ConcreteMemory)
    if w % 8:
        return
    data = {r.name: bytes(r.data) for r in memory.regions if r.writable}
    for order in ("little", "big"):
        want = b"".join(b.to_bytes(order) for b in words)
        ordered = "" if order == "little" else ', order="big"'
        for path, region in a.seen.scope.paths():
            if isinstance(region, Region) and region.name in data and data[region.name] == want:
                yield {region.name}, f"{text} in {region.name}", f"{path}.words({w}{ordered}, at=s) == {text}"
        if order == "little" and "stack" in data and len(want) >= 8 and (at := data["stack"].find(want)) >= 0:
            base = next(r.base for r in memory.regions if r.name == "stack")
            off = base + at - a.machine.sp.uint
            if off >= 0:
                place = f"s.sp + {off}" if off else "s.sp"
                yield {f"stack+{off}"}, f"{text} on the stack", f"s.words({place}, {w}, {len(words)}) == {text}"


def _single(a: Arrival, text: str, words: Words) -> Iterator[tuple[set[str], str, str]]:
    m, w, c = a.machine, words[0].width, len(words)
    for j, b in enumerate(words):
        # A function that gives one word may give it as it is.
        word = text if c == 1 and isinstance(_raw(a, text), Bits) else f"{text}[{j}]"
        if w <= 64 and (w >= TELLING or b.uint):
            for n in range(31):
                if m.x[n].uint == b.uint:
                    wide = word if w == 64 else f"{word}.zero_extend(64)"
                    yield {f"x{n}"}, f"{word} in X{n}", f"s.x{n} == {wide}"
                elif w == 32 and m.x[n].uint & 0xFFFFFFFF == b.uint:
                    yield {f"x{n}"}, f"{word} in W{n}", f"s.w{n} == {word}"
        if w in (32, 64):
            kind = "s" if w == 32 else "d"
            for n in range(32):
                if m.v[n].uint == b.uint:
                    yield {f"v{n}"}, f"{word} in V{n}", f"s.v{n} == {word}.zero_extend(128)"
                elif m.v[n].uint & ((1 << w) - 1) == b.uint:
                    yield {f"v{n}"}, f"{word} in {kind.upper()}{n}", f"s.{kind}{n} == {word}"
        elif w == 128:
            for n in range(32):
                if m.v[n].uint == b.uint:
                    yield {f"v{n}"}, f"{word} in V{n}", f"s.v{n} == {word}"
                elif m.v[n].uint == b.reverse_bytes().uint:
                    yield {f"v{n}"}, f"{word} in V{n}, bytes reversed", f"s.v{n} == {word}.reverse_bytes()"
                elif m.v[n].uint == concat(b[63:0], b[127:64]).uint:
                    halves = f"concat({word}[63:0], {word}[127:64])"
                    yield {f"v{n}"}, f"{word} in V{n}, halves swapped", f"s.v{n} == {halves}"


def _raw(a: Arrival, text: str) -> object:
    try:
        return a.seen.scope.value(text, i=Bits(64, a.i))
    except ArmsymError:
        return None
