"""Paths from one cut to the next, and what is claimed where they end.

From each cut the file's code is executed from a state of which only what the cut says is known, down every way that
the facts leave open, until a cut or the return.  What is said there is shown by the facts, or becomes a pair of nodes
that the checker has to show equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from armsym.audit.bundle import Case, Cut
from armsym.audit.decode import execute
from armsym.audit.elf_parts import ElfError
from armsym.audit.evaluate import operands
from armsym.audit.facts import Facts, Form, Oracle, bits, plus
from armsym.audit.flags import Flags
from armsym.audit.inputs import Inputs
from armsym.audit.instance import Instance, RefusedValue, Values
from armsym.audit.lanes import Lanes
from armsym.audit.machine import Branch, Indirect, Unmodelled
from armsym.audit.raw import Program, ones
from armsym.audit.state import NeedFork, Reader, State
from armsym.audit.store import Memory, RefusedAccess, part_of
from armsym.audit.words import Words

__all__ = ["File", "Refused", "Walk"]

#: Instructions and paths from one cut, at most.
MOST_STEPS, MOST_PATHS = 40_000, 1_000


class Refused(Exception):
    """Something that the bundle's contract asks for is not shown; the message says what, and where."""


class File(Reader, Protocol):
    """The file under audit."""

    def word(self, address: int) -> int:
        """The instruction at an address; raises ValueError where there is none, or it may change."""


@dataclass
class _Symbols:
    """What stands for the symbols of a cut and of those around it."""

    values: dict[str, int] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)


class Walk:
    """All paths from one cut."""

    def __init__(self, case: Case, file: File, entry: int, source: int, oracle: Oracle) -> None:
        self.case, self.file, self.entry, self.oracle = case, file, entry, oracle
        self.words = Words(Program())
        self.inputs = Inputs(case, self.words)
        self.source = case.cuts[source]
        #: Pairs of nodes to be shown equal, and what each pair is.
        self.claims: dict[tuple[int, int], str] = {}
        #: How much was shown here, by kind.
        self.counts: dict[str, int] = {}
        self.steps = self.paths = self.at = 0
        self.executed: set[int] = set()
        self._tainted: dict[int, bool] = {}
        self._symbols = {s: secret for c in case.cuts.values() for s, secret in _symbols_of(c)}
        self._around = _around(case, source)
        #: Cuts that a path from here may end at: those around this one and this one itself, and those within it.
        self._ends = [c for c in case.cuts.values() if c.number and (c.number in self._around or c.parent == source)]

    def run(self) -> None:
        """Follow all paths; raises `Refused`."""
        at = self.entry if not self.source.number else self.source.address
        try:
            todo = [(self._start(), at, True)]
            while todo:
                self.paths += 1
                if self.paths > MOST_PATHS:
                    raise Refused(f"more than {MOST_PATHS} paths")
                state, at, fresh = todo.pop()
                at = self._follow(state, at, todo, fresh=fresh)
        except (ElfError, RefusedAccess, RefusedValue, Unmodelled, ValueError) as e:
            raise Refused(f"from {_name(self.source)}, at {self.at:#x}: {e}") from None

    # -- one path

    def _follow(self, state: State, at: int, todo: list[tuple[State, int, bool]], *, fresh: bool) -> int:
        while True:
            self.at = at
            if not fresh:
                end = self._end(state, at)
                if end is not None:
                    self._arrive(state, end)
                    return at
            fresh = False
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Refused(f"more than {MOST_STEPS} instructions")
            before = state.sp_offset()
            self.executed.add(at)
            to = self._execute(state, at, todo)
            if to is None:
                fresh = True
                continue
            state.settle_stack(before)
            if isinstance(to, Indirect):
                target = state.facts.linear(to.target)
                if to.kind != "ret":
                    raise RefusedAccess("control goes to a computed address, and not by RET")
                if target == (0, {self.inputs.node("lr0"): 1}):
                    self._return(state)
                    return at
                if target[1] != {self.inputs.image: 1}:
                    raise RefusedAccess("RET goes neither to the caller nor to a known address of the file")
                to = target[0]
            if isinstance(to, Branch):
                to = self._branch(state, to, todo)
            at = to

    def _execute(self, state: State, at: int, todo: list[tuple[State, int, bool]]) -> int | Branch | Indirect | None:
        """Where an instruction leads; None where the path parts first, and it is to be executed again."""
        registers, accesses = state.fork_registers(), state.accesses
        try:
            return execute(state, self.file.word(at), at)
        except NeedFork as e:
            if state.accesses != accesses:
                raise RefusedAccess("an instruction that accessed memory chooses by an undecided condition") from None
            state.put_registers(registers)
            self._count("choices followed both ways")
            other = state.fork()
            for s, value in ((other, False), (state, True)):
                s.facts.assume(e.condition, value)
                s.facts.settle(self.inputs.numbers)
            todo.append((other, at, True))
            return None

    def _branch(self, state: State, to: Branch, todo: list[tuple[State, int, bool]]) -> int:
        """Where a branch goes; the other way, if the facts leave it open, is put on the list."""
        if self.secret(to.condition):
            raise RefusedAccess("a branch depends on a secret")
        known = state.facts.holds(to.condition)
        if known is not None:
            self._count("branches that the facts decide")
            state.facts.decided[to.condition] = known
            return to.taken if known else to.otherwise
        self._count("branches followed both ways")
        other = state.fork()
        other.facts.assume(to.condition, False)
        other.facts.settle(self.inputs.numbers)
        todo.append((other, to.otherwise, False))
        state.facts.assume(to.condition, True)
        state.facts.settle(self.inputs.numbers)
        return to.taken

    def _count(self, what: str, n: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + n

    # -- secrets

    def secret(self, node: int) -> bool:
        """Whether a node is made of anything secret."""
        known, program = self._tainted, self.words.program
        todo = [node]
        while todo:
            n = todo[-1]
            i = program[n]
            if i[0] == "Var":
                known[n] = self.inputs.secret.get(i[1], self._symbols.get(i[1], True))
            elif i[0] == "Const":
                known[n] = False
            else:
                parts = operands(i)
                missing = [p for p in parts if p not in known]
                if missing:
                    todo += missing
                    continue
                known[n] = any(known[p] for p in parts) or (i[0] == "App" and self._secret_function(i[1]))
            todo.pop()
        return known[node]

    def _secret_function(self, name: str) -> bool:
        if name in ("zero", "clmul") or name.startswith(("f.", "bytes:", "aes.")):
            return False  # as its arguments
        return self.inputs.content_secret(name)

    # -- where paths begin

    def _start(self) -> State:
        facts = Facts(self.words, self.oracle)
        for name, (low, high) in self.case.numbers.items():
            n = self.inputs.node(f"num.{name}")
            facts.add((-low, {n: 1}))
            facts.add((high, {n: -1}))
        for base, r in self.inputs.bases.items():
            # (A region does not wrap: the address after its last byte is a number of 64 bits, too.)
            facts.add(plus((ones(64), {base: -1}), self.inputs.size(r.name), -1))
        values = Values(self.inputs, facts)
        given: dict[str, list[tuple[int, int, int]]] = {}
        made = Instance(self.case.table, self.words, values.input, values.application)
        for g in self.case.given:
            (constant, terms) = facts.linear(made(g.offset))
            if terms:
                raise RefusedValue(f"what {g.region} holds is given at an offset that is no number")
            given.setdefault(g.region, []).append((constant, g.size, made(g.value)))
        for _, condition in self.case.requires:
            facts.assume(made(condition), True)
        facts.settle(self.inputs.numbers)
        areas = self.inputs.areas({name: tuple(all_) for name, all_ in given.items()})
        memory = Memory(self.words, areas, values.cell)
        state = State(self.inputs, self.file, facts, memory, self.secret)
        if not self.source.number:
            self._begin_entry(state, made)
        else:
            self._begin_cut(state)
        return state

    def _begin_entry(self, state: State, made: Instance) -> None:
        node = self.inputs.node
        for n in range(31):
            state.set_x(n, node(f"x{n}_in"))
        state.set_x(30, node("lr0"))
        for n in range(32):
            state.set_v(n, Lanes(128, (node(f"v{n}_in"),)))
        for place, value in self.case.arguments.items():
            word, number = made(value), int(place[1:])
            if place[0] == "v":
                state.set_v(number, Lanes(128, (word,)))
            elif place[0] == "x":
                state.set_x(number, word)
            else:
                upper = self.words.mask(state.x(number), ones(64) ^ ones(32))
                if bits(self.words, word) > ones(32):
                    raise RefusedValue(f"the argument {place} has more than 32 bits")
                state.set_x(number, self.words.xor(upper, word))
                state.low[state.x(number)] = word
        state.sp = node("sp0")
        _set_flags(state, tuple(node(f"{f}_in") for f in "nzcv"))

    def _symbolic(self) -> _Symbols:
        """The symbols of this cut and those around it, each an input."""
        s = _Symbols()
        for number in self._around:
            c = self.case.cuts[number]
            for name, possible in [(c.index.name, c.index.bits), *((u.name, u.bits) for u in c.unknowns)]:
                s.bits[name] = possible
                s.values[name] = self.words.program.var(name, possible)
        return s

    def _begin_cut(self, state: State) -> None:
        cut, symbols = self.source, self._symbolic()
        values = Values(self.inputs, state.facts)
        allowed = {c.name for n in self._around for c in self.case.cuts[n].contents}
        made = self._instance(values, symbols, lambda name, offset: self._own_cell(values, allowed, name, offset))
        self._assume_around(state, made)
        for n in range(31):
            state.set_x(n, made(cut.x[n]))
        for n in range(32):
            state.set_v(n, Lanes(128, (made(cut.v[n]),)))
        state.sp = made(cut.sp)
        _set_flags(state, tuple(made(f) for f in cut.flags))
        for number in reversed(self._around):
            for c in self.case.cuts[number].contents:
                state.memory.held[c.region].under = c.name
        for s in cut.stores:
            state.memory.store(s.region, state.facts.linear(made(s.offset)), s.size, made(s.value))
        state.facts.settle(self.inputs.numbers)

    def _own_cell(self, values: Values, allowed: set[str], name: str, offset: Form) -> int:
        if name not in allowed:
            raise RefusedValue(f"the content {name} is none of a cut around this one")
        return values.cell(name, offset)

    def _assume_around(self, state: State, made: Instance) -> None:
        """What is known of the indices, and the facts, of this cut and those around it."""
        for number in reversed(self._around):
            c = self.case.cuts[number]
            facts = state.facts
            for f in c.facts:
                facts.add(self._fact(facts, made, f.constant, f.terms))
            i = made.symbols[c.index.name]
            less = plus(facts.integer(made(c.index.upto)), (0 if c.index.inclusive else -1, {i: -1}))
            facts.add(less)
        state.facts.fresh = []

    def _fact(self, facts: Facts, made: Instance, constant: int, terms: tuple[tuple[int, int], ...]) -> Form:
        form: Form = constant, {}
        for node, factor in terms:
            if self.case.table[node][0] not in ("Var", "App"):
                raise RefusedValue(f"a fact speaks of node {node}, neither an input nor an application")
            there = made(node)
            if bits(self.words, there) > ones(64):
                raise RefusedValue(f"a fact speaks of node {node}, of more than 64 bits")
            form = plus(form, facts.integer(there), factor)
        return form

    def _instance(self, values: Values, symbols: _Symbols, cell: Callable[[str, Form], int]) -> Instance:
        contents = {c.name for cut in self.case.cuts.values() for c in cut.contents}

        def variable(name: str, possible: int) -> int:
            if name in symbols.values:
                if symbols.bits[name] != possible:
                    raise RefusedValue(f"{name} has the bits {symbols.bits[name]:#x}, not {possible:#x}")
                return symbols.values[name]
            return values.input(name, possible)

        def application(name: str, arguments: tuple[int, ...], possible: int) -> int:
            if name in contents:
                if len(arguments) != 1:
                    raise RefusedValue(f"{name} is a function of an offset")
                return cell(name, values.facts.linear(arguments[0]))
            return values.application(name, arguments, possible)

        return Instance(self.case.table, self.words, variable, application, symbols.values)

    # -- where paths end

    def _end(self, state: State, at: int) -> Cut | None:
        """The cut that a path has come to, if it is at one: where the claimed registers are as far as numbers tell."""
        for cut in self._ends:
            if cut.address == at and self._fits(state, cut):
                return cut
        return None

    def _fits(self, state: State, cut: Cut) -> bool:
        made = self._arrival(state, cut)
        for n in range(31):
            claimed = state.facts.linear(made(cut.x[n]))
            found = state.facts.linear(state.x(n))
            same = plus(claimed, found, -1)
            if not same[1] and same[0] & ones(64):
                return False
        return True

    def _arrival(self, state: State, cut: Cut) -> Instance:
        """The claims of a cut as they are to hold where this path has come to it."""
        symbols = _Symbols()
        around = _around(self.case, cut.number)
        for number in around[1:]:
            c = self.case.cuts[number]
            for name, possible in [(c.index.name, c.index.bits), *((u.name, u.bits) for u in c.unknowns)]:
                symbols.bits[name], symbols.values[name] = possible, self.words.program.var(name, possible)
        i, w = cut.index, self.words
        again = cut.number in self._around
        first = w.add(64, w.program.var(i.name, i.bits), w.const(i.step)) if again else w.zero
        symbols.bits[i.name], symbols.values[i.name] = i.bits, first
        for u in cut.unknowns:
            held = self._place(state, u.place)
            moved = w.shr(held, u.shift) if u.shift >= 0 else w.shl(held, -u.shift)
            symbols.bits[u.name], symbols.values[u.name] = u.bits, w.mask(moved, u.bits)
        values = Values(self.inputs, state.facts)
        own = {c.name: c.region for c in cut.contents}
        allowed = {c.name for n in around[1:] for c in self.case.cuts[n].contents}

        def cell(name: str, offset: Form) -> int:
            if name in own:
                area = state.memory.areas[own[name]]
                raw = state.memory.load(state.facts, own[name], offset, area.cell)
                return _turned(w, raw, area.cell) if area.order == "big" else raw
            return self._own_cell(values, allowed, name, offset)

        return self._instance(values, symbols, cell)

    def _place(self, state: State, place: str) -> int:
        name, _, rest = place.partition("+")
        if rest:
            region, size = name, int(rest.split(":")[1])
            return state.memory.load(state.facts, region, (int(rest.split(":")[0]) & ones(64), {}), size)
        if name == "sp":
            return state.sp
        if name in "nzcv":
            return int(getattr(state.flags, name))
        if name[0] == "v":
            return state.v_word(int(name[1:]))
        return state.x(int(name[1:]))

    def _arrive(self, state: State, cut: Cut) -> None:
        facts, made, where = state.facts, self._arrival(state, cut), f"at {_name(cut)}"
        again = cut.number in self._around
        i = made.symbols[cut.index.name]
        index = facts.integer(i)
        self._show_index(facts, cut, i, index, again=again, where=where)
        upto = facts.integer(made(cut.index.upto))
        self._show(facts, plus(plus(upto, index, -1), (0 if cut.index.inclusive else -1, {})), f"index, {where}")
        self._count("loops' indices below their bounds")
        for f in cut.facts:
            form = self._fact(facts, made, f.constant, f.terms)
            self._show(facts, form, f"fact {f.constant} + {f.terms}, {where}")
            self._count("facts")
        for u in cut.unknowns:
            if not u.secret and self.secret(made.symbols[u.name]):
                raise RefusedValue(f"{u.name}, which {where} is public, depends on a secret")
        for n in range(31):
            self._claim(state, state.x(n), made(cut.x[n]), f"x{n}, {where}")
        for n in range(32):
            self._claim(state, state.v_word(n), made(cut.v[n]), f"v{n}, {where}")
        self._claim(state, state.sp, made(cut.sp), f"sp, {where}")
        for name, f in zip("nzcv", cut.flags, strict=True):
            self._claim(state, int(getattr(state.flags, name)), made(f), f"{name}, {where}")
        self._memory(state, cut, made, where)

    def _show_index(self, facts: Facts, cut: Cut, i: int, index: Form, *, again: bool, where: str) -> None:
        """The index has the bits it may have, and is `step` more than before, as a number."""
        possible = cut.index.bits
        low = (possible & -possible).bit_length() - 1
        if possible != ones(possible.bit_length()) & ~ones(low):
            raise RefusedValue(f"{cut.index.name} may have the bits {possible:#x}: no range of multiples")
        if again:
            if cut.index.step < 1 or cut.index.step & ones(low):
                raise RefusedValue(f"{cut.index.name} grows by {cut.index.step}")
            before = self.words.program.var(cut.index.name, possible)
            if plus(index, (cut.index.step, {before: 1}), -1) != (0, {}) and not facts.is_zero(
                plus(index, (cut.index.step, {before: 1}), -1)
            ):
                raise RefusedValue(f"{cut.index.name} + {cut.index.step} may wrap around, {where}")
        self._show(facts, plus((possible, {}), index, -1), f"bits of {cut.index.name}, {where}")

    def _show(self, facts: Facts, form: Form, what: str) -> None:
        if not facts.shows(form):
            raise RefusedValue(f"{what}: {form} is not shown to be at least 0")

    def _claim(self, state: State, found: int, claimed: int, what: str) -> None:
        self._count("values compared")
        if found == claimed:
            return
        if bits(self.words, found) <= ones(64) and bits(self.words, claimed) <= ones(64):
            same = plus(state.facts.linear(found), state.facts.linear(claimed), -1)
            if not same[0] & ones(64) and not any(k & ones(64) for k in same[1].values()):
                return
            if not self.secret(found) and state.facts.integer(found) == state.facts.integer(claimed):
                return
        self.claims.setdefault((found, claimed), what)

    def _memory(self, state: State, cut: Cut, made: Instance, where: str) -> None:
        """Each region holds what the cut says: its stores, and else what it held on entry, or the unknown content."""
        w, facts = self.words, state.facts
        claimed = Memory(w, state.memory.areas, state.memory._cell)
        own = {c.region: c.name for c in cut.contents}
        for number in reversed(_around(self.case, cut.number)):
            for c in self.case.cuts[number].contents:
                claimed.held[c.region].under = c.name
        for s in cut.stores:
            if s.region not in claimed.held:
                raise RefusedValue(f"{s.region} is no region")
            offset = facts.linear(made(s.offset))
            value = made(s.value)
            claimed.store(s.region, offset, s.size, value)
            found = state.memory.load(facts, s.region, offset, s.size)
            self._claim(state, found, w.mask(value, ones(8 * s.size)), f"{s.region} at {part_of(offset)}, {where}")
        for name, held in state.memory.held.items():
            if name in own:
                continue
            under = claimed.held[name].under
            if held.under != under:
                raise RefusedValue(f"{name} no longer holds what it held on entry, {where}")
            for part, data in held.layers:
                for k in sorted(data):
                    if any(p == part and k in d for p, d in claimed.held[name].layers):
                        continue
                    now = state.memory.bytes(facts, name, part, k, 1)
                    before = claimed.bytes(facts, name, part, k, 1)
                    if now != before:
                        what = f"{name} at {part} + {k}, which has no store {where}"
                        self._claim(state, w.bits(now[0][0], 8 * now[0][1], 8), w.bits(before[0][0], 8 * before[0][1], 8), what)

    # -- the return

    def _return(self, state: State) -> None:
        node, case = self.inputs.node, self.case
        where = f"on return from {_name(self.source)}"
        if state.sp_offset():
            raise RefusedValue(f"SP is not what it was, {where}")
        for n in sorted(case.preserves_x):
            before = node("lr0") if n == 30 else self._entry_x(state, n)
            self._claim(state, state.x(n), before, f"x{n} is preserved, {where}")
        for n in sorted(case.preserves_d | case.preserves_v):
            before = self._entry_v(state, n)
            if n in case.preserves_v:
                self._claim(state, state.v_word(n), before, f"v{n} is preserved, {where}")
            else:
                self._claim(state, state.lanes(n, 64)[0], self.words.bits(before, 0, 64), f"d{n} is preserved, {where}")
        for name, held in state.memory.held.items():
            if name != "stack" and name not in case.modifies and (held.layers or held.under != f"mem.{name}"):
                raise RefusedValue(f"{name} may have changed, {where}")
        self._count("returns")
        values = Values(self.inputs, state.facts)

        def variable(name: str, possible: int) -> int:
            if name.endswith("_out"):
                return self._exit(state, name, possible)
            return values.input(name, possible)

        def application(name: str, arguments: tuple[int, ...], possible: int) -> int:
            region = name.removeprefix("after.")
            if region == name:
                return values.application(name, arguments, possible)
            r = case.regions.get(region)
            if r is None or len(arguments) != 1 or possible != ones(8 * r.cell):
                raise RefusedValue(f"{name} is no content of a region on return")
            offset = state.facts.linear(arguments[0])
            state.within(region, offset, r.cell, "claim")
            raw = state.memory.load(state.facts, region, offset, r.cell)
            return _turned(self.words, raw, r.cell) if r.order == "big" else raw

        made = Instance(case.table, self.words, variable, application)
        for e in case.ensures:
            self._claim(state, made(e.left), made(e.right), f"{e.name}, {where}")

    def _entry_x(self, state: State, n: int) -> int:
        return self._entry_value(state, f"x{n}", f"w{n}", f"x{n}_in")

    def _entry_v(self, state: State, n: int) -> int:
        return self._entry_value(state, f"v{n}", "", f"v{n}_in")

    def _entry_value(self, state: State, place: str, narrow: str, name: str) -> int:
        if narrow in self.case.arguments:
            raise RefusedValue(f"{narrow} is an argument, and preserved")
        if place in self.case.arguments:
            values = Values(self.inputs, state.facts)
            return Instance(self.case.table, self.words, values.input, values.application)(self.case.arguments[place])
        return self.inputs.node(name)

    def _exit(self, state: State, name: str, possible: int) -> int:
        kind, number = name[0], name[1:].removesuffix("_out")
        if kind == "x" and number.isdecimal() and int(number) < 31 and possible == ones(64):
            return state.x(int(number))
        if kind == "v" and number.isdecimal() and int(number) < 32 and possible == ones(128):
            return state.v_word(int(number))
        if kind in "nzcv" and not number and possible == 1:
            return int(getattr(state.flags, kind))
        raise RefusedValue(f"{name} is no register on return")


def _turned(w: Words, word: int, size: int) -> int:
    """The bytes of a word in the opposite order."""
    return w.joined(8, [w.bits(word, 8 * (size - 1 - k), 8) for k in range(size)])


def _set_flags(state: State, flags: tuple[int, ...]) -> None:
    state.flags = Flags.of_words(state.words, *flags)


def _symbols_of(cut: Cut) -> list[tuple[str, bool]]:
    return [] if not cut.number else [(cut.index.name, False), *((u.name, u.secret) for u in cut.unknowns)]


def _around(case: Case, number: int) -> list[int]:
    """A cut and those around it, innermost first; without the entry."""
    found = []
    while number:
        found.append(number)
        number = case.cuts[number].parent
    return found


def _name(cut: Cut) -> str:
    return f"cut {cut.number} ({cut.address:#x})" if cut.number else "the entry"
