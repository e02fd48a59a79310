"""What paths from a cut have in common: its symbols, what is secret, and the bundle's values on a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from armsym.audit.bundle import Case, Cut, Relation
from armsym.audit.evaluate import operands
from armsym.audit.facts import Facts, Oracle, bits
from armsym.audit.farkas import Argument, Form, plus, times
from armsym.audit.functions import PRODUCTS
from armsym.audit.inputs import Inputs
from armsym.audit.instance import Instance, RefusedValue, Values, form_node
from armsym.audit.link import File, Sections
from armsym.audit.raw import Program, ones
from armsym.audit.state import State
from armsym.audit.store import RefusedAccess
from armsym.audit.sums import Number
from armsym.audit.words import Words

__all__ = ["Ground", "Refused", "Symbols", "around", "name_of", "put"]


#: States from one cut that are parted so that linear facts can tell cases apart; then less is known, and no more paths.
MOST_PARTED = 16


class Refused(Exception):
    """Something that the bundle's contract asks for is not shown; the message says what, and where."""


@dataclass
class Symbols:
    """What stands for the symbols of a cut and of those around it."""

    values: dict[str, int] = field(default_factory=dict)
    bits: dict[str, int] = field(default_factory=dict)

    def of_block(self, node: int) -> Symbols:
        """These, and what stands for the number of a block."""
        return Symbols(self.values | {"block": node}, self.bits | {"block": ones(64)})


class Ground:
    """A cut that paths begin at."""

    def __init__(self, case: Case, file: File, entry: int, source: int, oracle: Oracle) -> None:
        self.case, self.entry, self.oracle = case, entry, oracle
        try:
            self.file = Sections(file, entry)
        except RefusedAccess as e:
            raise Refused(str(e)) from None
        self.words = Words(Program())
        self.inputs = Inputs(case, self.words, self.file)
        self.source = case.cuts[source]
        #: Pairs of nodes to be shown equal, and what each pair is.
        self.claims = self.inputs.claims
        #: Nodes that are numbers, among them the addresses of accesses.
        self.numbers: dict[tuple[object, ...], Number] = {}
        self.beyond: set[int] = set()
        #: Pairs of nodes that are one sum, and so equal.
        self.same: set[tuple[int, int]] = set()
        #: What was shown by linear arguments.
        self.arguments: list[Argument] = []
        #: What is known of integers on some path, and what is claimed of them; of each claim, which of these are known
        #: where it is claimed: what a call tells is known after it alone, on its path alone.
        self.known: list[Relation] = []
        self.relations: list[Relation] = []
        self._by: list[tuple[int, ...]] = []
        #: How much was shown here, by kind.
        self.counts: dict[str, int] = {}
        self.steps = self.paths = self.parted = self.passes = self.at = 0
        self.executed: set[int] = set()
        #: Which claim of a cut last kept a path from ending at it.
        self.passed = ""
        self._tainted: dict[int, bool] = {}
        self._speaking: list[int] = [0]
        self._users_of: dict[tuple[int, ...], dict[int, list[int]]] = {}
        self._inputs_of: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._made: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[int, ...]] = {}
        self._put_by: tuple[Facts, tuple[tuple[object, ...], ...], Instance] | None = None
        self._symbols = {s: secret for c in case.cuts.values() for s, secret in symbols_of(c)}
        self._around = around(case, source)
        #: Cuts that a path from here may end at: those around this one and this one itself, and those within it.
        self._ends = [c for c in case.cuts.values() if c.number and (c.number in self._around or c.parent == source)]

    def count(self, what: str, n: int = 1) -> None:
        """Note that so much was shown."""
        self.counts[what] = self.counts.get(what, 0) + n

    # -- integers

    def relate(self, state: State, relations: Iterable[Relation]) -> None:
        """Claim relations, to be shown by what is known of integers on this path so far."""
        for r in relations:
            self.relations.append(r)
            self._by.append(state.told)

    def learn(self, state: State, relations: Iterable[Relation]) -> None:
        """Let relations be known on this path from here on."""
        first = len(self.known)
        self.known += relations
        state.told += tuple(range(first, len(self.known)))

    def questions(self) -> list[tuple[list[Relation], list[Relation]]]:
        """What is known and what is to be shown by that, in the order in which claims were made."""
        found: dict[tuple[int, ...], list[Relation]] = {}
        for by, r in zip(self._by, self.relations, strict=True):
            found.setdefault(by, []).append(r)
        return [([self.known[k] for k in by], claimed) for by, claimed in found.items()]

    # -- cases

    def assuming(self, state: State, condition: int, value: bool) -> list[State]:
        """The state where a condition has a value: one for each case that linear facts have to tell apart.

        A number that is not 0 is above or below it; two conditions that do not both hold are the first that does
        not, or the first that does and the second that does not; a word that is compared as a signed number is
        negative or not; one whose low bits are 0 is one of a few numbers.  The state itself is the first; none where
        the facts exclude all.
        """
        facts, says = state.facts, self.words.meaning.get(condition)
        match says if self.parted < MOST_PARTED else None:
            case ("not", int(c)):
                return self.assuming(state, c, not value)
            case ("xor", int(c), int(d)) if not facts.compares(condition):
                positive = facts.unknown_sign(condition)
                if positive is not None:
                    both = state, self._parted(state)
                    for s, form in zip(both, (positive, plus((-1, {}), positive, -1)), strict=True):
                        s.facts.add(form)
                        s.facts.settle(self.inputs.numbers)
                    return [t for s in both for t in self.assuming(s, condition, value)]
                if facts.holds(c) is None and facts.holds(d) is None:
                    other = self._parted(state)
                    found = [t for s in self.assuming(state, c, True) for t in self.assuming(s, d, not value)]
                    return found + [t for s in self.assuming(other, c, False) for t in self.assuming(s, d, value)]
            case ("and", int(c), int(d)) if not value and not facts.compares(condition):
                if facts.holds(c) is None and facts.holds(d) is None:
                    other = self._parted(state)
                    found = self.assuming(state, c, False)
                    return found + [t for s in self.assuming(other, c, True) for t in self.assuming(s, d, False)]
            case ("zero", _, int(a)) if value and (values := facts.multiples(a)) is not None:
                return self._one_of_them(state, condition, self.words.program[a][1], values)
            case ("zero", *_) if not value:
                ways = facts.ways(condition)
                if len(ways) == 1 and ways[0][0]:
                    other = self._parted(state)
                    for s, form in ((state, ways[0][1]), (other, times(ways[0][1], -1))):
                        s.facts.assume(condition, False)
                        s.facts.add(plus(form, (-1, {})))
                        s.facts.settle(self.inputs.numbers)
                    return [state, other]
        facts.assume(condition, value)
        facts.settle(self.inputs.numbers)
        return [state]

    def _one_of_them(self, state: State, condition: int, word: int, values: list[int]) -> list[State]:
        """The state where a condition is 1, and a word one of these numbers: those that the path does not exclude."""
        known = []
        for value in values:
            facts = state.facts.fork()
            facts.assume(condition, True)
            facts.add((-value, {word: 1}))
            facts.add((value, {word: -1}))
            facts.settle(self.inputs.numbers)
            if not facts.impossible:
                known.append(facts)
        if not known:
            self.count("paths that no run takes")
        found = [state, *(self._parted(state) for _ in known[1:])] if known else []
        for s, facts in zip(found, known, strict=True):
            s.facts = facts
        return found

    def _parted(self, state: State) -> State:
        self.parted += 1
        return state.fork()

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
        return not _is_pure(name) and self.inputs.content_secret(name)

    # -- values

    def _symbolic(self) -> Symbols:
        """The symbols of this cut and those around it, each an input."""
        s = Symbols()
        for number in self._around:
            c = self.case.cuts[number]
            for name, possible in [(c.index.name, c.index.bits), *((u.name, u.bits) for u in c.unknowns)]:
                s.bits[name] = possible
                s.values[name] = self.words.program.var(name, possible)
        return s

    def put(self, state: State, node: int) -> int:
        """The node, with what a number of the contract is on this path in its place, as facts found since then say.

        So a cell that was loaded at 16 * n, before a branch told that n is 4, is the cell at 64.
        """
        facts = state.facts
        if not facts.values or not self._speaks(node) & sum(1 << self.inputs.numbers.index(n) for n in facts.values):
            return node
        key = tuple(sorted((n, form[0], *sorted(form[1].items())) for n, form in facts.values.items()))
        if self._put_by is None or self._put_by[0] is not facts or self._put_by[1] != key:
            self._put_by = facts, key, self._putting(facts)
        return self._put_by[2](node)

    def _speaks(self, node: int) -> int:
        """Which of the contract's numbers, a bit each, a node is made of."""
        program, known = self.words.program, self._speaking
        own = {n: 1 << k for k, n in enumerate(self.inputs.numbers)}
        for n in range(len(known), node + 1):
            known.append(reduce(or_, [known[a] for a in operands(program[n])], own.get(n, 0)))
        return known[node]

    def _putting(self, facts: Facts) -> Instance:
        values, program = Values(self.inputs, facts), self.words.program
        contents = {c.name for cut in self.case.cuts.values() for c in cut.contents}

        def variable(name: str, possible: int) -> int:
            node = program.var(name, possible)
            return form_node(self.words, facts.values[node]) if node in facts.values else node

        def application(name: str, arguments: tuple[int, ...], possible: int) -> int:
            if name in contents:
                return values.cell(name, facts.linear(arguments[0]))
            if name.startswith("mem.") or name.rpartition(".")[0] in self.case.folds or name == "zero":
                return values.application(name, arguments, possible)
            return self.words.app(name, arguments, possible)

        return Instance(program, self.words, variable, application)

    def _all(self, made: Instance, roots: tuple[int, ...]) -> tuple[int, ...]:
        """The nodes of the bundle's table, as `made` makes them; made once where their inputs are the same nodes.

        All that is not an input, a content, a fold or `zero` is a function of its operands alone; what `zero` comes to
        may be told by the facts of a path.
        """
        inputs = self._inputs_of.get(roots)
        if inputs is None:
            inputs = self._inputs_of[roots] = _leaves(self.case.table, roots)
        key = roots, tuple(made(n) for n in inputs)
        if key not in self._made:
            self._made[key] = tuple(made(n) for n in roots)
        return self._made[key]

    def _users(self, roots: tuple[int, ...]) -> dict[int, list[int]]:
        """Of the nodes that these nodes of the bundle's table are made of: those that have them as operands."""
        if roots not in self._users_of:
            users = self._users_of[roots] = {}
            todo, seen = list(roots), set[int]()
            while todo:
                n = todo.pop()
                if n not in seen:
                    seen.add(n)
                    for a in operands(self.case.table[n]):
                        users.setdefault(a, []).append(n)
                        todo.append(a)
        return self._users_of[roots]

    def _own_cell(self, values: Values, allowed: set[str], name: str, offset: Form) -> int:
        if name not in allowed:
            raise RefusedValue(f"the content {name} is none of a cut around this one")
        return values.cell(name, offset)

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

    def _instance(self, values: Values, symbols: Symbols, cell: Callable[[str, Form], int]) -> Instance:
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


def put(r: Relation, made: Callable[[int], int], name: str) -> Relation:
    """The relation of other nodes."""
    return Relation(name, r.modulus, r.low, r.high, tuple((k, tuple(map(made, nodes))) for k, nodes in r.terms))


def _is_pure(function: str) -> bool:
    """Whether it is a function of its arguments alone, and no more secret than they are."""
    return function == "zero" or function in PRODUCTS or function.startswith(("f.", "bytes:", "aes."))


def _leaves(table: Program, roots: tuple[int, ...]) -> tuple[int, ...]:
    """The inputs, contents, folds and applications of `zero` that nodes are made of."""
    found, seen, todo = set[int](), set[int](), list(roots)
    while todo:
        n = todo.pop()
        if n in seen:
            continue
        seen.add(n)
        i = table[n]
        if i[0] == "Var" or (i[0] == "App" and (i[1] == "zero" or not _is_pure(i[1]))):
            found.add(n)
        else:
            todo += operands(i)
    return tuple(sorted(found))


def symbols_of(cut: Cut) -> list[tuple[str, bool]]:
    return [] if not cut.number else [(cut.index.name, False), *((u.name, u.secret) for u in cut.unknowns)]


def around(case: Case, number: int) -> list[int]:
    """A cut and those around it, innermost first; without the entry."""
    found = []
    while number:
        found.append(number)
        number = case.cuts[number].parent
    return found


def name_of(cut: Cut) -> str:
    return f"cut {cut.number} ({cut.address:#x})" if cut.number else "the entry"
