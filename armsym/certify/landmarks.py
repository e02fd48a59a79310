"""Where code and a function that is taken step by step meet: values that both have, found by running both on numbers.

The forms of what comes after are made of these, as atoms, and not of all that came before.  Untrusted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_

from armsym.audit.check import RefusedError
from armsym.audit.functions import entries
from armsym.audit.raw import Instruction, Program, ones
from armsym.certify.bases import Image, images, tried
from armsym.certify.cones import cone, operands
from armsym.certify.factors import FIELD
from armsym.certify.layer import WORD, Layer, Made, Named

__all__ = ["Meetings", "learn", "meet"]

#: A form of fewer terms needs no name: one of which the code has an image, one that the code has, too, and one that it
#: has not.
_TWO, _FEW, _MANY = 2, 4, 256
#: And an XOR of more terms is given one, whatever it is.
_MOST = 2048
#: A word that more steps pass on as it is, a key's, is no step's result.
_PASSED_ON = 8


def learn(layer: Layer, landmarks: Sequence[tuple[int, ...]], roots: Sequence[int]) -> None:
    """Give names to what the steps come to, the first step first; where the code has the same, to that, too.

    Code may put a rotation off, and have a word rotated, or keep a word's bytes in another basis, and look them up
    there: that is made of the same name.
    """
    if not landmarks:
        return
    program, landmarks = layer.program, list(dict.fromkeys(landmarks))  # each path takes the steps again
    # What is not found to be made of steps may otherwise have as many terms as there are steps, and more.
    layer.most_terms = _MOST
    nodes = cone(program, [*roots, *(n for step in landmarks for n in step)])
    values = tried(program, nodes)
    having: dict[tuple[int, ...], list[int]] = {}
    for n in nodes:
        if program[n][0] not in ("Const", "Var"):
            having.setdefault(tuple(values[n]), []).append(n)
    passed = Counter(n for step in landmarks for n in step)
    words = {n for n, steps in passed.items() if steps <= _PASSED_ON}
    kept = images(program, values, sorted(words)) if any(_is_table(program[n]) for n in nodes) else {}
    layer.keeps = bool(kept)
    after, place = _after(program, nodes, kept), {word: 1 << k for k, word in enumerate(kept)}
    for step in landmarks:
        named = list[Named]()
        for n in step:
            if n not in words:
                continue
            words.discard(n)
            same = [m for m in having.get(tuple(values[n]), ()) if m != n]
            made_of = [(m, _rotation(program, by)) for by, turned in _turns(values[n]) for m in having.get(turned, ())]
            others = {n, *same, *(m for m, _ in made_of)}
            made_of += [(m.node, partial(m.of, program)) for m in kept.get(n, ()) if m.node not in others]
            if kept:
                # Those that are made of another image of the word: of the name, once that is used.
                same = [m for m in same if not after[m] & place.get(n, 0)]
                made_of = [(m, make) for m, make in made_of if not after[m] & place.get(n, 0)]
            named += _named(layer, n, same, made_of, _TWO if n in place else _FEW if same or made_of else _MANY)
        # Words of one step may be made of each other: what each is made of is shown before any is a name.
        for one in named:
            layer.use(one)


@dataclass(frozen=True)
class Meetings:
    """Products of GCM's field that are a fold's steps, where code goes on from them: as words of 64 bits."""

    #: Of each such step, the first first: the nodes that have 64 bits of it, from that bit on.
    parts: dict[int, list[tuple[int, int]]]
    #: Claims that speak of what comes after one.
    after: set[tuple[int, int]]

    @staticmethod
    def of(program: Program, steps: Sequence[int], claims: Sequence[tuple[int, int]]) -> Meetings:
        """Those of the steps that what is claimed is made of, found by running it on numbers."""
        if not any(program[y][:2] == ("App", FIELD) for y in steps):
            return Meetings({}, set())
        nodes = cone(program, [n for claim in claims for n in claim])
        values, apart = {n: column[0] for n, column in tried(program, nodes, 1).items()}, _carryless(program, nodes)
        having: dict[int, list[int]] = {}
        for n in cone(program, [x for c in apart for x in operands(program[c])]):
            if program[n][0] not in ("Const", "Var"):
                having.setdefault(values[n], []).append(n)
        parts = dict[int, list[tuple[int, int]]]()
        for y in steps:
            if y in values and program[y][:2] == ("App", FIELD):
                found = [(n, low) for low in (0, WORD) for n in having.get(values[y] >> low & ones(WORD), ())]
                if {low for _, low in found} == {0, WORD}:
                    parts[y] = found
        later = {n for found in parts.values() for n, _ in found}
        multiplied = set[int]()
        for n in nodes:  # operands first
            if not later.isdisjoint(operands(program[n])):
                later.add(n)
                if program[n][:2] == ("App", "clmul") or not multiplied.isdisjoint(operands(program[n])):
                    multiplied.add(n)
        return Meetings(parts, {c for c in claims if not multiplied.isdisjoint(c)})


def _carryless(program: Program, nodes: Sequence[int]) -> list[int]:
    return [n for n in nodes if program[n][:2] == ("App", "clmul")]


def meet(layer: Layer, meetings: Meetings) -> None:
    """Give names to the steps, and to the code's parts of them.

    Products of what comes after have these as factors, then, and not sums of products of all that was before.
    """
    for y, parts in meetings.parts.items():
        _meet(layer, y, parts)


def _meet(layer: Layer, y: int, parts: Sequence[tuple[int, int]]) -> None:
    program = layer.program
    for n in _waiting(layer, [y, *(n for n, _ in parts)]):
        layer.process(n)
    try:
        own = {0: program.mask(y, ones(WORD)), WORD: program.shr(y, WORD)}
        for n in own.values():
            layer.process(n)
        # (One that is an atom needs no name.)
        if len(layer.poly(y)[1]) > 1 and all(layer.equal(n, own[low]) for n, low in parts):
            layer.name(y, made_of=[(n, _part(program, low)) for n, low in parts])
    except (RefusedError, KeyError, RecursionError):
        return


def _part(program: Program, low: int) -> Made:
    """Makes instructions, one by one, that take 64 bits from a bit of a word on; the last is these."""

    def made(word: int) -> tuple[int, ...]:
        moved = program.shr(word, low) if low else word
        return *((moved,) if low else ()), program.mask(moved, ones(WORD))

    return made


def _after(program: Program, nodes: Sequence[int], kept: Mapping[int, Sequence[Image]]) -> dict[int, int]:
    """For each node a number that has a 1 for each of the words that it is made of, or of an image of which."""
    own: dict[int, int] = {}
    for k, (word, found) in enumerate(kept.items()):
        for n in (word, *(m.node for m in found)):
            own[n] = own.get(n, 0) | 1 << k
    of, out = dict[int, int](), dict[int, int]()
    for n in nodes:  # operands come first
        out[n] = reduce(or_, (of[a] for a in operands(program[n])), 0)
        of[n] = out[n] | own.get(n, 0)
    return out


def _is_table(x: Instruction) -> bool:
    return x[0] == "App" and entries(x[1]) is not None


def _rotation(program: Program, by: int) -> Made:
    """Makes instructions, one by one, that rotate a word right; the last is the word."""

    def made(word: int) -> tuple[int, ...]:
        low = program.mask(word, ones(by))
        down, up = program.shr(word, by), program.shl(low, WORD - by)
        both = program.xor(down, up)
        return low, down, up, both, program.mask(both, ones(WORD))

    return made


def _turns(values: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """A word rotated right by each number of bits, where that is another word: for all values that were tried."""
    if max(values) <= ones(WORD):
        for by in range(1, WORD):
            turned = tuple(value >> by | (value & ones(by)) << WORD - by for value in values)
            if turned != tuple(values):
                yield by, turned


def _waiting(layer: Layer, roots: Sequence[int]) -> list[int]:
    """Those without a form that the roots are made of, and they themselves, operands first."""
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        n = todo.pop()
        if n not in seen and n not in layer.done:
            seen.add(n)
            todo += operands(layer.program[n])
    return sorted(seen)


def _named(
    layer: Layer, node: int, same: Sequence[int], made_of: Sequence[tuple[int, Made]], enough: int
) -> list[Named]:
    for n in _waiting(layer, [node, *same, *(n for n, _ in made_of)]):
        layer.process(n)
    try:
        here = layer.poly(node)
        if layer.keeps and sum(here[1].values()) == reduce(or_, here[1].values(), 0):
            return []  # bytes side by side, of a key: what is made of them needs no name of theirs
        if len(here[1]) >= enough or any(layer.poly(n) != here for n in same):
            return [layer.named(node, same, made_of)]
    except (RefusedError, KeyError, RecursionError):
        pass
    return []
