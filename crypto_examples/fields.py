"""Arithmetic modulo a prime in words of 64 bits: what the proofs of such routines share."""

from __future__ import annotations

from armsym.dsl import Claims, Integer, Proof, Region, State, Words, below, congruent

__all__ = ["Field"]


class Field:
    """`void f(uint64_t r[n], const uint64_t a[n], ...)`: r is a result modulo a prime, and below it.

    The operands are below the prime, or any numbers of as many words; the first word of a number is the least
    significant.  The result may be stored where an operand is, which is a case of its own.
    """

    def __init__(
        self,
        p: Proof,
        modulus: int,
        *,
        operands: str = "ab",
        stack: int = 0,
        below_modulus: bool = True,
        keeps_there: bool = False,
    ) -> None:
        """`operands` are the names of those after the result, in X1 and up; `stack` is how far SP goes down.

        With `keeps_there` the routine also reads where the result goes, to have there what it goes on with.
        """
        self.p, self.modulus = p, modulus
        size = 8 * ((modulus.bit_length() + 63) // 64)
        # Where the result lies: 0 apart from the operands; else bit k says that it is in place of operand k.
        place = p.choice("in_place", range(2 ** len(operands)))
        shared = "".join(name for k, name in enumerate(operands) if place >> k & 1)
        regions: dict[str, Region] = {}
        for name in operands:
            if name in shared and shared[0] in regions:
                regions[name] = regions[shared[0]]
                continue
            regions[name] = p.region(name, size, access="rw" if name in shared else "r")
            if below_modulus:
                p.example(regions[name], below(modulus))
        self.result = regions[shared[0]] if shared else p.region("r", size, access="rw" if keeps_there else "w")
        self._regions = regions
        self._operands = {name: p.integer(r.words(64)) for name, r in regions.items()}
        if below_modulus:
            for name, number in self._operands.items():
                p.assume(f"{name} is below the modulus", number < modulus)
        p.call(x0=self.result, **{f"x{k}": r for k, r in enumerate(regions.values(), 1)})
        p.modifies(self.result, *([p.stack(stack)] if stack else []))

    def operand(self, name: str) -> Integer | int:
        """An operand as a number, on entry."""
        return self._operands[name]

    def words(self, name: str) -> Words:
        """The words of an operand on entry, the least significant first."""
        return self._regions[name].words(64)

    def gives(self, value: Integer | int, *, times: int = 1) -> None:
        """The result multiplied by a number is congruent to a value; and it is below the modulus."""

        def claims(s: State) -> Claims:
            r = self.p.integer(self.result.words(64, at=s))
            return {"value": congruent(r * times, value, self.modulus), "reduced": r < self.modulus}

        self.p.ensures(claims)
