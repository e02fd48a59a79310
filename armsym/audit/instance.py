"""Nodes of a bundle's table, made anew in a path's program, with inputs and functions put in their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush

from armsym.audit.bundle import Fold, Function
from armsym.audit.evaluate import operands
from armsym.audit.facts import Facts, bits
from armsym.audit.farkas import Form, plus
from armsym.audit.functions import PRODUCTS, entries
from armsym.audit.inputs import Inputs
from armsym.audit.numbers import form_node
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words

__all__ = ["Instance", "RefusedValue", "Values", "form_node"]

#: A function that the standard names.
_NAMED = re.compile(r"f(\.[A-Za-z0-9_]{1,99})+")
#: H(k + c) is unfolded for c up to this.
MOST_STEPS = 64


class RefusedValue(Exception):
    """A value of the bundle that means nothing where it is asked for; the message says which."""


class Instance:
    """Makes nodes of `table` in `words`, each once."""

    def __init__(
        self,
        table: Program,
        words: Words,
        variable: Callable[[str, int], int],
        application: Callable[[str, tuple[int, ...], int], int],
        symbols: Mapping[str, int] | None = None,
    ) -> None:
        """`variable` and `application` give the nodes that inputs and functions are; `symbols` some of the former."""
        self.symbols = symbols or {}
        self._table, self._words, self._variable, self._application = table, words, variable, application
        self._made: dict[int, int] = {}
        #: What a quotient or remainder is taken to be, where that is known.
        self.settle: Callable[[int], int] = lambda made: made
        #: Whether bit 63 of a word is noted to be its sign: of conditions that paths are parted by.
        self.signs = False

    def __call__(self, node: int) -> int:
        """The node in the path's program; raises `RefusedValue`."""
        if not 0 < node < len(self._table):
            raise RefusedValue(f"there is no node {node}")
        made, table = self._made, self._table
        todo, missing = [node], set[int]()
        while todo:
            n = todo.pop()
            if n not in made and n not in missing:
                missing.add(n)
                todo += operands(table[n])
        for n in sorted(missing):  # operands come first
            made[n] = self._make(n)
        return self._made[node]

    def follow(self, before: Instance, name: str, users: Mapping[int, Sequence[int]]) -> None:
        """Start from what another one made, which differs in the input `name` only; `users` tells who has an operand.

        Only what is made of that input is made anew, and only as far as its operands have become other nodes.
        """
        self._made = before._made.copy()
        todo = [n for n in self._made if self._table[n][:2] == ("Var", name)]
        met = set(todo)
        while todo:
            n = heappop(todo)
            old, now = self._made[n], self._make(n)  # its operands, made too, come before it: they are as they stay
            if now != old:
                self._made[n] = now
                for user in users.get(n, ()):
                    if user not in met and user in self._made:
                        met.add(user)
                        heappush(todo, user)

    def _make(self, n: int) -> int:
        made, w = self._made, self._words
        match self._table[n]:
            case ("Const", value):
                return w.const(value)
            case ("Var", name, possible):
                return self._variable(name, possible)
            case ("App", name, arguments, possible):
                return self._application(name, tuple(made[a] for a in arguments), possible)
            case ("Xor", a, b):
                for one, other in ((made[a], made[b]), (made[b], made[a])):
                    if w.constant(other) == 1:
                        if one in w.meaning:
                            return w.inverted(one)
                        if w.reach(one) == 1:
                            return w.said(w.xor(one, other), "zero", 1, one)
                if made[a] in w.meaning and made[b] in w.meaning:
                    return w.different(made[a], made[b])
                return w.xor(made[a], made[b])
            case ("And", a, b):
                if made[a] in w.meaning and made[b] in w.meaning:
                    return w.both(made[a], made[b])
                return w.and_(made[a], made[b])
            case ("Shl", a, by):
                return w.shl(made[a], by)
            case ("Shr", a, by):
                if self.signs and by == 63 and w.reach(made[a]) <= ones(64):
                    return w.said(w.shr(made[a], by), "sign", 64, made[a])
                return self._compared(a, by) or self.settle(w.shr(made[a], by))
            case ("Mask", a, possible):
                # A word of one bit that says something says the same masked by 1.
                if made[a] in w.meaning and possible & 1:
                    return made[a]
                return self.settle(w.mask(made[a], possible))
            case ("Add", width, a, b):
                return w.add(width, made[a], made[b])
            case ("Mulc", width, a, factor):
                return w.mulc(width, made[a], factor)
        raise RefusedValue(f"node {n} is no operation")

    def _compared(self, total: int, by: int) -> int | None:
        """The carry of a + NOT b + 1, of words of `by` bits, which says a >= b."""
        table, made, w = self._table, self._made, self._words
        match table[total]:
            case ("Add", wide, part, one) if wide == by + 1 and table[one] == ("Const", 1) and table[part][0] == "Add":
                _, width, a, complement = table[part]
            case _:
                return None
        match table[complement]:
            case ("Const", value) if value <= ones(by):
                b = w.const(ones(by) - value)
            case ("Xor", b, full) if table[full] == ("Const", ones(by)):
                b = made[b]
            case _:
                return None
        if width != wide or (bits(w, made[a]) | bits(w, b)) >> by:
            return None
        return w.said(w.shr(made[total], by), "uge", by, made[a], b)


class Values:
    """What the functions of a contract are on a path: cells on entry, folds, and those that the standard names."""

    def __init__(self, inputs: Inputs, facts: Facts) -> None:
        self.inputs, self.case, self.words, self.facts = inputs, inputs.case, inputs.words, facts
        self._folds: dict[tuple[str, int], tuple[int, ...]] = {}
        #: Functions whose steps are being taken.
        self._under_way: set[str] = set()
        self._called: dict[tuple[str, tuple[int, ...]], tuple[int, ...]] = {}

    def cell(self, function: str, offset: Form) -> int:
        """The cell of some content at an offset."""
        name = function.removeprefix("mem.")
        size = self._cells().get(name, 8) if function.startswith("mem.") else self._contents()[function]
        return self.words.program.app(function, (form_node(self.words, offset),), ones(8 * size))

    def _cells(self) -> dict[str, int]:
        cells = {r.name: r.cell for r in self.case.regions.values()}
        return cells | {f"global.{g.name}": g.size for g in self.case.globals.values()} | {"stack": 8}

    def _contents(self) -> dict[str, int]:
        cells = self._cells()
        return {c.name: cells[c.region] for cut in self.case.cuts.values() for c in cut.contents}

    def input(self, name: str, possible: int) -> int:
        """An input of the case; raises `RefusedValue` for another name, or for other bits."""
        if self.inputs.bits.get(name) != possible:
            raise RefusedValue(f"{name} with the bits {possible:#x} is no input of the contract")
        node = self.inputs.node(name)
        return form_node(self.words, self.facts.values[node]) if node in self.facts.values else node

    def application(self, name: str, arguments: tuple[int, ...], possible: int) -> int:
        """A function of a contract applied; raises `RefusedValue` for one that it does not know."""
        fold, _, word = name.rpartition(".")
        if fold in self.case.folds and word.isdecimal() and len(arguments) == 1:
            f = self.case.folds[fold]
            if int(word) >= len(f.widths) or possible != ones(f.widths[int(word)]):
                raise RefusedValue(f"{name} is no word of a fold")
            return self.fold(f, self.facts.linear(arguments[0]))[int(word)]
        if fold in self.case.functions and word.isdecimal():
            g = self.case.functions[fold]
            if int(word) >= len(g.widths) or possible != ones(g.widths[int(word)]):
                raise RefusedValue(f"{name} is no word of a function")
            return self.called(g, arguments)[int(word)]
        if name.startswith("mem."):
            size = self._cells().get(name.removeprefix("mem."))
            if size is None or len(arguments) != 1 or possible != ones(8 * size):
                raise RefusedValue(f"{name} is no content of a region")
            return self.cell(name, self.facts.linear(arguments[0]))
        return self.standard(name, arguments, possible)

    def standard(self, name: str, arguments: tuple[int, ...], possible: int) -> int:
        """A function that means the same in every contract; raises `RefusedValue` for another."""
        if name.startswith("f."):
            if not _NAMED.fullmatch(name):
                # It is printed as it is.
                raise RefusedValue(f"a function is not called {name[:80]}")
            return self.words.program.app(name, arguments, possible)
        if name == "zero" and len(arguments) == 1 and possible == 1:
            return self.words.is_zero(bits(self.words, arguments[0]).bit_length(), arguments[0])
        if name in PRODUCTS and len(arguments) == 2:
            widths = [bits(self.words, a).bit_length() for a in arguments]
            if possible != ones(128) if name == "gf128.mul" else ones(max(sum(widths) - 1, 0)) & ~possible:
                raise RefusedValue(f"{name} gives more than what is within {possible:#x}")
            return self.words.app(name, arguments, possible)
        if name == "mul" and len(arguments) == 2:
            # (A product that may have more bits than its node says would make a program without runs.)
            most = bits(self.words, arguments[0]) * bits(self.words, arguments[1])
            if possible != ones(possible.bit_length()) or most > possible:
                raise RefusedValue(f"mul of these words gives more than what is within {possible:#x}")
            return self.words.app(name, arguments, possible)
        table = entries(name)
        if table is not None and len(arguments) == 1:
            if possible != 0xFF:
                raise RefusedValue(f"{name[:20]} gives bytes, not what is within {possible:#x}")
            return self.words.app(name, arguments, possible)
        raise RefusedValue(f"the function {name} is none of the contract's")

    def called(self, g: Function, arguments: tuple[int, ...]) -> tuple[int, ...]:
        """What a function gives: its steps one after the other where the case unfolds it, else words of its own."""
        known = self._called.get((g.name, arguments))
        if known is not None:
            return known
        widths = g.widths
        if len(arguments) != len(widths) or any(
            bits(self.words, a) > ones(w) for a, w in zip(arguments, widths, strict=True)
        ):
            raise RefusedValue(f"{g.name} is of {len(widths)} words of {', '.join(map(str, widths))} bits")
        found = tuple(self.words.program.app(f"{g.name}.{k}", arguments, ones(w)) for k, w in enumerate(widths))
        if g.name in self.case.unfold:
            found = arguments
            self._under_way.add(g.name)
            for step in g.steps:
                state = {f"{g.name}.state.{k}": node for k, node in enumerate(found)}
                found = self._made(step, state, widths, pure=True)
                self.inputs.landmarks.append(found)
            self._under_way.remove(g.name)
        self._called[g.name, arguments] = found
        return found

    def fold(self, f: Fold, index: Form) -> tuple[int, ...]:
        """H at an index modulo 2^64: its start, a step from where it was, or itself, a function of the index."""
        constant, terms = index
        key = f.name, form_node(self.words, index)
        known = self._folds.get(key)
        if known is not None:
            return known
        if not terms and not constant:
            found = self._made(f.start, {}, f.widths)
        elif 0 < constant <= MOST_STEPS and self._counts(constant, terms):
            before = constant - 1, terms
            state = {f"{f.name}.state.{k}": node for k, node in enumerate(self.fold(f, before))}
            block = self._made(f.over, {f"{f.name}.index": form_node(self.words, before)}, f.blocks)
            state |= {f"{f.name}.block.{k}": node for k, node in enumerate(block)}
            found = self._made(f.step, state, f.widths, pure=True)
            self.inputs.steps.append(found)
        elif not terms:
            raise RefusedValue(f"{f.name}({constant}) is not computed: at most {MOST_STEPS} steps are")
        else:
            found = tuple(
                self.words.program.app(f"{f.name}.{k}", (key[1],), ones(width)) for k, width in enumerate(f.widths)
            )
        self._folds[key] = found
        return found

    def define(self) -> None:
        """Make every definition once, of any state and block: what no path comes to is printed, too."""
        for f in self.case.folds.values():
            self._made(f.start, {}, f.widths)
            index = f"{f.name}.index"
            self._made(f.over, {index: self.words.program.var(index, ones(64))}, f.blocks)
            given = self._any(f"{f.name}.state", f.widths) | self._any(f"{f.name}.block", f.blocks)
            self._made(f.step, given, f.widths, pure=True)
        for g in self.case.functions.values():
            for step in g.steps:
                self._made(step, self._any(f"{g.name}.state", g.widths), g.widths, pure=True)

    def _any(self, of: str, widths: tuple[int, ...]) -> dict[str, int]:
        return {f"{of}.{k}": self.words.program.var(f"{of}.{k}", ones(width)) for k, width in enumerate(widths)}

    def _counts(self, constant: int, terms: Mapping[int, int]) -> bool:
        """Whether index - constant is a number from which so many steps lead to the index: nothing wraps."""
        if not terms:
            return True
        lifted = self.facts.lifted((0, dict(terms)))
        return self.facts.shows(lifted) and self.facts.shows(plus((ones(64) - constant, {}), lifted, -1))

    def _made(
        self, nodes: tuple[int, ...], given: Mapping[str, int], widths: tuple[int, ...], *, pure: bool = False
    ) -> tuple[int, ...]:
        """Words of these widths; with `pure` made of what is given, of words of the contract, and of cells that regions
        held on entry, alone.

        A step is printed as a function of these.
        """

        def variable(name: str, possible: int) -> int:
            if name in given:
                if bits(self.words, given[name]) & ~possible:
                    raise RefusedValue(f"{name} is said to be within {possible:#x}, which it is not")
                return given[name]
            if pure and not name.startswith("word."):
                raise RefusedValue(f"the step of a fold speaks of {name}, neither its state nor its block nor a word")
            return self.input(name, possible)

        def application(name: str, arguments: tuple[int, ...], possible: int) -> int:
            if pure and name.startswith("mem.") and name[4:] not in self.case.regions:
                raise RefusedValue(f"the step of a fold speaks of {name}, neither its state nor its block nor a word")
            if name.rpartition(".")[0] in self.case.folds:
                raise RefusedValue(f"the definition of a fold speaks of the fold {name}")
            if name.rpartition(".")[0] in self._under_way:
                raise RefusedValue(f"the definition of a function speaks of {name}, which is made of it")
            return self.application(name, arguments, possible)

        made = Instance(self.case.table, self.words, variable, application)
        found = tuple(made(n) for n in nodes)
        for node, width in zip(found, widths, strict=True):
            # H at an index that is not a number is taken to have so many bits.
            if bits(self.words, node) > ones(width):
                raise RefusedValue(f"a word of a fold may be {bits(self.words, node):#x}, and is to have {width} bits")
        return found
