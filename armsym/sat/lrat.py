"""A checker of LRAT certificates: that clauses have no model, by steps that each need unit propagation only.

The format (Cruz-Filipe, Heule, Hunt, Kaufmann, Schneider-Kamp, "Efficient Certified RAT Verification", CADE 2017):

    ID LITERAL... 0 ID... 0     a new clause, and the clauses that show it, in the order in which they do
    ID d ID... 0                clauses that are not needed any more

The given clauses are 1, 2, 3, ...  Steps that only keep satisfiability (RAT, with negative IDs) are refused: each
clause that is added here *follows* from those before.  An empty clause has to be added, so there is no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Refused", "check"]

#: Of a number; Python refuses to read thousands.
MOST_DIGITS = 18


class Refused(Exception):
    """The certificate does not show that the clauses have no model; the text says where and why."""


def check(clauses: Sequence[Sequence[int]], certificate: Iterable[str]) -> int:
    """Check the lines of a certificate for clauses of literals: v and -v for a variable v >= 1.

    Returns how many clauses it adds.  Raises `Refused`.
    """
    known = {k: tuple(c) for k, c in enumerate(clauses, 1)}
    if any(0 in c for c in known.values()):
        raise Refused("0 is no literal")
    last, added, closed = len(known), 0, False
    for number, line in enumerate(certificate, 1):
        words = line.split()
        if not words:
            continue
        if len(words) > 1 and words[1] == "d":
            removed = _numbers(words[2:], number)
            if len(removed) != 1:
                raise Refused(f"line {number}: one list of clauses to remove, ending with 0, not {line.strip()!r}")
            for k in removed[0]:
                if known.pop(k, None) is None:
                    raise Refused(f"line {number}: there is no clause {k} to remove")
            continue
        parts = _numbers(words[1:], number)
        names = _numbers([words[0], "0"], number)
        if len(parts) != 2 or len(names) != 1:
            raise Refused(f"line {number}: a name, a clause and its hints, each ending with 0, not {line.strip()!r}")
        ((name,),) = names
        if name <= last:
            raise Refused(f"line {number}: clause {name} does not come after {last}")
        _follows(known, parts[0], parts[1], number)
        known[name] = tuple(parts[0])
        last, added, closed = name, added + 1, closed or not parts[0]
    if not closed:
        raise Refused("it ends without an empty clause")
    return added


def _numbers(words: Sequence[str], line: int) -> list[list[int]]:
    """Lists of numbers, each of which ends with 0."""
    lists: list[list[int]] = [[]]
    for w in words:
        digits = w.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS):
            raise Refused(f"line {line}: {w!r} is no number")
        if int(w):
            lists[-1].append(int(w))
        else:
            lists.append([])
    if lists.pop():
        raise Refused(f"line {line}: it does not end with 0")
    return lists


def _follows(known: dict[int, tuple[int, ...]], clause: Sequence[int], hints: Sequence[int], line: int) -> None:
    """Raise `Refused` unless the hints lead from the negation of the clause to a contradiction.

    Each has to be a clause of which all literals but one are false by then, which makes that one true; the last one
    of which all are false.
    """
    false = set(clause)
    if any(-x in false for x in false):
        raise Refused(f"line {line}: the clause has a literal and its negation")
    for at, k in enumerate(hints):
        if k not in known:
            raise Refused(f"line {line}: there is no clause {k}")
        left = {x for x in known[k] if x not in false}
        if not left:
            if at + 1 < len(hints):
                raise Refused(f"line {line}: hints after the contradiction by clause {k}")
            return
        if len(left) > 1:
            raise Refused(f"line {line}: clause {k} leaves {len(left)} literals open")
        (x,) = left
        if -x in false:
            raise Refused(f"line {line}: clause {k} says nothing new: {x} is true already")
        false.add(-x)
    raise Refused(f"line {line}: the hints come to no contradiction")
