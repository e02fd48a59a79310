"""Which registers' contents count at a cut: those that the code from there on reads before it writes them.

What stands in the others need not be said, and not be shown where a path comes to the cut: a bundle lets it be
anything.  Untrusted: a register that is taken for dead and is not leaves a claim open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from armsym.audit.bundle import Case, Cut, Unknown
from armsym.audit.decode import execute
from armsym.audit.evaluate import made_of
from armsym.audit.flags import Flags
from armsym.audit.link import File
from armsym.audit.machine import Branch, Indirect, Machine, Step, Unmodelled
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words

__all__ = ["ALL", "Effect", "Liveness", "effect", "without_dead"]

#: Every general-purpose and vector register, and the flags, by the names that bundles have for them.
ALL = frozenset([*(f"x{n}" for n in range(31)), *(f"v{n}" for n in range(32)), *"nzcv"])

#: Instructions of a routine that are looked at, at most: beyond them every register counts.
MOST_INSTRUCTIONS = 20_000


@dataclass(frozen=True)
class Effect:
    """Registers that an instruction reads, and those that it writes without; where it leads, None: not known."""

    reads: frozenset[str]
    writes: frozenset[str]
    to: tuple[int, ...] | None
    #: Whether it returns, to wherever it may be.
    returns: bool = False
    #: Whether it calls.
    calls: bool = False


class _Alone(Machine):
    """Executes one instruction on registers of which nothing is known."""

    def __init__(self) -> None:
        super().__init__(Words(Program()))
        self.read: dict[str, int] = {}
        #: Those before it; only what a condition is made of is read.
        self._before = self._flags = Flags(self.words, *(partial(self.unset, name) for name in "nzcv"))

    def unset(self, name: str) -> int:
        """A word of its own for each register."""
        bits = 1 if name in "nzcv" else 128 if name[0] == "v" else 64
        self.read[name] = self.words.program.var(name, ones(bits))
        return self.read[name]

    def load(self, address: int, size: int) -> int:
        """Some word."""
        return self.words.program.var(f"loaded{len(self.words.program)}", ones(8 * size))

    def store(self, address: int, size: int, value: int) -> None:
        """Memory is not kept."""

    def image_address(self, address: int) -> int:
        """The address itself: no place is told from another here."""
        return self.words.const(address & ones(64))

    def sp_is_aligned(self) -> None:
        """Taken for granted."""

    def leak(self, operand: int, name: str) -> None:
        """Of no interest here."""

    def prefetch(self, address: int) -> None:
        """Of no interest here."""

    def hint(self, name: str) -> None:
        """Changes no register that is kept."""

    def effect(self, to: Step, at: int) -> Effect:
        """What was read and written by the instruction at that address, which led there."""
        now = {f"x{n}": value for n, value in self._x.items()}
        now |= {f"v{n}": self.v_word(n) for n in tuple(self._v)}
        now |= dict.fromkeys("nzcv", 0) if self._flags is not self._before else {}
        reads = frozenset(self.read) & ALL
        # (A register that was read first counts anyway, whatever is written to it.)
        writes = frozenset(name for name in now if name not in reads)
        if isinstance(to, Branch):
            return Effect(reads, writes, (to.taken, to.otherwise))
        if isinstance(to, Indirect):
            return Effect(reads, writes, None, returns=to.kind == "ret")
        return Effect(reads, writes, (to,), calls="x30" in writes and to != at + 4)


def effect(word: int, at: int) -> Effect:
    """What the instruction, a word at an address, reads and writes; of one that is not modelled: all is read."""
    machine = _Alone()
    try:
        return machine.effect(execute(machine, word, at), at)
    except (Unmodelled, ValueError):
        return Effect(ALL, frozenset(), None)


class Liveness:
    """Live registers of one routine, which has no other entry than its first and the cuts' addresses."""

    def __init__(
        self, file: File, starts: Iterable[int], at_return: frozenset[str], called: Iterable[int] = ()
    ) -> None:
        """`at_return`: registers that count on return; `called`: where routines begin that are called by contract."""
        self._effects: dict[int, Effect] = {}
        #: Of instructions that go on with the next one: what they read and write is the same wherever they stand.
        known: dict[int, Effect] = {}
        todo, outside = list(starts), frozenset(called)
        while todo:
            at = todo.pop()
            if at in self._effects:
                continue
            if at in outside or len(self._effects) >= MOST_INSTRUCTIONS:
                found = Effect(ALL, frozenset(), None)
            else:
                try:
                    # (A linker's relocations change addresses, and no register that is read or written.)
                    word = file.word(at)
                    found = replace(known[word], to=(at + 4,)) if word in known else effect(word, at)
                    if found.to == (at + 4,) and not found.calls:
                        known[word] = found
                except ValueError:
                    found = Effect(ALL, frozenset(), None)
            self._effects[at] = found
            todo += found.to or ()
        if any(e.calls for e in self._effects.values()):
            at_return = ALL  # a return may lead back to after a call
        self._live = self._solve(at_return)

    def _solve(self, at_return: frozenset[str]) -> Mapping[int, frozenset[str]]:
        before: dict[int, set[int]] = {}
        for at, e in self._effects.items():
            for to in e.to or ():
                before.setdefault(to, set()).add(at)
        live = dict.fromkeys(self._effects, frozenset[str]())
        todo = sorted(self._effects)
        while todo:
            at = todo.pop()
            e = self._effects[at]
            after = frozenset[str]().union(*(live[to] for to in e.to)) if e.to is not None else ALL
            if e.returns:
                after = at_return
            now = e.reads | (after - e.writes)
            if now != live[at]:
                live[at] = now
                todo += before.get(at, ())
        return live

    def at(self, address: int) -> frozenset[str]:
        """The registers whose contents may count before the instruction at one of the starts is executed."""
        return self._live[address]


def _results(case: Case) -> frozenset[str]:
    """Registers of which the contract speaks on return."""
    names = {f"x{n}" for n in case.preserves_x} | {f"v{n}" for n in case.preserves_d | case.preserves_v}
    names |= {i[1].removesuffix("_out") for i in case.table.instructions if i[0] == "Var" and i[1].endswith("_out")}
    return (frozenset(names) & ALL) | {"x30"}  # (RET reads it.)


def without_dead(case: Case, file: File, called: Iterable[int] = ()) -> Case:
    """The case, of which cuts say nothing of dead registers; it has the same table, which may grow."""
    inner = {n: cut for n, cut in case.cuts.items() if n}
    live = Liveness(file, {cut.address for cut in inner.values()}, _results(case), called)
    cuts = {n: _forgetful(case.table, cut, ALL - live.at(cut.address), n) for n, cut in inner.items()}
    if cuts == inner:
        return case
    roots = {node for cut in cuts.values() for node in _roots(cut)}
    used = {i[1] for i in map(case.table.__getitem__, made_of(case.table, roots)) if i[0] == "Var"}
    for cut in cuts.values():
        cut.unknowns = [u for u in cut.unknowns if u.name in used]
    return replace(case, cuts={**case.cuts, **cuts})


def _forgetful(table: Program, cut: Cut, dead: frozenset[str], number: int) -> Cut:
    """The cut, in whose dead registers anything may stand; numbers stay, which may tell one way there from another."""
    unknowns = list(cut.unknowns)
    # (Symbols are numbered from 1 on; there are at most 67 of these a cut.)
    first = 100_000 + 100 * number

    def forget(place: str, node: int, bits: int) -> int:
        if place not in dead or table[node][0] == "Const":
            return node
        name = f"s{first + len(unknowns) - len(cut.unknowns)}"
        unknowns.append(Unknown(name, ones(bits), secret=True, place=place, shift=0))
        return table.var(name, ones(bits))

    x = tuple(forget(f"x{n}", node, 64) for n, node in enumerate(cut.x))
    v = tuple(forget(f"v{n}", node, 128) for n, node in enumerate(cut.v))
    flags = tuple(forget(name, node, 1) for name, node in zip("nzcv", cut.flags, strict=True))
    return replace(cut, x=x, v=v, flags=flags, unknowns=unknowns)


def _roots(cut: Cut) -> set[int]:
    """The nodes that a cut speaks of."""
    found = {cut.index.upto, *cut.x, cut.sp, *cut.v, *cut.flags}
    found |= {node for s in cut.stores for node in (s.offset, s.value)}
    found |= {node for f in cut.facts for node, _ in f.terms}
    found |= {node for r in cut.relations for _, nodes in r.terms for node in nodes}
    return found | {node for b in cut.blocks for node in (b.upto, *b.words)}
