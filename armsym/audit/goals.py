"""Linear arguments about a raw program's words, and their text.

What an argument says of ranges is not assumed: it follows from the instructions (coq/Ranges.v).  A line each:

    armsym-linear 2
    program                     what follows is about another program
    at N INSTRUCTION            one of its instructions, as in `armsym.audit.hints`; those that it depends on come first
    fact C N:K...               a form that is at least 0, for the next goal; its terms are decimal
    range N                     two such facts: instruction N is at least 0, and at most what it can be
    goal C N:K... by D P:K...   one that follows: divisor, multipliers by place (the first fact: 0; ranges come last)
    end
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armsym.audit.farkas import Argument, Form
from armsym.audit.hints import instruction_text
from armsym.audit.ranges import reaches
from armsym.audit.raw import Instruction, Program

__all__ = ["Goals", "write"]


@dataclass(frozen=True)
class Goals:
    """Arguments whose forms are of the values of a program's instructions."""

    program: Program
    arguments: Sequence[Argument]

    @property
    def piece(self) -> list[tuple[int, Instruction]]:
        """The instructions that the ranges follow from, by their numbers, in order."""
        nodes = {n for a in self.arguments for n, _ in a.ranges}
        return [(n, self.program[n]) for n in sorted(reaches(self.program, nodes))]


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
    return "\n".join([*lines, "end", ""])
