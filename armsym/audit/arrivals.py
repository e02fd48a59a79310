"""What is claimed where a path ends: at a cut, or on return."""

from __future__ import annotations

from armsym.audit.blocks import Blocked, turned
from armsym.audit.bundle import Cut
from armsym.audit.facts import Facts
from armsym.audit.farkas import Form, plus
from armsym.audit.ground import Symbols, around, name_of, put
from armsym.audit.instance import Instance, RefusedValue, Values
from armsym.audit.raw import ones
from armsym.audit.state import State
from armsym.audit.store import Memory, part_of

__all__ = ["Arrivals", "on_return"]

#: So often paths from one cut may come to a cut that does not fit, and go on.
MOST_PASSES = 1_000


class Arrivals(Blocked):
    """The ends of the paths from a cut."""

    # -- where paths end

    def _end(self, state: State, at: int, todo: list[tuple[State, int, bool]]) -> Cut | None:
        """The cut that a path has come to, if it is at one: where the claimed registers are as far as numbers tell.

        Whether the cut's facts hold may be open: the path ends where they do, and goes on where they do not.
        """
        for cut in self._ends:
            if cut.address != at:
                continue
            if self._fits(state, cut) and self._within(state, cut, todo):
                return cut
            self.passes += 1
            if self.passes > MOST_PASSES:
                raise RefusedValue(f"paths went past cuts more than {MOST_PASSES} times")
        return None

    def _within(self, state: State, cut: Cut, todo: list[tuple[State, int, bool]]) -> bool:
        facts, made = state.facts, self._arrival(state, cut)
        where = f"at {name_of(cut)}"
        forms = [(self._below(facts, cut, made), f"index, {where}")]
        for f in cut.facts:
            forms.append((self._fact(facts, made, f.constant, f.terms), f"fact {f.constant} + {f.terms}, {where}"))
        for form, what in forms:
            less = plus((-1, {}), form, -1)
            if facts.shows(form):
                continue
            if facts.shows(less):
                self.passed = f"; a path went past a cut: {what} does not hold: {form} is below 0"
                return False
            self.passed = f"; a path went past a cut: {what}: {form} is not shown to be at least 0"
            self.count("arrivals followed both ways")
            other = state.fork()
            for s, known in ((other, less), (state, form)):
                s.facts.add(known)
                s.facts.settle(self.inputs.numbers)
            todo.append((other, cut.address, True))
        return True

    def _below(self, facts: Facts, cut: Cut, made: Instance) -> Form:
        """At least 0 where the index is below its bound."""
        upto, index = facts.integer(made(cut.index.upto)), facts.integer(made.symbols[cut.index.name])
        return plus(plus(upto, index, -1), (0 if cut.index.inclusive else -1, {}))

    def _fits(self, state: State, cut: Cut) -> bool:
        made = self._arrival(state, cut)
        for n in range(31):
            claimed = state.facts.linear(made(cut.x[n]))
            found = state.facts.linear(state.x(n))
            same = plus(claimed, found, -1)
            if not same[1] and same[0] & ones(64):
                return False
        return True

    def _arrival(self, state: State, cut: Cut, block: int | None = None, symbols: Symbols | None = None) -> Instance:
        """The claims of a cut as they are to hold where this path has come to it; for the number of a block.

        `symbols`: what stands for the cut's, where that was asked before of this state.
        """
        w = self.words
        symbols = symbols or self._standing(state, cut)
        values = Values(self.inputs, state.facts)
        own = {c.name: c.region for c in cut.contents}
        allowed = {c.name for n in around(self.case, cut.number)[1:] for c in self.case.cuts[n].contents}

        def cell(name: str, offset: Form) -> int:
            if name in own:
                area = state.memory.areas[own[name]]
                raw = state.held(own[name], offset, area.cell)
                return turned(w, raw, area.cell) if area.order == "big" else raw
            return self._own_cell(values, allowed, name, offset)

        return self._instance(values, symbols if block is None else symbols.of_block(block), cell)

    def _standing(self, state: State, cut: Cut) -> Symbols:
        """What stands for the symbols of a cut where this path has come to it, and those of the cuts around it."""
        symbols = Symbols()
        for number in around(self.case, cut.number)[1:]:
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
        return symbols

    def _place(self, state: State, place: str) -> int:
        name, _, rest = place.partition("+")
        if rest:
            region, size = name, int(rest.split(":")[1])
            return state.held(region, (int(rest.split(":")[0]) & ones(64), {}), size)
        if name == "sp":
            return state.sp
        if name in "nzcv":
            return int(getattr(state.flags, name))
        if name[0] == "v":
            return state.v_word(int(name[1:]))
        return state.x(int(name[1:]))

    def _arrive(self, state: State, cut: Cut) -> None:
        facts, symbols, where = state.facts, self._standing(state, cut), f"at {name_of(cut)}"
        made = self._arrival(state, cut, symbols=symbols)
        again = cut.number in self._around
        i = made.symbols[cut.index.name]
        index = facts.integer(i)
        self._show_index(facts, cut, i, index, again=again, where=where)
        upto = facts.integer(made(cut.index.upto))
        self._follows(facts, plus(plus(upto, index, -1), (0 if cut.index.inclusive else -1, {})), f"index, {where}")
        self.count("loops' indices below their bounds")
        for f in cut.facts:
            form = self._fact(facts, made, f.constant, f.terms)
            self._follows(facts, form, f"fact {f.constant} + {f.terms}, {where}")
            self.count("facts")
        for u in cut.unknowns:
            if not u.secret and self.secret(made.symbols[u.name]):
                raise RefusedValue(f"{u.name}, which {where} is public, depends on a secret")
        for n in range(31):
            self._claim(state, state.x(n), made(cut.x[n]), f"x{n}, {where}")
        for n in range(32):
            self._claim(state, state.v_word(n), made(cut.v[n]), f"v{n}, {where}")
        self._claim(state, state.sp, made(cut.sp), f"sp, {where}")
        for name, flag in zip("nzcv", cut.flags, strict=True):
            self._claim(state, int(getattr(state.flags, name)), made(flag), f"{name}, {where}")
        self._memory(state, cut, made, symbols, where)
        self.relate(state, [put(r, made, f"{r.name}, {where}") for r in cut.relations])

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
        self._follows(facts, plus((possible, {}), index, -1), f"bits of {cut.index.name}, {where}")

    def _memory(self, state: State, cut: Cut, made: Instance, symbols: Symbols, where: str) -> None:
        """Each region holds what the cut says: its stores, and else what it held on entry, or the unknown content."""
        w, facts = self.words, state.facts
        claimed = Memory(w, state.memory.areas, state.memory._cell)
        own = {c.region: c.name for c in cut.contents}
        for number in reversed(around(self.case, cut.number)):
            for c in self.case.cuts[number].contents:
                claimed.held[c.region].under = c.name
        for s in cut.stores:
            if s.region not in claimed.held:
                raise RefusedValue(f"{s.region} is no region")
            offset = facts.linear(made(s.offset))
            value = made(s.value)
            claimed.store(s.region, offset, s.size, value)
            found = state.held(s.region, offset, s.size)
            self._claim(state, found, w.mask(value, ones(8 * s.size)), f"{s.region} at {part_of(offset)}, {where}")
        stated = {b.region: b for b in cut.blocks}
        for name, held in state.memory.held.items():
            if name in own:
                continue
            if name in stated:
                # What was loaded is from a copy of the state that knows of any block: its facts are the maker's.
                self.blocks(state, stated[name], lambda f, j: self._arrival(_knowing(state, f), cut, j, symbols), where)
                continue
            if held.filled is not None:
                raise RefusedValue(f"what {name} holds is known block by block, and not said {where}")
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
                        self._claim(
                            state, w.bits(now[0][0], 8 * now[0][1], 8), w.bits(before[0][0], 8 * before[0][1], 8), what
                        )

    # -- the return

    def _return(self, state: State) -> None:
        node, case = self.inputs.node, self.case
        where = f"on return from {name_of(self.source)}"
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
            if (
                name != "stack"
                and name not in case.modifies
                and (held.layers or held.filled is not None or held.under != f"mem.{name}")
            ):
                raise RefusedValue(f"{name} may have changed, {where}")
        self.count("returns")
        made = self._outcome(state, None)
        for e in case.ensures:
            self._claim(state, made(e.left), made(e.right), f"{e.name}, {where}")
        for b in case.holds:
            self.blocks(state, b, lambda f, j: self._outcome(_knowing(state, f), j), f"{b.name}, {where}")
        self.relate(state, [put(r, made, f"{r.name}, {where}") for r in case.relations])

    def _outcome(self, state: State, block: int | None) -> Instance:
        """The postconditions' values; for the number of a block.

        What `zero` comes to is told by what the path decided, but not within blocks: their words go by their own facts.
        """
        values, case = Values(self.inputs, state.facts), self.case

        def variable(name: str, possible: int) -> int:
            if name == "block" and block is not None and possible == ones(64):
                return block
            if name.endswith("_out"):
                return on_return(state, name, possible)
            return values.input(name, possible)

        def application(name: str, arguments: tuple[int, ...], possible: int) -> int:
            region = name.removeprefix("after.")
            if region == name:
                found = values.application(name, arguments, possible)
                asked = name == "zero" and block is None and not self.secret(found)
                known = state.facts.holds(found) if asked else None
                return found if known is None else self.words.const(int(known))
            r = case.regions.get(region)
            if r is None or len(arguments) != 1 or possible != ones(8 * r.cell):
                raise RefusedValue(f"{name} is no content of a region on return")
            offset = state.facts.linear(arguments[0])
            state.within(region, offset, r.cell, "claim")
            raw = state.memory.load(state.facts, region, offset, r.cell)
            return turned(self.words, raw, r.cell) if r.order == "big" else raw

        return Instance(case.table, self.words, variable, application)

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


def on_return(state: State, name: str, possible: int) -> int:
    """What x0_out, v0_out or c_out is in a state that is that on return; raises `RefusedValue` for another name."""
    kind, number = name[0], name[1:].removesuffix("_out")
    if kind == "x" and number.isdecimal() and int(number) < 31 and possible == ones(64):
        return state.x(int(number))
    if kind == "v" and number.isdecimal() and int(number) < 32 and possible == ones(128):
        return state.v_word(int(number))
    if kind in "nzcv" and not number and possible == 1:
        return int(getattr(state.flags, kind))
    raise RefusedValue(f"{name} is no register on return")


def _knowing(state: State, facts: Facts) -> State:
    """The state, as seen by somebody who knows these facts."""
    if facts is state.facts:
        return state
    other = state.fork()
    other.facts = facts
    return other
