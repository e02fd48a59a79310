"""Whether a routine keeps a bundle's contract, on random states that meet it, run in Unicorn.

Nothing of armsym's engine, terms or semantics is used, nor the audit's paths and semantics: the contract's nodes are
evaluated on numbers (`armsym.audit.evaluate`), before and after the core has run the file's bytes.  What a contract
says of time is looked at, too: runs that differ in secrets alone must make the same accesses by the same instructions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from armsym.audit.bundle import Case
from armsym.audit.evaluate import operands, value_of
from armsym.audit.functions import definition
from armsym.bits import Bits
from armsym.conform.guest import Guest
from armsym.conform.unicorn_oracle import import_unicorn
from armsym.elf import Image
from armsym.errors import ArmsymError
from armsym.machine import NZCV, Machine
from armsym.memory import ConcreteMemory, ConcreteRegion

__all__ = ["Unjudged", "broken"]

_ONES = (1 << 64) - 1
BASE, STACK, REGIONS, BACK = 0x40_0000, 0x7000_0000, 0x1_0000_0000, 0x90_0000_0000
#: Bytes of stack on either side of SP.
ROOM = 0x4000
#: Bytes that regions have at most, together; numbers are chosen so.
MOST_BYTES = 1 << 12
#: States that are drawn, until one meets the preconditions.
DRAWN = 200
#: Steps of a fold, and instructions of a run.
MOST_STEPS, MOST_INSTRUCTIONS = 512, 200_000


class Unjudged(Exception):
    """No run can tell: the contract speaks of what has no number here, or no state was found that meets it."""


@dataclass
class _Entry:
    """A state on entry: the inputs by name, and what regions hold."""

    inputs: dict[str, int]
    held: dict[str, bytearray] = field(default_factory=dict)
    left: dict[str, bytes] = field(default_factory=dict)
    #: What a contract means by bytes just past a region's end: anything, for it may not depend on them.
    beyond: bytes = b""


class _Values:
    """The contract's nodes on numbers."""

    def __init__(self, case: Case, entry: _Entry, inputs: dict[str, int] | None = None) -> None:
        self.case, self.entry = case, entry
        self.inputs = entry.inputs if inputs is None else inputs
        self._folds: dict[tuple[str, int], list[int]] = {}

    def __call__(self, *nodes: int) -> list[int]:
        table, seen, todo = self.case.table, {0}, list(nodes)
        while todo:
            n = todo.pop()
            if n not in seen:
                seen.add(n)
                todo += operands(table[n])
        values: dict[int, int] = {}
        for n in sorted(seen - {0}):
            i = table[n]
            given = [values[a] for a in operands(i)]
            if i[0] == "Var":
                if i[1] not in self.inputs:
                    raise Unjudged(f"the input {i[1]}")
                values[n] = self.inputs[i[1]] & i[2]
                if values[n] != self.inputs[i[1]]:
                    raise Unjudged(f"the input {i[1]} is more than its bits")
            elif i[0] == "App" and definition(i[1]) is None:
                values[n] = self._applied(i[1], given) & i[3]
            else:
                values[n] = value_of(i, given)
        return [values[n] for n in nodes]

    def _applied(self, name: str, given: list[int]) -> int:
        fold, _, word = name.rpartition(".")
        if fold in self.case.folds:
            return self._fold(fold, given[0])[int(word)]
        kind, _, region = name.partition(".")
        if kind not in ("mem", "after") or region not in self.case.regions:
            raise Unjudged(f"the function {name}")
        r = self.case.regions[region]
        held = self.entry.held[region] if kind == "mem" else self.entry.left[region]
        at = given[0]
        if at + r.cell > len(held) + len(self.entry.beyond):
            raise Unjudged(f"{region} beyond its end")
        held = bytes(held) + self.entry.beyond
        return int.from_bytes(held[at : at + r.cell], "little" if r.order == "little" else "big")

    def _fold(self, name: str, index: int) -> list[int]:
        if index > MOST_STEPS:
            raise Unjudged(f"{index} steps of {name}")
        f = self.case.folds[name]
        if (name, 0) not in self._folds:
            self._folds[name, 0] = self(*f.start)
        for k in range(1, index + 1):
            if (name, k) not in self._folds:
                at = {f"{name}.index": k - 1, **self.inputs}
                block = _Values(self.case, self.entry, at)(*f.over)
                state = {f"{name}.state.{j}": v for j, v in enumerate(self._folds[name, k - 1])}
                state |= {f"{name}.block.{j}": v for j, v in enumerate(block)}
                self._folds[name, k] = _Values(self.case, self.entry, state)(*f.step)
        return self._folds[name, index]


def _sizes(case: Case, inputs: dict[str, int]) -> dict[str, int]:
    return {r.name: r.constant + sum(k * inputs[f"num.{n}"] for n, k in r.sizes) for r in case.regions.values()}


def _numbers(case: Case, rng: random.Random) -> dict[str, int]:
    """A value of each number: small, or such that regions are not too long."""
    for shrink in range(60):
        inputs = {}
        for name, (low, high) in case.numbers.items():
            most = min(high, low + (1 << max(0, 8 - shrink)))
            inputs[f"num.{name}"] = rng.choice([low, min(low + 1, high), most, rng.randint(low, most)])
        if sum(_sizes(case, inputs).values()) <= MOST_BYTES:
            return inputs
    raise Unjudged("regions of many bytes")


def _content(entry: _Entry, size: int, rng: random.Random) -> bytearray:
    """Random bytes; now and then what another region holds but for at most a bit, or all alike: for comparisons."""
    roll = rng.random()
    before = [h for h in entry.held.values() if len(h) == size]
    if before and roll < 0.4:
        data = before[-1][:]
        if size and roll < 0.2:
            data[rng.randrange(size)] ^= 1 << rng.randrange(8)
        return data
    return bytearray([rng.choice([0, 255])]) * size if roll > 0.9 else bytearray(rng.randbytes(size))


def _drawn(case: Case, rng: random.Random) -> _Entry:
    inputs = _numbers(case, rng)
    entry = _Entry(inputs, beyond=rng.randbytes(256))
    for name, (possible, _) in case.words.items():
        inputs[f"word.{name}"] = rng.getrandbits(possible.bit_length() or 1) & possible
    at = REGIONS
    for name, size in _sizes(case, inputs).items():
        align = case.regions[name].align
        at = (at + 0x10000 + align - 1) // align * align
        # Where a page is enforced, no access just past the end is missed.
        inputs[f"base.{name}"] = at + align * rng.randrange(4)
        entry.held[name] = _content(entry, size, rng)
        at += size
    for n in range(31):
        inputs[f"x{n}_in"] = rng.getrandbits(64)
    for n in range(32):
        inputs[f"v{n}_in"] = rng.getrandbits(128)
    for f in "nzcv":
        inputs[f"{f}_in"] = rng.getrandbits(1)
    inputs |= {"sp0": STACK, "lr0": BACK, "image": BASE, "x30_in": BACK}
    for g in case.given:
        value, offset = _Values(case, entry)(g.value, g.offset)
        entry.held[g.region][offset : offset + g.size] = value.to_bytes(g.size, "little")
    return entry


def _meets(case: Case, rng: random.Random) -> _Entry:
    for _ in range(DRAWN):
        entry = _drawn(case, rng)
        if all(_Values(case, entry)(*(n for _, n in case.requires))):
            return entry
    raise Unjudged("no state was found that meets the preconditions")


def _machine(case: Case, entry: _Entry, image: Image, stack: bytes) -> Machine:
    x = [entry.inputs[f"x{n}_in"] for n in range(31)]
    v = [entry.inputs[f"v{n}_in"] for n in range(32)]
    for place, node in case.arguments.items():
        (value,), n = _Values(case, entry)(node), int(place[1:])
        if place[0] == "v":
            v[n] = value
        else:
            x[n] = value if place[0] == "x" else x[n] & ~0xFFFF_FFFF | value
    regions = [ConcreteRegion(s.name, BASE + s.offset, image.loaded(s, BASE), s.access) for s in image.segments]
    regions.append(ConcreteRegion("stack", STACK - ROOM, bytearray(stack), "rw"))
    for name, held in entry.held.items():
        if held:
            regions.append(
                ConcreteRegion(f"region {name}", entry.inputs[f"base.{name}"], held[:], case.regions[name].access)
            )
    return Machine(
        x=[Bits(64, n) for n in x],
        sp=Bits(64, STACK),
        v=[Bits(128, n) for n in v],
        nzcv=NZCV.of_bits(Bits(4, sum(entry.inputs[f"{f}_in"] << 3 - k for k, f in enumerate("nzcv")))),
        pc=Bits(64, 0),
        memory=ConcreteMemory(regions),
    )


def _run(m: Machine, entry: int) -> tuple[Machine, list[tuple[int, ...]]]:
    """The machine after the routine, and where it was and what it accessed; raises `ArmsymError`."""
    unicorn, _ = import_unicorn()
    guest, trace = Guest(m, BACK), list[tuple[int, ...]]()
    guest.uc.hook_add(unicorn.UC_HOOK_CODE, lambda _uc, at, _size, _data: trace.append((at,)))
    guest.uc.hook_add(
        unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE,
        lambda _uc, kind, at, size, _value, _data: trace.append((kind, at, size)),
    )
    try:
        guest.uc.emu_start(entry, BACK, 0, MOST_INSTRUCTIONS)
    except unicorn.UcError as e:
        raise ArmsymError(f"Unicorn at {guest.pc:#x}: {e}") from None
    if guest.pc != BACK:
        raise ArmsymError(f"it does not return: after {MOST_INSTRUCTIONS} instructions it is at {guest.pc:#x}")
    return guest.machine(), trace


def _regions(m: Machine) -> dict[str, bytes]:
    assert isinstance(m.memory, ConcreteMemory)
    return {r.name: bytes(r.data) for r in m.memory.regions}


def _wrong(case: Case, entry: _Entry, before: Machine, after: Machine, trace: Iterable[tuple[int, ...]]) -> str:
    """What of the contract the run breaks; empty if nothing."""
    was, now = _regions(before), _regions(after)
    for name, data in now.items():
        if name == "stack":
            low, high = ROOM - case.depth, ROOM + case.above
            if (data[:low], data[high:]) != (was[name][:low], was[name][high:]):
                return "the stack is written beyond what may be"
        elif name.removeprefix("region ") not in case.modifies and data != was[name]:
            return f"{name} is written"
    for access in trace:
        if len(access) == 3 and STACK - ROOM <= access[1] < STACK + ROOM and access[1] < STACK - case.depth:
            return f"{access[1]:#x} is accessed, below the stack that may be used"
        if len(access) == 3 and not _allowed(case, entry, access[1], access[2]):
            return f"{access[2]} bytes at {access[1]:#x} are accessed, in no region"
    for n in sorted(case.preserves_x):
        if after.x[n].uint != before.x[n].uint:
            return f"X{n} is not preserved"
    for n in sorted(case.preserves_d | case.preserves_v):
        bits = 128 if n in case.preserves_v else 64
        if (after.v[n].uint ^ before.v[n].uint) & (1 << bits) - 1:
            return f"V{n} is not preserved"
    if after.sp.uint != STACK:
        return "SP is not restored"
    entry.left = {name: now.get(f"region {name}", b"") for name in entry.held}
    exit_ = {f"x{n}_out": after.x[n].uint for n in range(31)} | {f"v{n}_out": after.v[n].uint for n in range(32)}
    values = _Values(case, entry, entry.inputs | exit_)
    for e in case.ensures:
        left, right = values(e.left, e.right)
        if left != right:
            return f"{e.name}: {left:#x} is not {right:#x}"
    return ""


def _allowed(case: Case, entry: _Entry, at: int, size: int) -> bool:
    if at < REGIONS:
        return at < STACK - ROOM or at + size <= STACK + case.above  # of the file; of the stack, but for below
    return any(
        entry.inputs[f"base.{name}"] <= at and at + size <= entry.inputs[f"base.{name}"] + len(held)
        for name, held in entry.held.items()
    )


def _with_other_secrets(case: Case, entry: _Entry, rng: random.Random) -> _Entry:
    """A state that is equal in all that is public."""
    kept = ("num.", "base.", "sp0", "lr0", "image", "x30_in")
    for _ in range(DRAWN):
        other = _Entry(dict(entry.inputs), beyond=entry.beyond)
        for name, value in entry.inputs.items():
            if name.startswith(kept):
                continue
            if name.startswith("word."):
                possible, secret = case.words[name[5:]]
                other.inputs[name] = rng.getrandbits(possible.bit_length() or 1) & possible if secret else value
            else:
                other.inputs[name] = rng.getrandbits(1 if name[1] == "_" else 128 if name[0] == "v" else 64)
        for name, held in entry.held.items():
            other.held[name] = bytearray(rng.randbytes(len(held))) if case.regions[name].secret else held[:]
        for g in case.given:
            value, offset = _Values(case, other)(g.value, g.offset)
            other.held[g.region][offset : offset + g.size] = value.to_bytes(g.size, "little")
        if all(_Values(case, other)(*(n for _, n in case.requires))):
            return other
    raise Unjudged("no other secrets were found that meet the preconditions")


def broken(
    case: Case, image: Image, entry: int, *, seed: object, count: int = 12, log: Callable[[str], Any] = lambda _: None
) -> str:
    """What of the contract one of so many runs breaks, in words; empty if all keep it.

    `entry` is the routine's offset in the image.  Raises `Unjudged`.
    """
    rng = random.Random(f"{seed}")
    if any(g.size for g in case.globals.values()):
        raise Unjudged("variables of the file")
    for k in range(count):
        state = _meets(case, rng)
        stack = rng.randbytes(2 * ROOM)
        before = _machine(case, state, image, stack)
        try:
            after, trace = _run(before, BASE + entry)
            wrong = _wrong(case, state, before, after, trace)
            if wrong:
                return wrong
            other = _machine(case, _with_other_secrets(case, state, rng), image, stack)
            if _run(other, BASE + entry)[1] != trace:
                return "what it executes or accesses depends on a secret"
        except Unjudged:
            raise
        except ArmsymError as e:
            return str(e)
        log(f"run {k}: {len(trace)} instructions and accesses")
    return ""
