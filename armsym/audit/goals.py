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
from armsym.audit.sums import equal_sums, sums

__all__ = ["Goal", "Goals", "write"]

#: An argument, or two instructions that are one sum.
Goal: TypeAlias = "Argument | tuple[int, int]"


@dataclass(frozen=True)
class Goals:
    """Arguments whose forms are of the values of a program's instructions, and pairs that are one sum."""

    program: Program
    arguments: Sequence[Argument]
    same: Sequence[tuple[int, int]] = ()

    @property
    def all(self) -> list[Goal]:
        """Both kinds, in the order in which they are written."""
        return [*self.arguments, *self.same]

    @property
    def open(self) -> list[Goal]:
        """Those that do not hold, as Python says."""
        wrong: list[Goal] = [a for a in self.arguments if not a.holds]
        return wrong + [(a, b) for a, b in self.same if not equal_sums(self.program, a, b)]

    @property
    def piece(self) -> list[tuple[int, Instruction]]:
        """The instructions that ranges and sums follow from, by their numbers, in order."""
        pairs = {n for pair in self.same for n in pair}
        found, most = sums(self.program, pairs)
        nodes = pairs | {n for a in self.arguments for n, _ in a.ranges}
        return [(n, self.program[n]) for n in sorted({*found, *most, *reaches(self.program, nodes)})]


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
    return "\n".join([*lines, "end", ""])
