"""Paths from one cut to the next.

From each cut the file's code is executed from a state of which only what the cut says is known, down every way that
the facts leave open, until a cut or the return.  What is said there is shown by the facts, or becomes a pair of nodes
that the checker has to show equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from armsym.audit.arrivals import Arrivals
from armsym.audit.bundle import Blocks, Case
from armsym.audit.calls import take_call
from armsym.audit.contracts import Callee, function_digest, is_of_arguments_alone
from armsym.audit.decode import execute
from armsym.audit.elf_parts import ElfError, Link
from armsym.audit.facts import Facts, Oracle, bits
from armsym.audit.farkas import Form, plus, times
from armsym.audit.flags import Flags
from armsym.audit.ground import Refused, name_of, put
from armsym.audit.inputs import Inputs
from armsym.audit.instance import Instance, RefusedValue, Values, form_node
from armsym.audit.lanes import Lanes
from armsym.audit.link import File
from armsym.audit.machine import Branch, Indirect, Unmodelled
from armsym.audit.raw import Program, ones
from armsym.audit.state import NeedFork, State
from armsym.audit.store import Filled, Memory, RefusedAccess
from armsym.audit.words import Words

__all__ = ["Walk"]

#: Instructions and paths from one cut, at most.
MOST_STEPS, MOST_PATHS = 40_000, 1_000


class Walk(Arrivals):
    """All paths from one cut; routines that begin at the addresses `callees` are called by their contracts."""

    def __init__(
        self,
        case: Case,
        file: File,
        entry: int,
        source: int,
        oracle: Oracle,
        callees: Mapping[int, Callee] | None = None,
    ) -> None:
        super().__init__(case, file, entry, source, oracle)
        self.callees = callees or {}
        if self.callees.keys() & {entry, *(c.address for c in case.cuts.values() if c.number)}:
            raise Refused("a routine that is called begins where this one or a cut of it does")

    def run(self) -> None:
        """Follow all paths; raises `Refused`."""
        at = self.entry if not self.source.number else self.source.address
        try:
            if not self.source.number:
                self._define()
            todo = [(state, at, bool(self.source.number)) for state in self._starts()]
            while todo:
                self.paths += 1
                if self.paths > MOST_PATHS:
                    raise Refused(f"more than {MOST_PATHS} paths")
                state, at, fresh = todo.pop()
                at = self._follow(state, at, todo, fresh=fresh)
            if self.inputs.filled_in:
                self.count("addresses that the loader fills in, and protects", len(self.inputs.filled_in))
        except (ElfError, RefusedAccess, RefusedValue, Unmodelled, ValueError) as e:
            raise Refused(f"from {name_of(self.source)}, at {self.at:#x}: {e}{self.passed}") from None
        except RecursionError:
            raise Refused(f"from {name_of(self.source)}, at {self.at:#x}: words are too deep within others") from None

    def _define(self) -> None:
        """See that definitions are what they may be, whether or not a path comes to them: they are printed, too."""
        words = Words(Program())  # (of their own: this is no part of any path)
        inputs = Inputs(replace(self.case, unfold=set()), words, self.file)
        Values(inputs, Facts(words, self.oracle)).define()
        for f in self.case.functions.values():
            function_digest(self.case, f)  # not made of itself
            if not is_of_arguments_alone(self.case, f):
                raise RefusedValue(f"the function {f.name} speaks of more than its arguments")

    # -- one path

    def _follow(self, state: State, at: int, todo: list[tuple[State, int, bool]], *, fresh: bool) -> int:
        while True:
            self.at = at
            if not fresh:
                end = self._end(state, at, todo)
                if end is not None:
                    self._arrive(state, end)
                    return at
            fresh = False
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Refused(f"more than {MOST_STEPS} instructions")
            before = state.sp_offset()
            to = self._called(state, at) or self._execute(state, at, todo)
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
                if to is None:
                    return at
            at = to

    def _called(self, state: State, at: int) -> Indirect | None:
        """Take a call by contract, if the path has come to one: it goes on where LR says."""
        callee = self.callees.get(at)
        if callee is None:
            return None
        self.file.check(at, 4)
        link = state.x(30)
        take_call(self, state, callee)
        return Indirect(link, "ret")

    def _execute(self, state: State, at: int, todo: list[tuple[State, int, bool]]) -> int | Branch | Indirect | None:
        """Where an instruction leads; None where the path parts first, and it is to be executed again."""
        self.executed.add(at)
        registers, accesses = state.fork_registers(), state.accesses
        try:
            word, link = self.file.word(at), self.file.file.links.get(at)
            if link is not None:
                return self._linked(state, word, at, link)
            if self.file.relocatable and word & 0x9F000000 == 0x90000000:
                raise RefusedAccess("ADRP in a relocatable file without a relocation: its page is not known")
            return execute(state, word, at)
        except NeedFork as e:
            if state.accesses != accesses:
                raise RefusedAccess("an instruction that accessed memory chooses by an undecided condition") from None
            state.put_registers(registers)
            self.count("choices followed both ways")
            other = state.fork()
            for s, value in ((other, False), (state, True)):
                s.facts.assume(e.condition, value)
                s.facts.settle(self.inputs.numbers)
            todo.append((other, at, True))
            return None

    def _linked(self, state: State, word: int, at: int, link: Link) -> int | Branch | Indirect:
        """An instruction that the linker completes, for whatever place it chooses."""
        w = self.words
        self.count("instructions that a linker completes")
        if link.kind == "page":
            state.set_x(word & 31, self.file.page(w, link))
            return at + 4
        # It is executed with another base register, which holds so much more; not the one that is loaded or stored.
        base, other = word >> 5 & 31, 0 if word & 31 else 1
        kept = state.x(other)
        less = w.mulc(64, self.file.page(w, link), ones(64))
        rest = w.add(64, self.file.address(w, self.inputs.image, link), less)
        state.set_x(other, w.add(64, state.x(base), rest))
        to = execute(state, word & ~(31 << 5) | other << 5, at)
        state.set_x(other, kept)
        return to

    def _branch(self, state: State, to: Branch, todo: list[tuple[State, int, bool]]) -> int | None:
        """Where a branch goes, None if nowhere; other ways, if the facts leave them open, are put on the list."""
        if self.secret(to.condition):
            raise RefusedAccess("a branch depends on a secret")
        known = state.facts.holds(to.condition)
        if known is not None:
            self.count("branches that the facts decide")
            state.facts.decided[to.condition] = known
            return to.taken if known else to.otherwise
        self.count("branches followed both ways")
        for s in self.assuming(state.fork(), to.condition, False):
            todo.append((s, to.otherwise, False))
        found = self.assuming(state, to.condition, True)
        others = [s for s in found if s is not state]
        for s in others:
            todo.append((s, to.taken, False))
        return to.taken if len(others) < len(found) else None

    # -- where paths begin

    def _starts(self) -> list[State]:
        """The states that paths begin in: one, but for preconditions and bounds of which there are several cases."""
        states = [self._start()]
        for _, condition in self.case.requires:
            states = [t for s in states for t in self.assuming(s, self._required(s.facts, condition), True)]
        if not states:
            raise RefusedValue("the preconditions contradict each other")
        return states

    def _required(self, facts: Facts, condition: int) -> int:
        """A precondition by the facts of one case: folds and numbers of another case are not those of this one."""
        values = Values(self.inputs, facts)
        made = Instance(self.case.table, self.words, values.input, values.application)
        made.signs = True
        return made(condition)

    def _start(self) -> State:
        facts = Facts(self.words, self.oracle)
        self.arguments, self.numbers, self.beyond = facts.arguments, facts.numbers, facts.beyond
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
        for text, condition in self.case.requires:
            required = self._required(facts, condition)
            if bits(self.words, required) > 1:
                raise RefusedValue(f"the precondition {text!r} has more than one bit")
            facts.assume(required, True)
        known = [put(r, made, r.name) for r in self.case.known]
        facts.settle(self.inputs.numbers)
        areas = self.inputs.areas({name: tuple(all_) for name, all_ in given.items()})
        memory = Memory(self.words, areas, values.cell)
        state = State(self.inputs, self.file, facts, memory, self.secret)
        self.learn(state, known)
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

    def _begin_cut(self, state: State) -> None:
        cut, symbols = self.source, self._symbolic()
        values = Values(self.inputs, state.facts)
        allowed = {c.name for n in self._around for c in self.case.cuts[n].contents}
        made = self._instance(values, symbols, lambda name, offset: self._own_cell(values, allowed, name, offset))
        self._assumearound(state, made)
        for n in range(31):
            state.set_x(n, made(cut.x[n]))
        for n in range(32):
            state.set_v(n, Lanes(128, (made(cut.v[n]),)))
        state.sp = made(cut.sp)
        _set_flags(state, tuple(made(f) for f in cut.flags))
        for number in reversed(self._around):
            for c in self.case.cuts[number].contents:
                state.memory.held[c.region].under = c.name
        for b in cut.blocks:
            self._fill(state, made, allowed, b)
        for s in cut.stores:
            offset = state.facts.linear(made(s.offset))
            state.held_within(s.region, offset, s.size)
            state.memory.store(s.region, offset, s.size, made(s.value))
        state.facts.settle(self.inputs.numbers)

    def _fill(self, state: State, made: Instance, allowed: set[str], claim: Blocks) -> None:
        """Let a region hold the blocks that the cut says."""
        held, symbols = state.memory.held[claim.region], self._symbolic()
        if held.under != f"mem.{claim.region}":
            raise RefusedValue(f"{claim.region} is stated block by block within a loop that forgets it")

        def words(facts: Facts, index: Form) -> tuple[int, ...]:
            # (The facts are those of the path that asks: folds are unfolded by them.)
            values = Values(self.inputs, facts)
            of = self._instance(
                values,
                symbols.of_block(form_node(self.words, index)),
                lambda name, offset: self._own_cell(values, allowed, name, offset),
            )
            return self._all(of, claim.words)

        upto = state.facts.integer(made(claim.upto))
        # As is shown wherever a path comes to the cut.
        state.facts.add(plus(self.inputs.size(claim.region), times(upto, claim.size), -1))
        held.filled = Filled(upto, claim.size, claim.word, claim.order, words)

    def _assumearound(self, state: State, made: Instance) -> None:
        """What is known of the indices, and the facts, of this cut and those around it."""
        for number in reversed(self._around):
            c = self.case.cuts[number]
            self.learn(state, [put(r, made, r.name) for r in c.relations])
            facts = state.facts
            for f in c.facts:
                facts.add(self._fact(facts, made, f.constant, f.terms))
            i = made.symbols[c.index.name]
            less = plus(facts.integer(made(c.index.upto)), (0 if c.index.inclusive else -1, {i: -1}))
            facts.add(less)
        state.facts.fresh = []


def _set_flags(state: State, flags: tuple[int, ...]) -> None:
    state.flags = Flags.of_words(state.words, *flags)
