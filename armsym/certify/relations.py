"""Arguments for `armsym.audit.integers`, found by the engine's search on the values of nodes.  Untrusted."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from armsym.audit.bundle import Relation
from armsym.audit.evaluate import operands
from armsym.audit.integers import check_relations
from armsym.audit.raw import Instruction, Program
from armsym.audit.rules import RefusedError
from armsym.audit.words import Words
from armsym.certify.argument_lines import lines_of
from armsym.certify.node_values import NodeValues
from armsym.certify.nodes import what
from armsym.integers.claims import WIDEST_LIMB, Argument
from armsym.integers.expression import Integer, Leaf
from armsym.integers.expression import Relation as Claimed
from armsym.integers.kernel import Kernel, Spent
from armsym.integers.polynomial import Polynomial
from armsym.terms.node import Term

__all__ = ["Relations"]


class _Node(Term):
    """A node in the place of a term."""

    __slots__ = ("node",)

    def __init__(self, node: int, width: int) -> None:
        self.node, self.width, self.pb, self.id = node, width, (1 << width) - 1, -node


#: How many monomials an argument may take to find: proofs that close take less than half of it.
MOST_WORK = 2_000_000


class _Kernel(Kernel):
    """A kernel that gives up: no proof's export takes much longer than the proof."""

    def worked(self, n: int) -> None:
        super().worked(n)
        if self.work > MOST_WORK:
            raise Spent


class _Argument(Argument):
    """The engine's search about integers, of nodes instead of terms."""

    def __init__(self, program: Program, known: Sequence[Claimed], asked: Sequence[Claimed], *, names: bool) -> None:
        self.log: list[list[Any]] = []
        super().__init__(known, asked, name_factors=names)
        self.kernel = _Kernel(self.log)
        self.translator = self.nodes = NodeValues(self.kernel, program, self.log, name_factors=names)

    def _prepare(self) -> None:
        if not self._parts and not self.nodes.given:
            self._narrow()
        super()._prepare()

    def _narrow(self) -> None:
        """What is known of a sum of words says of each of them, the highest above all; not of numbers of several."""
        for k, r in enumerate(self._known):
            ((x, modulus, lo, hi),) = r.parts
            words = {m[0]: c for m, c in x.terms.items() if len(m) == 1 and c > 0}
            if modulus or (lo is None and hi is None) or len(words) + (() in x.terms) < len(x.terms):
                continue
            if self._whole and any(leaf[1] > WIDEST_LIMB for leaf in x.leaves()):
                continue  # it is its name's
            f = self.kernel.given(self.polynomial(x), lo, hi)
            self.nodes.given[f.number] = ["known", k]
            for leaf, c in words.items():
                assert isinstance(leaf, tuple)
                assert isinstance(leaf[2], _Node)
                if len(self._leaf(leaf)) == 1:
                    self.nodes.narrow(leaf[2].node, c, f)

    def _name_number(self, k: int, number: Term, lo: int | None, hi: int | None) -> None:
        assert isinstance(number, _Node)
        P = self.nodes.node(number.node)
        if len(P) > 1:  # else it has its name
            fact = self._given(P, lo, hi)
            self.nodes.given[fact.number] = ["known", k]
            self.nodes.name_number(number.node, fact)

    def _leaf(self, leaf: Leaf) -> Polynomial:
        assert isinstance(leaf, tuple)
        assert isinstance(leaf[2], _Node)
        P = self.nodes.node(leaf[2].node)
        if self._whole and leaf[1] > WIDEST_LIMB and len(P) > 1:
            P = self.nodes.name_number(leaf[2].node)
        return P

    def shown(self, k: int, nodes: Sequence[int]) -> tuple[int | None, str]:
        """The number of the fact that says the k-th claim; None and what was not found.

        All its nodes have values then, those too that cancel.
        """
        try:
            found = self.show(k)
            for n in nodes:
                self.nodes.node(n)
        except Spent:
            return None, "takes too much work to show of what the code computes, word by word"
        if not found.holds:
            return None, found.detail
        fact = next((r[1] for r in reversed(self.log) if r[0] == "shown"), None)
        return fact, "" if fact is not None else "no fact says so"


class Relations:
    """Finds arguments; for what differs in the names of inputs alone, as cases often do, one search is enough."""

    def __init__(self) -> None:
        #: By what is computed and claimed, inputs without names: the lines, and the nodes in order.
        self._found: dict[object, tuple[list[str], list[int]]] = {}

    def show(self, program: Program, known: Sequence[Relation], claimed: Sequence[Relation]) -> tuple[list[str], str]:
        """The lines of an argument that shows all claimed relations, and "", or what is not shown and why.

        `program` grows by instructions that the argument needs.
        """
        key, nodes = _form(program, [*known, *claimed])
        before = self._found.get(key)
        if before is not None:
            lines = _renamed(program, before[0], dict(zip(before[1], nodes, strict=True)))
        else:
            try:
                lines, why = _searched(program, known, claimed)
            except Exception as e:  # noqa: BLE001 - no defect here may change what is said of the proof
                return [], what(e)
            if why:
                return lines, why
            self._found[key] = lines, nodes
        try:
            left = check_relations(program, known, claimed, lines)
        except RefusedError as e:
            return lines, f"the argument found is none: {e}"
        return lines, f"{left[0].name}: not shown" if left else ""


def _searched(program: Program, known: Sequence[Relation], claimed: Sequence[Relation]) -> tuple[list[str], str]:
    terms: dict[int, _Node] = {}
    words = Words(program)
    spoken = {n for r in (*known, *claimed) for _, nodes in r.terms for n in nodes}
    numbers = {n: int(program[n][1]) for n in sorted(spoken) if program[n][0] == "Const"}

    def integer(r: Relation) -> Claimed:
        made: dict[tuple[Leaf, ...], int] = {}
        for factor, nodes in r.terms:
            # Two products may be of one and the same nodes by now: a result that is an input.
            for n in nodes:
                if n not in terms:
                    terms[n] = _Node(n, max(64, words.reach(n).bit_length()))
            # (A number is no word of which anything could become known.)
            others = sorted(n for n in nodes if n not in numbers)
            leaves = tuple((False, terms[n].width, terms[n]) for n in others)
            made[leaves] = made.get(leaves, 0) + factor * prod(numbers[n] for n in nodes if n in numbers)
        return Claimed(((Integer({m: c for m, c in made.items() if c}), r.modulus, r.low, r.high),))

    given, asked = [integer(r) for r in known], [integer(r) for r in claimed]
    # What cancels in a relation has a value, too, where it is said that the relation is known.
    gone: set[int] = set()
    for r, claim in zip(known, given, strict=True):
        words_of = {leaf[2] for x, *_ in claim.parts for leaf in x.leaves()}
        kept = {word.node for word in words_of if isinstance(word, _Node)}
        gone |= {n for _, nodes in r.terms for n in nodes} - kept - numbers.keys()
    lines: list[str] = []
    left = dict.fromkeys(range(len(claimed)), "")
    for names in (False, True):
        argument = _Argument(program, given, asked, names=names)
        for n in (*numbers, *sorted(gone)):
            argument.nodes.node(n)
        shown: dict[int, int] = {}
        for k in list(left):
            fact, left[k] = argument.shown(k, [n for _, of in claimed[k].terms for n in of])
            if fact is None and names:
                break
            if fact is not None:
                shown[k] = fact
                del left[k]
        if shown:
            lines += lines_of(argument.log, argument.nodes.given, shown)
        if not left:
            return lines, ""
    k, why = next((k, why) for k, why in left.items() if why)
    return lines, f"{claimed[k].name}: {why}"


def _form(program: Program, relations: Sequence[Relation]) -> tuple[object, list[int]]:
    """What relations say of what is computed, inputs without their names; and the nodes in the order of this."""
    places: dict[int, int] = {}
    told: list[object] = []
    for r in relations:
        for _, roots in r.terms:
            todo = list(roots)
            while todo:
                n = todo[-1]
                i = program[n]
                leaf = i[0] == "Var" or (i[0] == "App" and i[1] not in ("mul", "zero"))
                missing = [] if leaf else [a for a in operands(i) if a not in places]
                if missing and n not in places:
                    todo += missing
                    continue
                if n not in places:
                    places[n] = len(places)
                    told.append((_shape(i), None if leaf else tuple(places[a] for a in operands(i))))
                todo.pop()
        told.append((r.modulus, r.low, r.high, tuple((k, tuple(places[n] for n in nodes)) for k, nodes in r.terms)))
    return tuple(told), list(places)


def _shape(i: Instruction) -> tuple[object, ...]:
    """An instruction without its operands, an input without its name."""
    match i[0]:
        case "Xor" | "And":
            return (i[0],)
        case "App" if i[1] in ("mul", "zero"):
            return "App", i[1], i[3]
        case "Var" | "App":
            return "input", i[-1]
        case "Add":
            return i[0], i[1]
        case "Mulc":
            return i[0], i[1], i[3]
        case "Const":
            return i
    return i[0], i[2]


def _renamed(program: Program, lines: Sequence[str], to: dict[int, int]) -> list[str]:
    """The lines with other nodes; `to` gains the nodes that they add."""
    out = []
    for line in lines:
        rule, *words = line.split(" ")
        if rule in ("and", "mask"):
            a, b = to[int(words[1])], int(words[2])
            made = program.and_(a, to[b]) if rule == "and" else program.mask(a, b)
            to[int(words[0])] = made
            words = [str(made), str(a), str(to[b] if rule == "and" else b)]
        elif rule in ("atom", "bits", "value"):
            words[0] = str(to[int(words[0])])
            if rule == "value" and (words[1] == "and" or (words[1] == "xor" and words[2] != "0")):
                words[2] = str(to[int(words[2])])
        out.append(" ".join([rule, *words]))
    return out
