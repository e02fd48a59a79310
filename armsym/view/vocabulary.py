"""The names that a proof has for values: H(i)[3], M(i)[0], msg, n, and those that its claims' functions hold.

Names are for people.  Nothing is decided by them: a value that no name is found for is shown as it is made.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from armsym.bits import Bits
from armsym.proof.handles import Blocks, Fold
from armsym.proof.symbolic import SymbolicProof
from armsym.symbolic_memory import SymbolicRegion, signed
from armsym.terms.linear import linear_view, make_sum
from armsym.terms.node import Term, Value, Var, intern, ones
from armsym.view.recording import CaseRecord

__all__ = ["Vocabulary", "held_by", "unwrapped"]

#: How deep functions within functions are looked into for what they hold.
DEEP = 6

#: H(k + d) is looked for from k - 1 to so many steps on.
AHEAD = 20

#: A longer list is no list of words with a name.
LONG = 256


def held_by(functions: Iterable[object]) -> Iterator[tuple[str, object]]:
    """(name, object) of what functions hold of the proof function's variables, those first that are held directly."""
    todo: list[tuple[object, int]] = [(f, 0) for f in functions]
    seen: set[int] = set()
    while todo:
        f, depth = todo.pop(0)
        code, cells = getattr(f, "__code__", None), getattr(f, "__closure__", None)
        if code is None or cells is None or id(f) in seen or depth > DEEP:
            continue
        seen.add(id(f))
        for name, cell in zip(code.co_freevars, cells, strict=True):
            try:
                value = cell.cell_contents
            except ValueError:
                continue  # not bound yet
            yield name, value
            if is_dataclass(value) and not isinstance(value, type):
                yield from ((x.name, getattr(value, x.name)) for x in fields(value))
            elif callable(value):
                todo.append((value, depth + 1))


def unwrapped(function: object) -> Any:
    """The function that a proof file wrote, beneath what armsym wrapped it in to check its answers."""
    return next((v for name, v in held_by([function]) if name == "fn"), function)


class Vocabulary:
    """The names of a case's values, found when the case is over and before its terms are forgotten."""

    def __init__(self, case: CaseRecord) -> None:
        p = case.p
        self.p = p
        #: By the id of a term: its name.
        self.names: dict[int, str] = {}
        self._taken: dict[str, int] = {}
        #: By the name of a variable: those of that name, in the order met.
        self._variables: dict[str, list[int]] = {}
        #: Views of regions as blocks, by the region's name: what they are called, and the view.
        self.views: dict[str, tuple[str, Blocks]] = {}
        self.folds: dict[str, Fold] = {f.name: f for f in p._d.folds}
        self._regions: dict[str, SymbolicRegion] = {r.name: r for r in p.memory0.regions}
        indices = _indices(case)
        self._declared(p)
        for name, value in _held(p):
            self._hold(name, value)
        for f in p._d.folds:
            if isinstance(f.over, Blocks):
                region = f.over.region.name
                self.views.setdefault(region, (_called(p, region) or region, f.over))
        self._fold_values(p, indices)

    def region(self, name: str) -> SymbolicRegion | None:
        """The region whose content is called so; a content that came later (data'2) is of the region itself."""
        return self._regions.get(name.partition("'")[0])

    def variable(self, t: Var) -> str:
        """A variable's name; of several of one name, such as the numbers i of two loops, later ones have a prime."""
        alike = self._variables.setdefault(t.name, [])
        if t.id not in alike:
            alike.append(t.id)
        name, k = t.name.replace("_in", " on entry"), alike.index(t.id)
        return name + "'" * k if k < 3 else f"{name}#{k + 1}"

    def cell(self, content: str, offset: Value) -> str | None:
        """What a cell of a region's content is called: M(i)[3] by a view of blocks, else data[64*i + 8 : +8]."""
        region = self.region(content)
        if region is None:
            return None
        view = self.views.get(content)
        if view is not None:
            found = self._in_view(*view, region, offset)
            if found:
                return found
        return (
            f"{content}[{self.number(offset)}:+{region.cell}]"
            if region.cell > 1
            else f"{content}[{self.number(offset)}]"
        )

    def number(self, v: Value) -> str:
        """A public number as a sum: n - i + 4."""
        if isinstance(v, int):
            k = signed(v)
            return str(k) if abs(k) < 1 << 16 else hex(v)
        terms, const = linear_view(v)
        words = []
        for t, c in sorted(terms.items(), key=lambda x: self.names.get(x[0].id, "") == ""):
            k = signed(c) if v.width == 64 else c
            name = self.names.get(intern(t).id) or (self.variable(t) if isinstance(t, Var) else None)
            if name is None:
                return "..."
            words.append(("- " if k < 0 else "+ ") + (f"{abs(k)}*" if abs(k) != 1 else "") + name)
        k = signed(const) if v.width == 64 else const
        if k or not words:
            words.append(("- " if k < 0 else "+ ") + (str(abs(k)) if abs(k) < 1 << 16 else hex(abs(k))))
        return " ".join(words).removeprefix("+ ")

    def _in_view(self, name: str, view: Blocks, region: SymbolicRegion, offset: Value) -> str:
        """The name of a cell as a word of a block; empty where it is none."""
        word = view.width // 8
        if view._at is not None or word != region.cell or view.order != region.order:
            return ""
        size = word * view.count
        # (Blocks of a part of a region begin where it does.)
        offset = (Bits(64, offset) - view._start).value
        terms, const = linear_view(offset) if isinstance(offset, Term) else ({}, offset)
        block, rest = divmod(signed(const), size)
        if any(signed(c) % size for c in terms.values()) or (not terms and block < 0):
            return ""
        index = make_sum(64, {t: signed(c) // size & ones(64) for t, c in terms.items()}, block & ones(64))
        return f"{name}({self.number(index)})[{rest // word}]"

    # -- where they come from -----------------------------------------------------------------

    def _name(self, v: object, name: str) -> None:
        if isinstance(v, Bits) and isinstance(v.value, Term):
            t = intern(v.value)
            while self._taken.setdefault(name, t.id) != t.id:
                name += "'"  # of two values of one name, the second
            self.names.setdefault(t.id, name)

    def _declared(self, p: SymbolicProof) -> None:
        for name, b in p._numbers.items():
            self._name(b, name)
        for r in p.memory0.regions:
            if r.name in p._regions:
                self._name(Bits(64, r.base), r.name)
        self._name(p.sp0, "sp0")
        self._name(p.lr0, "lr0")
        for n in range(31):
            self._name(p._entry_registers().x[n], f"entry.x{n}")
        for n in range(32):
            self._name(p._entry_registers().v[n], f"entry.v{n}")

    def _hold(self, name: str, value: object) -> None:
        if isinstance(value, Blocks):
            self.views.setdefault(value.region.name, (name, value))
        elif isinstance(value, Bits) and value.width > 1:
            self._name(value, name)
        elif isinstance(value, (list, tuple)) and 0 < len(value) <= LONG and all(isinstance(w, Bits) for w in value):
            for k, w in enumerate(value):
                if not isinstance(w.value, Var):
                    self._name(w, f"{name}[{k}]")

    def _fold_values(self, p: SymbolicProof, indices: Sequence[Bits]) -> None:
        called: dict[object, str] = {}
        for k in indices:
            for d in range(-1, AHEAD):
                key = p._key(k + d if d >= 0 else k - 1)
                called.setdefault(key, self.number((k + d if d >= 0 else k - 1).value))
        for f in p._d.folds:
            for key, words in list(p.folds_on_entry.of(f).items()):
                text = str(key) if isinstance(key, int) else called.get(key)
                if text is not None and key != 0:
                    for j, w in enumerate(words):
                        self._name(w, f"{f.name}({text})[{j}]")
        for (fn, key), blocks in list(p.folds_on_entry.blocks.items()):
            term = ("term", key.id) if isinstance(key, Term) else key
            text = str(key) if isinstance(key, int) else called.get(term)
            name = getattr(fn, "__name__", "block").strip("<>")
            if text is not None:
                for j, w in enumerate(blocks):
                    self._name(w, f"{'block' if name == 'lambda' else name}({text})[{j}]")


def _indices(case: CaseRecord) -> list[Bits]:
    """The iteration numbers that paths are in, the lengths, and the number of any block of a buffer."""
    found: dict[int, Bits] = {}
    for s in case.segments:
        for _, _, index in s.loops:
            if isinstance(index.value, Term):
                found.setdefault(intern(index.value).id, index)
    return [*found.values(), *(n for n in case.p.nats if isinstance(n.value, Term)), case.p._arbitrary]


def _called(p: SymbolicProof, region: str) -> str:
    """What the proof's sources call the blocks of a region, as `M = msg.blocks(...)` says; empty if they do not."""
    d = p._d
    files = {f for f in (_file(c) for c in (*(x.claims for x in d.invariants), *d.ensures)) if f}
    found: set[str] = set()
    for file in files:
        text = "".join(linecache.getlines(file))
        found |= set(re.findall(rf"^\s*(\w+)\s*=\s*{re.escape(region)}\.blocks\(", text, re.MULTILINE))
    return found.pop() if len(found) == 1 else ""


def _file(function: object) -> str:
    """The file that a claims' function is written in, beneath what armsym wrapped it in."""
    code = getattr(unwrapped(function), "__code__", None)
    return code.co_filename if code is not None else ""


def _held(p: SymbolicProof) -> Iterator[tuple[str, object]]:
    d = p._d
    claims = [*(x.claims for x in d.invariants), *(x.claims for x in d.cuts), *(x.claims for x in d.joins)]
    yield from held_by([*claims, *d.ensures])
