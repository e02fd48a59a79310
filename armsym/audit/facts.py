"""What is known of numbers on a path, and what follows: linear forms that are at least 0, over the integers.

Forms are those of `armsym.audit.farkas`, of nodes' values.  That one follows from others is found elsewhere and only
checked here: multipliers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from math import gcd
from typing import Protocol

from armsym.audit.farkas import Argument, Form, plus, times, within_range
from armsym.audit.linear import linear
from armsym.audit.numbers import bound, form_node, replaced, rounded, signed, smallest
from armsym.audit.raw import ones
from armsym.audit.remainders import multiples, remainder
from armsym.audit.sums import Number
from armsym.audit.words import Words

__all__ = ["Facts", "Oracle", "bits"]


#: What a path may know: one that goes round and round learns more each time.
MOST_FACTS = 64
#: Where there are so many facts, masks that round add none: less is known then, and there is room for what paths learn.
MOST_ROUNDED = 48
#: Masks that round, and quotients, are numbers where so many of them at most are made of each other.
MOST_NESTED = 8


class Oracle(Protocol):
    """Finds multipliers, or reads them from a bundle."""

    def multipliers(self, goal: Form, facts: Sequence[Form]) -> tuple[Mapping[int, int], int] | None:
        """(multipliers by the place of the fact, divisor); None where it has none.  It is not believed."""


def bits(words: Words, node: int) -> int:
    """A number that has a 1 wherever the node's value may have one."""
    return words.reach(node)


class Facts:
    """What is known on one path."""

    def __init__(self, words: Words, oracle: Oracle) -> None:
        self.words, self._oracle = words, oracle
        self._facts: list[Form] = []
        #: Those added since somebody looked.
        self.fresh: list[Form] = []
        self._shown: set[tuple[int, frozenset[tuple[int, int]]]] = set()
        #: What was shown, on this path and those that it forked from or into, and how.
        self.arguments: list[Argument] = []
        self.numbers: dict[tuple[object, ...], Number] = {}
        #: Nodes that are numbers by masks that round, or leave a remainder: by rules that no other checker has.
        self.beyond: set[int] = set()
        self._by_range: set[tuple[int, frozenset[tuple[int, int]]]] = set()
        self._integers: dict[int, Form] = {}
        #: Of which nothing is known but themselves, until a fact more is; and how deep within others that was asked.
        self._alone: dict[int, int] = {}
        self._nested = 0
        self._bounded: set[int] = set()  # words of which facts say what they were rounded down from
        #: Conditions that the path has decided.
        self.decided: dict[int, bool] = {}
        self._unequal: list[int] = []  # of these: that a word is 0, found false before its sign was known
        #: Numbers of the contract that are something else's value on this path.
        self.values: dict[int, Form] = {}

    def fork(self) -> Facts:
        """An independent copy."""
        f = Facts(self.words, self._oracle)
        f._facts, f._shown, f._integers = self._facts[:], self._shown.copy(), self._integers.copy()
        f.decided, f.values, f._unequal = self.decided.copy(), self.values.copy(), self._unequal[:]
        f.arguments, f.numbers, f._by_range = self.arguments, self.numbers, self._by_range
        f.beyond, f._alone, f._bounded = self.beyond, self._alone.copy(), self._bounded.copy()
        return f

    def add(self, form: Form) -> None:
        """The form is at least 0: it is known, or assumed."""
        form = rounded(smallest(self._put(form)), self.words.reach)
        if form[1] and form not in self._facts:
            if len(self._facts) >= MOST_FACTS:
                raise ValueError(f"more than {MOST_FACTS} facts on one path: a loop that no cut stops")
            self._facts.append(form)
            self.fresh.append(form)
            self._alone.clear()

    def equate(self, node: int, form: Form) -> None:
        """The node, a number of the contract, is the form, which does not contain it."""
        assert node not in form[1]
        self.values = {n: replaced(f, node, form) for n, f in self.values.items()} | {node: form}
        self._facts = [f for f in (self._put(f) for f in self._facts) if f[1]]
        self._integers = {}
        self._alone.clear()
        # What was shown stays true, and is said of the same values.

    def _put(self, form: Form) -> Form:
        for node, value in self.values.items():
            form = replaced(form, node, value)
        return form

    # -- words as numbers

    def _raw(self, node: int, width: int) -> Form:
        """The node modulo 2^width, of what is no sum; masks that keep all, and disjoint parts, are looked through."""
        program, most = self.words.program, ones(width)
        constant, terms = linear(program, node, width)
        form = dict(terms)
        # The highest number first: what it is made of comes before it, so none is met again once it is done.
        todo = [-n for n in form]
        heapify(todo)
        while todo:
            n = -heappop(todo)
            if n not in form:
                continue
            i = program[n]
            parts: tuple[int, ...] = ()
            if i[0] == "Mask" and not bits(self.words, i[1]) & ~i[2]:
                parts = (i[1],)
            elif i[0] == "Xor" and not bits(self.words, i[1]) & bits(self.words, i[2]):
                parts = i[1:]
            sums = [linear(program, a, width) for a in parts]
            if not parts and width <= 64:
                found = self._rounded(i[1], i[2]) if i[0] == "Mask" else None
                if found is None and i[0] in ("Mask", "Shr") and self._nested < MOST_NESTED:
                    self._nested += 1
                    found = self._rounded_down(n, i[1], i[2]) if i[0] == "Mask" else self._quotient(i[1], i[2])
                    self._nested -= 1
                if found is not None:
                    # (Whatever is then taken for equal, or for an offset, rests on it.)
                    self.beyond.add(n)
                    if found != (0, {n: 1}):
                        sums = [found]
            if not sums:
                continue
            factor = form.pop(n)
            for c, more in sums:
                constant += factor * c
                for m, k in more.items():
                    if m not in form:
                        heappush(todo, -m)
                    form[m] = form.get(m, 0) + factor * k & most
        return constant & most, {n: k & most for n, k in form.items() if k & most}

    def _rounded(self, node: int, mask: int) -> Form | None:
        """The node AND mask modulo 2^64, where that rounds 2^k * q + r down to 2^k * q, for r from 0 to 2^k - 1.

        Or where the node is a number modulo 2^k, and the mask is below that.
        """
        if mask and mask <= ones(64):
            constant, terms = linear(self.words.program, node, mask.bit_length())
            if not terms:  # all that is not a number is a multiple of 2^k, above the mask
                return constant & mask, {}
        low = ones(64) ^ mask & ones(64)
        if mask > ones(64) or not low or low != ones(low.bit_length()) or bits(self.words, node) > ones(64):
            return None
        constant, terms = linear(self.words.program, node, 64)
        whole = {n: k for n, k in terms.items() if not k & low}
        rest = (constant & low) + sum(k * bits(self.words, n) for n, k in terms.items() if k & low)
        return (constant & ~low, whole) if rest <= low else None

    def _quotient(self, node: int, by: int) -> Form | None:
        """floor(node / 2^by), where the node is shown to be a number and multiples of 2^by: 128 n + 9 is 16 n + 1."""
        low = ones(by)
        if not low or bits(self.words, node) > ones(64):
            return None
        width = bits(self.words, node).bit_length()
        # (What is no sum is not asked about: there are many.)
        if any(k & low for _, k in linear(self.words.program, node, width)[1].items()):
            return None
        constant, terms = self.integer(node)
        if any(k & low for k in terms.values()):
            return None
        return constant >> by, {n: k >> by for n, k in terms.items()}

    def _rounded_down(self, node: int, word: int, mask: int) -> Form | None:
        """A node that is a word AND mask, where that rounds a number down to a multiple of 2^k, as one of such nodes.

        The word is a sum of what facts speak of.  What is less than what divides all its parts changes nothing, so
        (16 n - 1) AND ~63 is (16 n - 16) AND ~63; and that is at most 16 n - 16, and at least 16 n - 16 - 63.
        """
        low = ones(64) ^ mask & ones(64)
        if mask > ones(64) or not low or low != ones(low.bit_length()) or bits(self.words, word) > ones(64):
            return None
        if word in linear(self.words.program, word)[1]:
            return None  # no sum: there are many
        constant, terms = self.integer(word)
        if not terms:
            return constant & mask, {}
        spoken = {n for _, of in self._facts for n in of}
        if word in terms or not terms.keys() <= spoken:
            return None
        # What divides every part, and 2^k: a word of which the lowest j bits are 0 is a multiple of 2^j.
        divisor = gcd(low + 1, *(k * (bits(self.words, n) & -bits(self.words, n)) for n, k in terms.items()))
        number: Form = constant - constant % divisor, terms
        found = self.words.mask(form_node(self.words, number), mask)
        if found not in self._bounded and len(self._facts) >= MOST_ROUNDED:
            return None
        self._bounded.add(found)
        self.add(plus(number, (0, {found: 1}), -1))
        self.add(plus((low, {found: 1}), number, -1))
        return 0, {found: 1}

    def linear(self, node: int) -> Form:
        """The node modulo 2^64 as a form, factors and constant in 0 .. 2^64 - 1."""
        constant, terms = self._raw(node, 64)
        total = self._put((constant, terms))
        return total[0] & ones(64), {n: k & ones(64) for n, k in total[1].items() if k & ones(64)}

    def integer(self, node: int) -> Form:
        """The node's value: a form of what it is made of, where that is shown not to wrap, else of the node itself."""
        known = self._integers.get(node)
        if known is None and self._alone.get(node, MOST_NESTED + 1) <= self._nested:
            return 0, {node: 1}
        if known is None:
            known = self._integer(node)
            if known != (0, {node: 1}):
                self._integers[node] = known
            else:  # (Else words of words of words would be asked about again and again.)
                self._alone[node] = self._nested
        return known

    def _integer(self, node: int) -> Form:
        width = bits(self.words, node).bit_length()
        constant, terms = self._raw(node, width)
        if terms == {node: 1} and not constant:
            return self._put((0, terms))
        form = self._put((signed(constant, width), {n: signed(k, width) for n, k in terms.items()}))
        if not form[1]:
            return self.number(node, width, (form[0] & ones(width), {}))
        if self.shows(form) and self.shows(plus((ones(width), {}), form, -1)):
            return self.number(node, width, form)
        unsigned = self._put((constant, terms))
        if unsigned != form and self.shows(unsigned) and self.shows(plus((ones(width), {}), unsigned, -1)):
            return self.number(node, width, unsigned)
        made = self.words.program[node]
        found = None if made[0] != "Mask" else remainder(self.integer(made[1]), made[2], self._facts, self.shows)
        if found is None:
            return 0, {node: 1}
        self.beyond.add(node)
        return found

    def number(self, node: int, width: int, form: Form) -> Form:
        """The form, which the node is: noted, to be shown."""
        values = tuple((n, f[0], frozenset(f[1].items())) for n, f in sorted(self.values.items()))
        key = node, width, form[0], frozenset(form[1].items()), values
        if key not in self.numbers and node not in self.beyond:
            known = Number(node, width, form, self.values)
            if known.holds(self.words.program):
                self.numbers[key] = known
            else:
                self.beyond.add(node)
        return form

    def _difference(self, node: int) -> Form:
        """A form that is 0 exactly where the node is: its value, or what is it modulo 2^w, between -2^w and 2^w."""
        width = bits(self.words, node).bit_length()
        constant, terms = self._raw(node, width)
        made = self.words.program[node]
        if terms == {node: 1} and not constant and made[0] == "Xor":
            # Both are words, whose XOR is 0 where they are equal.
            return plus(self.integer(made[1]), self.integer(made[2]), -1)
        form = self._put((signed(constant, width), {n: signed(k, width) for n, k in terms.items()}))
        near: Form = ones(width), {}
        for one in (form, *self._congruent(form, width)):
            if self.shows(plus(near, one)) and self.shows(plus(near, one, -1)):
                return one
        return self.integer(node)

    def _congruent(self, form: Form, width: int) -> Iterator[Form]:
        """Forms equal to this one modulo 2^width, by what facts speak of that is a sum AND 2^width - 1.

        Where t is -b AND 7, b + i is i - t modulo 8.
        """
        program = self.words.program
        for t in sorted({n for _, terms in self._facts for n in terms} - form[1].keys()):
            made = program[t]
            if made[0] == "Mask" and made[2] == ones(width):
                constant, terms = linear(program, made[1], width)
                rest = self._put((signed(constant, width), {n: signed(k, width) for n, k in terms.items()}))
                for sign in (1, -1):
                    found = plus(plus(form, rest, sign), (0, {t: 1}), -sign)
                    if len(found[1]) <= len(form[1]):
                        yield found

    def lifted(self, form: Form) -> Form:
        """A form modulo 2^64 with factors nearest to 0: if it is within a range, it is the value."""
        return signed(form[0], 64), {n: signed(k, 64) for n, k in form[1].items()}

    # -- what follows

    def shows(self, goal: Form) -> bool:
        """Whether the goal is at least 0 on this path."""
        goal = smallest(self._put(goal))
        key = goal[0], frozenset(goal[1].items())
        if key in self._shown or key in self._by_range:
            return True
        if not goal[1]:
            return goal[0] >= 0
        if self._follows_from_ranges(goal):
            self._by_range.add(key)
            return True
        facts, ranges = self._facts[:], self.ranges(goal)
        found = self._oracle.multipliers(goal, [*facts, *(f for r in ranges for f in within_range(*r))])
        if found is None:
            return False
        argument = Argument(goal, facts, *found, ranges)
        if not argument.holds:
            return False
        self.arguments.append(argument.short())
        self._shown.add(key)
        return True

    def _follows_from_ranges(self, goal: Form) -> bool:
        """Whether the goal is at least 0 whatever its nodes are: of all programs' runs, so on all paths."""
        if goal[0] + sum(k * bits(self.words, n) for n, k in goal[1].items() if k < 0) < 0:
            return False
        ranges = [(n, bits(self.words, n)) for n in sorted(goal[1])]
        multipliers = {2 * place + (goal[1][n] < 0): abs(goal[1][n]) for place, (n, _) in enumerate(ranges)}
        argument = Argument(goal, [], multipliers, 1, ranges)
        assert argument.holds, goal
        self.arguments.append(argument)
        return True

    def ranges(self, goal: Form) -> list[tuple[int, int]]:
        """(node, the most that it can be) of each node that the facts or the goal speak of."""
        nodes = sorted({n for f in (*self._facts, goal) for n in f[1]})
        return [(n, bits(self.words, n)) for n in nodes]

    def is_zero(self, form: Form) -> bool:
        """Whether the form is 0: so it is if it is when divided by what divides all its factors and its constant."""
        divisor = gcd(form[0], *form[1].values()) or 1
        form = form[0] // divisor, {n: k // divisor for n, k in form[1].items()}
        return self.shows(form) and self.shows(times(form, -1))

    def same(self, a: int, b: int) -> bool:
        """Whether two words of at most 64 bits are equal by what is known of numbers that they are made of."""
        if a in self.words.meaning and b in self.words.meaning:
            known = self.holds(a)
            return known is not None and known == self.holds(b)
        spoken = {n for _, terms in self._facts for n in terms}
        rest = plus(self.linear(a), self.linear(b), -1)
        for n, k in list(rest[1].items()):
            width = bits(self.words, n).bit_length()
            terms = self._raw(n, width)[1]
            if len(terms) > 1 and all(m in spoken for m in terms):  # else nothing that is known may tell
                rest = plus(plus(rest, (0, {n: 1}), -k), self.integer(n), k)
        return not rest[0] & ones(64) and not any(k & ones(64) for k in rest[1].values())

    # -- conditions

    def holds(self, condition: int) -> bool | None:
        """Whether a word of one bit is known to be 1 (True) or 0 (False)."""
        constant = self.words.constant(condition)
        if constant is not None:
            return bool(constant)
        if condition in self.decided:
            return self.decided[condition]
        says = self.words.meaning.get(condition)
        return None if says is None else self._told(says)

    def _told(self, says: tuple[object, ...]) -> bool | None:
        """Whether what is known of numbers, and of the conditions that one is made of, tells it to be 1 or 0."""
        compared = self._compared(says)
        if compared is not None:
            more, less = compared
            return True if self.shows(more) else False if self.shows(less) else None
        match says:
            case ("not", int(c)):
                found = self.holds(c)
                return None if found is None else not found
            case ("and", int(c), int(d)):
                both = self.holds(c), self.holds(d)
                return False if False in both else True if both == (True, True) else None
            case ("xor", int(c), int(d)):
                one, other = self.holds(c), self.holds(d)
                return None if one is None or other is None else one != other
        for wanted, form in self._ways(says):
            if self.shows(form):
                if not wanted or says[0] != "zero":
                    return wanted
                if self.shows(times(form, -1)):
                    return True
        return None

    @property
    def impossible(self) -> bool:
        """Whether a condition that the path decided is shown to be the opposite: then no run takes it."""
        meaning = self.words.meaning
        return any(self._told(meaning[c]) == (not value) for c, value in self.decided.items() if c in meaning)

    def multiples(self, node: int) -> list[int] | None:
        """What a word can be of which a Mask of its low bits, the node, is 0; None where it may be too many."""
        match self.words.program[node]:
            case ("Mask", int(word), int(mask)) if mask and mask == ones(mask.bit_length()):
                return multiples(word, mask, bits(self.words, word), self._facts)
        return None

    def unknown_sign(self, condition: int) -> Form | None:
        """At least 0 where a word is no negative number, if a comparison of signed ones waits for just that."""
        match self.words.meaning.get(condition):
            case ("xor", int(n), int(v)):
                sign, overflow = self.words.meaning.get(n), self.words.meaning.get(v)
            case _:
                return None
        if sign is None or overflow is None or (sign[0], overflow[0]) != ("sign", "overflow"):
            return None
        width, *operands = overflow[1:]
        for node in operands:
            if self._as_signed(node, width) is None:
                return plus(((1 << width - 1) - 1, {}), self.integer(node), -1)
        return None

    def ways(self, condition: int) -> list[tuple[bool, Form]]:
        """(value, form): the condition has the value where the form is at least 0 (one that says "zero": is 0)."""
        says = self.words.meaning.get(condition)
        return [] if says is None else self._ways(says)

    def compares(self, condition: int) -> bool:
        """Whether a condition made of several flags is one comparison."""
        says = self.words.meaning.get(condition)
        return says is not None and self._compared(says) is not None

    def _ways(self, says: tuple[object, ...]) -> list[tuple[bool, Form]]:
        """(value, form): the condition has the value where the form is at least 0 ("zero", 1: where it is 0)."""
        match says:
            case ("zero", int(), int(a)):
                form = self._difference(a)
                if self.shows(form):
                    return [(False, plus(form, (1, {}), -1)), (True, form)]
                if self.shows(times(form, -1)):
                    return [(False, plus((-1, {}), form, -1)), (True, form)]
                return [(True, form)]
            case ("uge", int(), int(a), int(b)):
                form = plus(self.integer(a), self.integer(b), -1)
            case ("carry", int(w), int(a), int(b), int(c)):
                form = plus(plus(self.integer(a), self.integer(b)), self.integer(c))
                form = plus(form, (1 << w, {}), -1)
            case ("sign", int(w), int(a)):
                form = plus(self.integer(a), (1 << w - 1, {}), -1)
            case _:
                return []
        return [(True, form), (False, plus((-1, {}), form, -1))]

    def _compared(self, says: tuple[object, ...]) -> tuple[Form, Form] | None:
        """Of a comparison made of several flags: the forms that are at least 0 where it holds, and where it does not.

        These are a < b of signed numbers (N XOR V), and a > b (a >= b, and the difference is not 0).
        """
        match says:
            case ("xor", int(c), int(d)):
                sides = self._signed_less(c, d)
                if sides is not None:
                    a, b = sides
                    return plus(plus((-1, {}), b), a, -1), plus(a, b, -1)
            case ("and", int(c), int(d)):
                order = self._at_least(c)
                inverse = self.words.meaning.get(d)
                zero = self.words.meaning.get(inverse[1]) if inverse is not None and inverse[0] == "not" else None
                if order is not None and zero is not None and zero[0] == "zero":
                    a, b, width, first, second = order
                    difference = self._raw(zero[2], width)
                    one, other = (self._raw(n, width) for n in (first, second))
                    rest = plus(plus(difference, one, -1), other)
                    whole = bits(self.words, zero[2]) <= ones(width)
                    if whole and not rest[0] & ones(width) and not any(k & ones(width) for k in rest[1].values()):
                        return plus(plus((-1, {}), a), b, -1), plus(b, a, -1)
        return None

    def _at_least(self, condition: int) -> tuple[Form, Form, int, int, int] | None:
        """a, b, their width and nodes, where the condition says a >= b."""
        match self.words.meaning.get(condition):
            case ("uge", int(w), int(a), int(b)):
                return self.integer(a), self.integer(b), w, a, b
            case ("not", int(c)):
                match self.words.meaning.get(c):
                    case ("xor", int(n), int(v)):
                        sides, flag = self._signed_less(n, v), self.words.meaning.get(v)
                        if sides is not None and flag is not None:
                            return *sides, flag[1], flag[2], flag[3]
        return None

    def _signed_less(self, n: int, v: int) -> tuple[Form, Form] | None:
        """a and b, where n XOR v says a < b of signed numbers."""
        sign, overflow = self.words.meaning.get(n), self.words.meaning.get(v)
        if sign is None or overflow is None or sign[0] != "sign" or overflow[0] != "overflow" or sign[1] != overflow[1]:
            return None
        width, a, b = overflow[1:]
        rest = plus(plus(self._raw(sign[2], width), self._raw(a, width), -1), self._raw(b, width))
        if rest[0] & ones(width) or any(k & ones(width) for k in rest[1].values()):
            return None
        one = self._as_signed(a, width)
        other = None if one is None else self._as_signed(b, width)
        return None if one is None or other is None else (one, other)

    def _as_signed(self, node: int, width: int) -> Form | None:
        """What a word, less than 2^width, is in two's complement; None where no form is shown to be in that range."""
        most: Form = (1 << width - 1) - 1, {}
        unsigned = self.integer(node)
        if self.shows(plus(most, unsigned, -1)) and self.shows(unsigned):
            return unsigned
        if self.shows(plus(unsigned, (-1 << width - 1, {}))) and self.shows(plus((ones(width), {}), unsigned, -1)):
            return plus(unsigned, (-1 << width, {}))
        constant, terms = self._raw(node, width)
        form = self._put((signed(constant, width), {n: signed(k, width) for n, k in terms.items()}))
        # (Equal to the node modulo 2^width: so it is the number meant, if it is one of those.)
        if self.shows(plus(most, form, -1)) and self.shows(plus((1 << width - 1, {}), form)):
            return form
        return None

    def assume(self, condition: int, value: bool) -> None:
        """On this path the condition has the value."""
        self.decided[condition] = value
        says = self.words.meaning.get(condition)
        compared = None if says is None else self._compared(says)
        if compared is not None:
            self.add(compared[0] if value else compared[1])
            self._look_again()
            return
        match says:
            case None:
                return
            case ("not", c):
                self.assume(c, not value)
                return
            case ("and", c, d):
                if value:
                    self.assume(c, True)
                    self.assume(d, True)
                elif self.holds(c):
                    self.assume(d, False)
                elif self.holds(d):
                    self.assume(c, False)
                return
            case ("xor", c, d):
                for one, other in ((c, d), (d, c)):
                    known = self.holds(one)
                    if known is not None and other not in self.decided:
                        self.assume(other, known != value)
                return
        found = [form for wanted, form in self._ways(says) if wanted == value]
        for form in found:
            self.add(form)
            if says[0] == "zero" and value:
                self.add(times(form, -1))
        if not found and not value:
            self._unequal.append(condition)
        self._look_again()

    def _look_again(self) -> None:
        """Add that what differs from 0 is above it, or below, where that is known by now."""
        for condition in self._unequal[:]:
            for form in [form for wanted, form in self._ways(self.words.meaning[condition]) if not wanted]:
                self.add(form)
                self._unequal.remove(condition)

    def settle(self, numbers: Sequence[int]) -> None:
        """Put what a number of the contract is in its place, where a fact since the last time says so."""
        fresh, self.fresh = self.fresh, []
        for added in fresh:
            form = smallest(self._put(added))
            for n in numbers:
                limit = bound(form, n, self.words.reach) if n in form[1] else None
                if limit is None:
                    continue
                apart = plus(limit, (0, {n: 1}), -1)
                if self.shows(times(apart, -1)) and self.shows(apart):
                    self.equate(n, limit)
                    break
