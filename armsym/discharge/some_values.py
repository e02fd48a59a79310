"""Claims that fail for some values, and so are none for rules that ask whether they hold for all.

What fails on one assignment holds on no account under every one.  Looking is cheap, for each term has its value once,
whatever claims it is part of; finding out by tables or by a solver is not.
"""

from __future__ import annotations

from hashlib import blake2b

from armsym.bits import Bits
from armsym.bits.opaque import definitions_of
from armsym.terms.evaluate import Evaluator
from armsym.terms.node import App, Term, Value, kept_by_table, ones

__all__ = ["fails_somewhere"]


def fails_somewhere(claim: Value) -> bool:
    """Whether a one-bit value was found to be 0 for some values of its variables, and of the functions of which nothing
    is known; an opaque function is what it is defined to be.
    """
    return kept_by_table(fails_somewhere, _Assignment)(claim) == 0


class _Assignment(Evaluator):
    """Numbers without a pattern: of each variable by its id, of each application by what it is applied to."""

    def __init__(self) -> None:
        super().__init__(lambda t: _number(t.width, t.id) & t.pb)

    def _compute(self, t: Term) -> int:
        if not isinstance(t, App):
            return super()._compute(t)
        arguments = [self._get(a) for a in t.args]
        defined = definitions_of(t)
        if defined:
            # (That several definitions of one name agree is an obligation of its own.)
            return defined[0](*map(Bits, t.widths, arguments)).uint
        return _number(t.width, t.name, t.widths, *arguments)


def _number(width: int, *of: object) -> int:
    whole = b""
    while len(whole) * 8 < width:
        whole += blake2b(repr((*of, len(whole))).encode()).digest()
    return int.from_bytes(whole) & ones(width)
