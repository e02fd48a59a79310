"""Linear arguments about a raw program's words, words that are one sum, and the text of both.

What an argument says of ranges is not assumed: it follows from the instructions (coq/Ranges.v), as does what sum a word
is (coq/Sums.v).  A line each:

    armsym-linear 2
    program                     what follows is about another program
    at N INSTRUCTION            one of its instructions, as in `armsym.audit.hints`; those that it depends on come first
    fact C N:K...               a form that is at least 0, for the next goal; its terms are decimal
    range N                     two such facts: instruction N is at least 0, and at most what it can be
    goal C N:K... by D P:K...   one that follows: divisor, multipliers by place (the first fact: 0; ranges come last)
    same A B                    instructions A and B are words of 64 bits that are one sum modulo 2^64
    number N W FORM             instruction N, of W bits, is the form where that is a number of W bits; and where
      with M FORM with M ...    (same line) instructions M are these forms
    end
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from armsym.audit.farkas import Argument, Form
from armsym.audit.hints import instruction_text
from armsym.audit.ranges import reaches
from armsym.audit.raw import Instruction, Program
from armsym.audit.sums import WIDTH, Number, equal_sums, sums

__all__ = ["Goal", "Goals", "write"]

#: An argument, two instructions that are one sum, or one that is a number.
Goal: TypeAlias = "Argument | tuple[int, int] | Number"


@dataclass(frozen=True)
class Goals:
    """Arguments whose forms are of the values of a program's instructions, and what is told of its sums."""

    program: Program
    arguments: Sequence[Argument]
    same: Sequence[tuple[int, int]] = ()
    numbers: Sequence[Number] = ()

    @property
    def all(self) -> list[Goal]:
        """Of all kinds, in the order in which they are written."""
        return [*self.arguments, *self.same, *self.numbers]

    @property
    def open(self) -> list[Goal]:
        """Those that do not hold, as Python says."""
        wrong: list[Goal] = [a for a in self.arguments if not a.holds]
        wrong += [(a, b) for a, b in self.same if not equal_sums(self.program, a, b)]
        return wrong + [n for n in self.numbers if not n.holds(self.program)]

    @property
    def piece(self) -> list[tuple[int, Instruction]]:
        """The instructions that ranges and sums follow from, by their numbers, in order."""
        asked = {(n, WIDTH) for pair in self.same for n in pair} | {(n.node, n.width) for n in self.numbers}
        needed = set(reaches(self.program, {n for n, _ in asked} | {n for a in self.arguments for n, _ in a.ranges}))
        for width in {width for _, width in asked}:
            found, most = sums(self.program, (n for n, w in asked if w == width), width)
            needed |= found.keys() | most.keys()
        return [(n, self.program[n]) for n in sorted(needed)]


def _form(form: Form) -> str:
    return " ".join((str(form[0]), *(f"{n}:{k}" for n, k in sorted(form[1].items()))))


def write(all_: Iterable[Goals]) -> str:
    """The text of arguments."""
    lines = ["armsym-linear 2"]
    for goals in all_:
        lines.append("program")
        lines += (f"at {n} {instruction_text(i)}" for n, i in goals.piece)
        for a in goals.arguments:
            lines += (f"fact {_form(fact)}" for fact in a.facts)
            lines += (f"range {n}" for n, _ in a.ranges)
            lines.append(f"goal {_form(a.goal)} by {_form((a.divisor, dict(a.multipliers)))}")
        lines += (f"same {a} {b}" for a, b in goals.same)
        for number in goals.numbers:
            values = (f" with {n} {_form(f)}" for n, f in sorted(number.values.items()))
            lines.append(f"number {number.node} {number.width} {_form(number.form)}{''.join(values)}")
    return "\n".join([*lines, "end", ""])
