"""The machine of one path: registers and memory on raw words, each access shown to be permitted when it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armsym.audit.facts import Facts, bits
from armsym.audit.farkas import Form, plus
from armsym.audit.inputs import Inputs
from armsym.audit.lanes import Lanes
from armsym.audit.linear import linear
from armsym.audit.link import Sections
from armsym.audit.machine import Machine
from armsym.audit.numbers import form_node
from armsym.audit.raw import ones
from armsym.audit.store import Memory, RefusedAccess

__all__ = ["NeedFork", "State"]

#: A load may be from one of so many places on the stack.
MOST_PLACES = 256


class NeedFork(Exception):
    """An instruction chose by a public condition that the facts do not decide: it is followed both ways."""

    def __init__(self, condition: int) -> None:
        self.condition = condition


class State(Machine):
    """Registers, memory and facts of a path."""

    def __init__(
        self, inputs: Inputs, file: Sections, facts: Facts, memory: Memory, secret: Callable[[int], bool]
    ) -> None:
        super().__init__(inputs.words)
        self.inputs, self.file, self.facts, self.memory, self._secret = inputs, file, facts, memory, secret
        #: The low halves of words that were made of halves.
        self.low: dict[int, int] = {}
        #: How many accesses there were.
        self.accesses = 0
        #: The lowest offset from sp0 that the instruction being executed accessed; None: none.
        self.lowest: int | None = None
        #: What is known of integers on this path, by its numbers in `Ground.known`.
        self.told: tuple[int, ...] = ()

    def fork(self) -> State:
        """An independent copy."""
        s = State(self.inputs, self.file, self.facts.fork(), self.memory.fork(), self._secret)
        s.put_registers(self.fork_registers())
        s.low, s.told = self.low, self.told
        return s

    def w(self, n: int) -> int:
        """Wn; of a word made of halves the very half, so that it is no more secret than that is."""
        return self.low.get(self.x(n)) or super().w(n)

    def fork_registers(self) -> tuple[Any, ...]:
        """Registers and flags, as they are now."""
        return self._x.copy(), self._narrow.copy(), self._sp, self._v.copy(), self._flags

    def put_registers(self, registers: tuple[Any, ...]) -> None:
        """Let registers and flags be as they were."""
        self._x, self._narrow, self._sp, self._v, self._flags = registers

    def set_x(self, n: int, value: int) -> None:
        """Let Xn be the word; where a number is added to the lower of two parts, each part by itself.

        Of an address in the file with a mask on it, of low bits: the address that it is.
        """
        super().set_x(n, self._masked(self._parts(value)))

    def _masked(self, value: int) -> int:
        """(image + c) AND mask, or XOR a number, as image + c', where only the lowest bits change: the image's are 0.

        That both are equal, for all values, the checker has to show.
        """
        w = self.words
        change: int | None = 0
        match w.program[value]:
            case ("Mask", int(a), int(mask)) if mask <= ones(64) and w.reach(a) <= ones(64):
                pass
            case ("Xor", int(a), int(b)) if w.reach(value) <= ones(64):
                a, number = (a, b) if w.constant(a) is None else (b, a)
                mask, change = ones(64), w.constant(number)
            case _:
                return value
        image = self.inputs.image
        low = (self.inputs.bits["image"] & -self.inputs.bits["image"]) - 1
        if change is None or change & ~low:
            return value
        constant, terms = linear(w.program, a, 64)
        if terms != {image: 1} or mask | low != ones(64) or self._secret(value):
            return value
        found = form_node(w, (constant & ~(low & ~mask) ^ change, terms))
        if found != value:
            self.inputs.claims.setdefault((value, found), f"an address in the file, masked by {mask ^ change:#x}")
        return found

    def _parts(self, value: int) -> int:
        """(high XOR low) + k as high XOR (low + k), where no bit of `high` is below 2^n, and low + k < 2^n is shown."""
        w, program = self.words, self.words.program
        match program[value]:
            case ("Add", 64, a, b) if program[a][0] == "Xor" and program[b][0] == "Const":
                low, high = sorted(program[a][1:], key=w.reach)
            case _:
                return value
        most = (w.reach(high) & -w.reach(high)) - 1
        if most <= 0 or w.reach(low) > most:
            return value
        total = plus(self.facts.integer(low), (program[b][1], {}))
        if not self.facts.shows(plus((most, {}), total, -1)):
            return value
        self.facts.beyond.add(value)  # that both are equal nobody else is asked
        return w.xor(high, w.mask(form_node(w, total), most))

    # -- what the semantics ask

    def unset(self, name: str) -> int:
        """No register is unset: all were given when the state was made."""
        raise AssertionError(f"{name} was not set")

    def image_address(self, address: int) -> int:
        """The word that an address of the file is at run time."""
        self.file.check(address, 0)
        return self.words.add(64, self.inputs.image, self.words.const(address & ones(64)))

    def sp_is_aligned(self) -> None:
        """Raises `RefusedAccess` where SP is not known to be a multiple of 16."""
        if self.sp_offset() % 16:
            raise RefusedAccess("SP is no multiple of 16")

    def leak(self, operand: int, name: str) -> None:
        """The time an instruction takes may tell this; raises `RefusedAccess` where it is secret.

        Unless the contract takes it not to.
        """
        if self._secret(operand) and name not in self.inputs.case.alike:
            raise RefusedAccess(f"how long an instruction ({name}) takes may depend on a secret")

    def hint(self, name: str) -> None:
        """Nothing happens, if the contract takes it so; else raises `RefusedAccess`."""
        if name not in self.inputs.case.inert:
            raise RefusedAccess(f"{name.upper()} does nothing only where there is no pointer authentication")

    def prefetch(self, address: int) -> None:
        """Nothing is accessed, and may be anywhere; raises `RefusedAccess` where the address is secret."""
        if self._secret(address):
            raise RefusedAccess("an address that is prefetched from depends on a secret")

    def decide(self, condition: int) -> bool | None:
        """What the facts say of a public condition, None of a secret one; raises `NeedFork` where they do not tell."""
        constant = self.words.constant(condition)
        if constant is not None:
            return bool(constant)
        if self._secret(condition):
            return None
        known = self.facts.holds(condition)
        if known is None:
            raise NeedFork(condition)
        return known

    def number(self, node: int) -> int | None:
        """See `Machine.number`: by the facts, of a public word of at most 64 bits."""
        known = self.words.constant(node)
        if known is not None or self._secret(node) or bits(self.words, node) > ones(64):
            return known
        value, terms = self.facts.integer(node)
        return None if terms else value

    def load(self, address: int, size: int) -> int:
        """See `Machine.load`."""
        name, offset = self._access(address, size, store=False)
        if name not in self.memory.areas:
            return self._constant(name, offset, size)
        if name == "stack" and offset[1]:
            return self._one_of(offset, size)
        return self.memory.load(self.facts, name, offset, size)

    def load_lanes(self, address: int, size: int) -> Lanes:
        """See `Machine.load_lanes`: in lanes of a region's cells."""
        name, offset = self._access(address, size, store=False)
        constant = name not in self.memory.areas
        step = min(size, 8 if constant else self.memory.areas[name].cell)

        def load(at: Form) -> int:
            return self._constant(name, at, step) if constant else self.memory.load(self.facts, name, at, step)

        return Lanes(8 * step, tuple(load(plus(offset, (k, {}))) for k in range(0, size, step)))

    def store(self, address: int, size: int, value: int) -> None:
        """See `Machine.store`."""
        name, offset = self._access(address, size, store=True)
        self.memory.store(name, offset, size, value)

    # -- where an address lies

    def sp_offset(self, sp: int | None = None) -> int:
        """SP less its value on entry, a number; raises `RefusedAccess`."""
        constant, terms = self.facts.linear(self.sp if sp is None else sp)
        if terms != {self.inputs.sp0: 1}:
            raise RefusedAccess("SP is not its value on entry and a known number")
        return constant - (1 << 64) if constant >> 63 else constant

    def _access(self, address: int, size: int, *, store: bool) -> tuple[str, Form]:
        """The region (or "image") and the offset of an access, shown to be permitted; raises `RefusedAccess`."""
        self.accesses += 1
        if self._secret(address):
            raise RefusedAccess("an address depends on a secret")
        constant, terms = self.facts.linear(address)
        i = self.inputs
        found = [n for n, k in terms.items() if k == 1 and (n in i.bases or n in i.sections or n in (i.sp0, i.image))]
        if len(found) != 1:
            raise RefusedAccess(f"an address has {len(found)} bases: it lies in no one region")
        base = found[0]
        offset: Form = constant, {n: k for n, k in terms.items() if n != base}
        what = "store" if store else "load"
        if base == self.inputs.image:
            return self._in_image(offset, size, store=store)
        if base in self.inputs.sections:
            return self._in_section(self.inputs.sections[base], offset, store=store)
        if base == self.inputs.sp0:
            return self._in_stack(offset, size, store=store)
        r = self.inputs.bases[base]
        if store and (r.name not in self.inputs.case.modifies or "w" not in r.access):
            raise RefusedAccess(f"a store to {r.name}, which may not change")
        if not store and "r" not in r.access:
            raise RefusedAccess(f"a load from {r.name}, which may not be read")
        self.within(r.name, offset, size, what)
        self.facts.number(address, 64, plus((0, {base: 1}), self.facts.lifted(offset)))
        return r.name, offset

    def within(self, name: str, offset: Form, size: int, what: str) -> None:
        """Show that `size` bytes at an offset lie in a region of the contract; raises `RefusedAccess`."""
        lifted = self.facts.lifted(offset)
        end = plus(plus(self.inputs.size(name), (size, {}), -1), lifted, -1)
        if not self.facts.shows(lifted) or not self.facts.shows(end):
            raise RefusedAccess(f"a {what} of {size} bytes is not shown to lie in {name}: offset {lifted}")

    def held(self, name: str, offset: Form, size: int) -> int:
        """What a region or the stack holds at an offset that a bundle tells; raises as `held_within`."""
        self.held_within(name, offset, size)
        return self.memory.load(self.facts, name, offset, size)

    def held_within(self, name: str, offset: Form, size: int) -> None:
        """Show that an offset that a bundle tells lies in the region or on the stack; raises `RefusedAccess`.

        Offsets of one region are told apart as integers (`Memory.bytes`): one that wraps would be another's.
        """
        if name == "stack":
            self._stack_offset(offset, size)
        else:
            self.within(name, offset, size, "claim")

    def _in_image(self, offset: Form, size: int, *, store: bool) -> tuple[str, Form]:
        if store:
            raise RefusedAccess("a store to the file's own memory")
        if offset[1]:
            raise RefusedAccess("a load from the file at an offset that is no number")
        self.file.check(offset[0], size)
        for g in self.inputs.case.globals.values():
            if g.address <= offset[0] and offset[0] + size <= g.address + g.size:
                return f"global.{g.name}", (offset[0] - g.address, {})
        return "image", offset

    def _in_section(self, name: str, offset: Form, *, store: bool) -> tuple[str, Form]:
        if store:
            raise RefusedAccess("a store to another section of the file")
        if offset[1]:
            raise RefusedAccess("a load from another section of the file at an offset that is no number")
        return name, offset

    def _constant(self, name: str, offset: Form, size: int) -> int:
        at = offset[0] & ones(64)
        addend = self.file.relative(at, size) if name == "image" else None
        if addend is not None:
            self.inputs.filled_in.add(at)
            return self.image_address(addend)
        data = self.file.read_only(at, size) if name == "image" else self.file.bytes_of(name, at, size)
        return self.words.const(int.from_bytes(data, "little"))

    def _in_stack(self, offset: Form, size: int, *, store: bool) -> tuple[str, Form]:
        """A place on the stack; only a load may be from one of several, all of which lie there."""
        if store or not offset[1]:
            return self._on_stack(offset, size)
        low, more = self._several(offset)
        self._on_stack((low & ones(64), {}), size + more)
        return "stack", offset

    def _several(self, offset: Form) -> tuple[int, int]:
        """The least that an offset can be, and how much more it may be; raises `RefusedAccess`."""
        constant, terms = self.facts.lifted(offset)
        more = sum(k * bits(self.words, n) for n, k in terms.items())
        if any(k < 0 for k in terms.values()) or more >= MOST_PLACES:
            raise RefusedAccess(f"an access to the stack at an offset that is not one of {MOST_PLACES} numbers")
        return constant, more

    def _one_of(self, offset: Form, size: int) -> int:
        """What a load from one of several places on the stack gives: each is known."""
        low, more = self._several(offset)
        index = form_node(self.words, (0, offset[1]))
        places = [self.memory.load(self.facts, "stack", (low + k & ones(64), {}), size) for k in range(more + 1)]
        return self.words.selected(8 * size, index, places)

    def _on_stack(self, offset: Form, size: int) -> tuple[str, Form]:
        at = self._stack_offset(offset, size)
        self.lowest = at if self.lowest is None else min(at, self.lowest)
        return "stack", (at & ones(64), {})

    def _stack_offset(self, offset: Form, size: int) -> int:
        if offset[1]:
            raise RefusedAccess("an access to the stack at an offset that is no number")
        at = offset[0] - (1 << 64) if offset[0] >> 63 else offset[0]
        case = self.inputs.case
        if not -case.depth <= at <= at + size <= case.above:
            raise RefusedAccess(
                f"an access to sp0{at:+#x}, outside of {case.depth} bytes below SP and {case.above} above"
            )
        return at

    # -- after each instruction

    def settle_stack(self, before: int) -> None:
        """No access was below SP, as it was `before` or is now; what lies below it now is anybody's."""
        now = self.sp_offset()
        if now % 16 or not -self.inputs.case.depth <= now <= self.inputs.case.above:
            raise RefusedAccess(f"SP becomes sp0{now:+#x}")
        if self.lowest is not None and self.lowest < min(before, now):
            raise RefusedAccess(f"an access to sp0{self.lowest:+#x}, below SP")
        self.lowest = None
        if now > before:
            for at in range(-self.inputs.case.depth, now, 8):
                # A name that no other input has: it is made of the instruction's number.
                node = self.words.program.var(f"dead.{len(self.words.program)}", ones(64))
                self.memory.store("stack", (at & ones(64), {}), 8, node)
