"""Calls by contract: what a routine's audited contract says stands for its code.

At the callee's first instruction what its contract assumes is shown of the machine there: arguments, preconditions,
that its regions lie in the caller's with that access, apart where one is written, and that what it calls public is.
Then all that it may change is anything, but for what the contract says of it.  That the contract holds is another
bundle's to show (`armsym.audit.together`).
"""

from __future__ import annotations

from armsym.audit.arrivals import Arrivals
from armsym.audit.contracts import Callee
from armsym.audit.facts import bits
from armsym.audit.farkas import plus
from armsym.audit.flags import Flags
from armsym.audit.ground import put
from armsym.audit.instance import RefusedValue
from armsym.audit.lanes import Lanes
from armsym.audit.outcomes import Assigned, Outcome, assigned
from armsym.audit.raw import ones
from armsym.audit.site import Place, Site, UnfitError
from armsym.audit.state import State
from armsym.audit.store import Byte, RefusedAccess, join_bytes

__all__ = ["take_call"]

#: A callee changes at most so many bytes of one region.
MOST_BYTES = 1 << 14


def take_call(walk: Arrivals, state: State, callee: Callee) -> None:
    """Let the callee's contract change the state; raises `RefusedAccess` and `RefusedValue` where it is not met."""
    why = []
    for case in callee.cases:
        try:
            site = _Call(walk, state, callee.symbol, case)
            site.bind()
        except UnfitError as e:
            why.append(str(e))
            continue
        site.require()
        site.change()
        walk.count("calls by contract")
        return
    raise RefusedAccess(f"a call of {callee.symbol} is of no case of its contract: {'; '.join(why) or 'it has none'}")


class _Call(Site):
    """A call whose case is known."""

    # -- what has to hold at the call

    def require(self) -> None:
        """Show what the contract assumes, or claim it; raises `RefusedAccess` and `RefusedValue`."""
        case, walk, facts, w = self.case, self.walk, self.facts, self.words
        where = f"at a call of {self.symbol} from {walk.at:#x}"
        for name, (low, high) in case.numbers.items():
            value = self.input(f"num.{name}")
            if walk.secret(value):
                raise RefusedAccess(f"{name}, public {where}, depends on a secret")
            number = facts.integer(value)
            if not facts.shows(plus(number, (-low, {}))) or not facts.shows(plus((high, {}), number, -1)):
                raise RefusedValue(f"{name} is not shown to be from {low} to {high}, {where}")
        if not case.alike <= self.walk.case.alike:
            missing = ", ".join(sorted(case.alike - self.walk.case.alike))
            raise RefusedAccess(
                f"that {missing} takes the same time for all operands is no part of the contract, {where}"
            )
        if not case.inert <= self.walk.case.inert:
            missing = ", ".join(sorted(case.inert - self.walk.case.inert))
            raise RefusedAccess(f"that {missing} does nothing is no part of the contract, {where}")
        for name, (possible, secret) in case.words.items():
            value = self.input(f"word.{name}")
            if not secret and walk.secret(value):
                raise RefusedAccess(f"{name}, public {where}, depends on a secret")
            if bits(w, value) & ~possible:
                walk._claim(self.state, value, w.mask(value, possible), f"{name} is within {possible:#x}, {where}")
        for place, node in case.arguments.items():
            walk._claim(self.state, self.register(place), self.made(node), f"{place} is the argument, {where}")
        for p in self.places.values():
            self._require_place(p, where)
        for g in case.globals.values():
            # (Of one that the caller does not declare nothing says that it is apart from what may be written.)
            own = self._same_global(g.name)
            if not g.secret and self.inputs.content_secret(f"mem.global.{own}"):
                raise RefusedAccess(f"{g.name}, public {where}, is secret")
        for s in case.given:
            found = self._given(s.region, self._constant(s.offset), s.size)
            walk._claim(self.state, found, self.made(s.value), f"what {s.region} holds, {where}")
        for text, node in case.requires:
            condition = self.made(node)
            if bits(w, condition) > 1:
                raise RefusedValue(f"the precondition {text!r} has more than one bit, {where}")
            if facts.holds(condition) is not True:
                walk._claim(self.state, condition, w.const(1), f"the precondition {text!r}, {where}")
        # By what is known before the call: what its contract tells of integers is known after it alone.
        walk.relate(self.state, [put(r, self.made, f"the precondition {r.name!r}, {where}") for r in case.known])
        self._require_stack(where)
        walk.count("preconditions of calls", 1 + len(case.requires) + len(case.arguments) + len(self.places))

    def _require_place(self, p: Place, where: str) -> None:
        r, own, facts = p.region, self.walk.case, self.facts
        name = f"{r.name} in {p.inside}, {where}"
        at = facts.lifted(p.offset)
        if p.inside == "stack":
            if p.offset[1] or p.size[1]:
                raise RefusedAccess(f"a place or size that is no number: {name}")
            if at[0] < self.before.sp_offset() + self.case.above or at[0] + p.size[0] > own.above:
                raise RefusedAccess(f"{p.size[0]} bytes at sp0{at[0]:+#x}, not above SP and in the stack area: {name}")
            aligned = 16
        else:
            inside = own.regions[p.inside]
            if not set(r.access) <= set(inside.access):
                raise RefusedAccess(f"{r.access} is needed, {inside.access} is allowed: {name}")
            if r.name in self.case.modifies and inside.name not in own.modifies:
                raise RefusedAccess(f"{inside.name} may not change: {name}")
            end = plus(plus(self.inputs.size(inside.name), at, -1), p.size, -1)
            if not facts.shows(at) or not facts.shows(end):
                raise RefusedAccess(f"its {p.size} bytes at {at} are not shown to lie in it: {name}")
            aligned = inside.align
        parts = [aligned, p.offset[0], *(k * (b & -b) for n, k in p.offset[1].items() if (b := bits(self.words, n)))]
        if any(part % r.align for part in parts):
            raise RefusedAccess(f"it is not shown to be {r.align}-byte aligned: {name}")
        if not r.secret:
            self._require_public(p, name)

    def _require_public(self, p: Place, name: str) -> None:
        held = self.before.memory.held[p.inside]
        given = self.before.memory.areas[p.inside].given
        if not (held.layers or held.filled is not None or given or self.inputs.content_secret(held.under)):
            return
        if p.size[1] or p.size[0] > MOST_BYTES:
            raise RefusedAccess(f"its content is not shown to be public: {name}")
        for k in range(p.size[0]):
            if self.walk.secret(self._load(p, (k, {}), 1)):
                raise RefusedAccess(f"byte {k} of its content, which is public, depends on a secret: {name}")

    def _require_stack(self, where: str) -> None:
        sp, own = self.before.sp_offset(), self.walk.case
        if sp % 16:
            raise RefusedAccess(f"SP is no multiple of 16, {where}")
        if sp - self.case.depth < -own.depth or sp + self.case.above > own.above:
            raise RefusedAccess(
                f"its stack, {self.case.depth} bytes below SP and {self.case.above} above, is not within"
                f" {own.depth} bytes below the caller's and {own.above} above, {where}"
            )
        constant, terms = self.facts.linear(self.before.x(30))
        if terms not in ({self.inputs.node("lr0"): 1}, {self.inputs.image: 1}) or constant % 4:
            raise RefusedAccess(f"LR is neither the caller's nor a known address of the file, {where}")

    # -- what it changes

    def change(self) -> None:
        """Forget what the callee may change, and let be so what its contract ensures."""
        case, state = self.case, self.state
        told = assigned(self)
        for n in range(31):
            if n not in case.preserves_x:
                state.set_x(n, self._after(told, f"x{n}", 8))
        for n in range(32):
            if n in case.preserves_v:
                continue
            low = (
                [(self.words.bits(self.before.v_word(n), 0, 64), j) for j in range(8)] if n in case.preserves_d else []
            )
            state.set_v(n, Lanes(128, (self._after(told, f"v{n}", 16, low),)))
        state.flags = Flags.of_words(self.words, *(self.fresh(c, 1) for c in "nzcv"))
        for name in sorted(case.modifies):
            p = self.places[name]
            if p.size[1] or p.size[0] > MOST_BYTES:
                raise RefusedAccess(f"{self.symbol} may change {name}: a size that is no number up to {MOST_BYTES}")
            data = self._bytes(told, f"{name}+", p.size[0])
            state.memory.put(p.inside, p.offset, data)
        self._forget_stack()
        walk, results = self.walk, Outcome(self)
        walk.learn(state, [put(r, results.made, r.name) for r in case.relations])

    def _bytes(self, told: Assigned, place: str, size: int) -> list[Byte]:
        """The bytes that a place holds afterwards: those that the contract tells, the others anything."""
        found: list[Byte] = []
        for k in range(0, size, 8):
            count = min(8, size - k)
            known = [told.get((place, k + j)) for j in range(count)]
            fresh = self.fresh("bytes", ones(8 * count)) if None in known else 0
            found += [byte or (fresh, j) for j, byte in enumerate(known)]
        return found

    def _after(self, told: Assigned, place: str, size: int, low: list[Byte] | None = None) -> int:
        data = self._bytes(told, place, size)
        return join_bytes(self.words, [*low, *data[len(low) :]] if low else data)

    def _forget_stack(self) -> None:
        sp, depth = self.before.sp_offset(), self.walk.case.depth
        for at in range(-depth - (-depth % 8), sp + self.case.above, 8):
            self.state.memory.store("stack", (at & ones(64), {}), 8, self.fresh("stack", ones(64)))
