"""Arguments about integers for the checkers that are proved: their steps, and their text for the one in OCaml.

A line each; numbers of nodes, atoms, facts and relations as in `armsym.audit.integers`:

    armsym-relations 1
    at N INSTRUCTION            one of the program, as in `armsym.audit.hints`; those that it is made of come first
    from N                      the instructions from N on are added by arguments
    known MODULUS LOW HIGH TERM...      what holds of integers on entry, as in docs/bundle.md
    claimed MODULUS LOW HIGH TERM...    and what is to be shown
    armsym-integers 1, and what follows: the arguments' lines; "value N and M F W" has one field more, the node that is
                                the low W bits of the operand beside M
    end
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from armsym.audit.bundle import Relation
from armsym.audit.evaluate import made_of
from armsym.audit.hints import instruction_text
from armsym.audit.integers import HEAD
from armsym.audit.polynomials import number, polynomial
from armsym.audit.raw import Instruction, Program, ones
from armsym.audit.rules import RefusedError, need
from armsym.audit.values import MOST_WIDTH
from armsym.audit.words import Words

__all__ = ["Asked", "Step", "asked", "write"]

#: A rule's name, then its fields: numbers, None, polynomials, and lists of these.
Step: TypeAlias = tuple[Any, ...]

#: What a polynomial's atoms are below, here; whether an argument has made so many yet is for the checker to see.
_ATOMS = 1 << 40


@dataclass(frozen=True)
class Asked:
    """Do `arguments` show all that is claimed?  `lines` are theirs; `first` is the first node that they add."""

    program: Program
    first: int
    known: Sequence[Relation]
    claimed: Sequence[Relation]
    arguments: Sequence[Sequence[Step]]
    lines: Sequence[str]

    @property
    def piece(self) -> list[tuple[int, Instruction]]:
        """The instructions that are spoken of, and all that they are made of, in order."""
        spoken = {n for r in (*self.known, *self.claimed) for _, nodes in r.terms for n in nodes}
        spoken |= {n for steps in self.arguments for s in steps for n in _nodes(s)}
        within = (n for n in spoken if 0 < n < len(self.program))
        return [(n, self.program[n]) for n in sorted(made_of(self.program, within))]


def _natural(word: str) -> int:
    n = number(word)
    if n < 0:
        raise ValueError(f"{word[:80]!r} is below 0")
    return n


def _place(word: str) -> int:
    """A number of a node, an atom or a fact."""
    n = _natural(word)
    if n >= _ATOMS:
        raise ValueError(f"{word[:80]!r} is too many")
    return n


def _node(word: str) -> int:
    """A number of a node: from 1 on, as Coq's are."""
    n = _place(word)
    if not n:
        raise ValueError("nodes are counted from 1")
    return n


def _end(word: str) -> int | None:
    return None if word == "none" else number(word)


def _polynomial(word: str) -> list[tuple[tuple[int, ...], int]]:
    return sorted(polynomial(word, _ATOMS).items())


def _summands(word: str) -> list[tuple[int, str, int]]:
    pairs = (part.split(":") for part in word.split(",") if word != "-")
    found = [(number(k), of[:1], _place(of[1:])) for k, of in pairs]
    if any(kind not in ("f", "q") for _, kind, _ in found):
        raise ValueError(f"{word[:80]!r} has what is no term")
    return found


def _products(word: str) -> list[tuple[list[tuple[tuple[int, ...], int]], int]]:
    pairs = (part.split("@") for part in word.split(";") if word != "-")
    return [(_polynomial(p), _place(f)) for p, f in pairs]


def _places(word: str) -> list[int]:
    return [_place(part) for part in word.split(",")]


#: What the fields of a line are: N a node, O a node or 0, A an atom, F a fact, K a relation, Z a number, W a width,
#: E a bound, P a polynomial, T terms, C products, L facts.
_FIELDS: dict[str, Callable[[str], object]] = {
    "N": _node, "O": _place, "A": _place, "F": _place, "K": _place, "Z": number, "W": _natural, "E": _end,
    "P": _polynomial, "T": _summands, "C": _products, "L": _places,
}  # fmt: skip
_SHAPES = {
    "atom": "N", "quotient": "FZ", "within": "AF", "and": "NNN", "mask": "NNW", "bits": "N", "known": "K",
    "suppose": "PEE", "derive": "PZTC", "meet": "L", "whole": "FF", "multiple": "PZC", "congruent": "PZ",
    "transfer": "FPCC", "cases": "PZLL", "claim": "KF",
}  # fmt: skip
_VALUES = {
    "const": "", "sum": "PFW", "shifted": "", "floor": "PF", "part": "PPFF", "product": "", "apart": "", "and": "NFW",
    "xor": "O", "or": "", "less": "", "choice": "FW", "zero": "PFW", "named": "PF",
}  # fmt: skip


def _shape(words: Sequence[str]) -> tuple[int, str]:
    """How many words name the rule, and what fields follow; of a value its node is among the first."""
    if words[0] == "value" and len(words) > 2 and words[2] in _VALUES:
        return 3, _VALUES[words[2]]
    if words[0] not in _SHAPES:
        raise ValueError("no such rule")
    return 1, _SHAPES[words[0]]


def _step(words: Sequence[str]) -> Step:
    names, shape = _shape(words)
    if len(words) != names + len(shape):
        raise ValueError(f"{len(shape)} fields are needed, not {len(words) - names}")
    fields = [_FIELDS[kind](word) for kind, word in zip(shape, words[names:], strict=True)]
    if words[0] == "cases" and len(words[3].split(",")) != len(words[4].split(",")):
        raise ValueError("a case is no supposition")
    return ("value", words[2], _node(words[1]), *fields) if names == 3 else (words[0], *fields)


def _nodes(step: Step) -> list[int]:
    """The nodes that a step speaks of."""
    match step:
        case ("value", ("and" | "xor") as rule, n, *fields):
            return [n, fields[0], *(fields[3:] if rule == "and" else ())]
        case ("value", _, n, *_) | ("atom" | "bits" | "and" | "mask", n, *_):
            return [int(n)]
    return []


def _low(words: Words, n: int, m: int, width: int) -> int:
    """The low bits of the operand of And n that is not m: it itself, or a Mask of it; 0 where there is no such node."""
    i = words.program[n] if n < len(words.program) else ("",)
    if i[0] != "And" or not 1 <= width <= MOST_WIDTH:
        return 0
    other = int(i[1] if m == i[2] else i[2])
    return other if words.reach(other) <= ones(width) else words.program.find(("Mask", other, ones(width)))


def asked(program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]) -> Asked:
    """The question that lines of arguments are; `program` grows by the instructions that they add.

    Raises RefusedError of what is no argument; whether it shows anything is for a checker to say.
    """
    need(bool(lines) and lines[0] == HEAD, f"an argument begins with {HEAD!r}")
    words, first = Words(program), len(program)
    arguments: list[list[Step]] = []
    written = []
    for k, line in enumerate(lines, 1):
        if line == HEAD:
            arguments.append([])
            written.append(line)
            continue
        try:
            step = _step(line.split(" "))
            if step[0] in ("and", "mask"):
                (program.mask if step[0] == "mask" else program.and_)(step[2], step[3])
            if step[:2] == ("value", "and"):
                step = (*step, _low(words, step[2], step[3], step[5]) or step[2])
                written.append(f"{line} {step[-1]}")
            else:
                written.append(line)
        except ValueError as e:
            raise RefusedError(f"line {k} of the argument, {line[:80]!r}: {e}") from None
        arguments[-1].append(step)
    return Asked(program, first, known, claimed, arguments, written)


def _relation(keyword: str, r: Relation) -> str:
    ends = ("none" if v is None else str(v) for v in (r.low, r.high))
    return " ".join((keyword, str(r.modulus), *ends, *("*".join(map(str, (k, *nodes))) for k, nodes in r.terms)))


def write(question: Asked) -> str:
    """The text."""
    lines = ["armsym-relations 1"]
    lines += (f"at {n} {instruction_text(i)}" for n, i in question.piece)
    lines.append(f"from {question.first}")
    lines += (_relation("known", r) for r in question.known)
    lines += (_relation("claimed", r) for r in question.claimed)
    return "\n".join([*lines, *question.lines, "end", ""])
