"""The audit's semantics on the packed states that Unicorn is given, and what differs afterwards."""

from __future__ import annotations

import importlib
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from armsym.audit.decode import decode, execute
from armsym.audit.evaluate import evaluate
from armsym.audit.form import Form
from armsym.audit.machine import Branch, Indirect, Machine, Step
from armsym.audit.raw import Program, ones
from armsym.audit.words import Words
from armsym.conform.states import NZCV_AT, SP_AT, V_AT, WINDOW_AT, WINDOW_SIZE, MachineState, random_state
from armsym.conform.unicorn_oracle import WORD_PC, UnicornCore

__all__ = [
    "After",
    "Executor",
    "Misaligned",
    "Outside",
    "Recorder",
    "after",
    "check_word",
    "holds",
    "planted",
    "words_of",
]

_ALL = ones(64)


class Misaligned(Exception):
    """SP is a base register and no multiple of 16: a fault."""


class Outside(Exception):
    """An access outside the window."""


class Recorder(Machine):
    """Every register is an input (or, given a state, a number); accesses are written down.

    `loads` and `stores` hold (address, size, word); words are instructions of the program.
    """

    def __init__(self, state: MachineState | None = None) -> None:
        super().__init__(Words(Program()))
        self.state = state
        self.loads: list[tuple[int, int, int]] = []
        self.stores: list[tuple[int, int, int]] = []
        self.sp_is_base = False
        self.leaks: list[tuple[int, str]] = []

    def unset(self, name: str) -> int:
        if self.state is not None:
            return self.words.const(given(self.state, name))
        return self.words.program.var(
            name, ones({"x": 64, "s": 64}.get(name[0], 1) if name[0] != "v" or name == "v" else 128)
        )

    def load(self, address: int, size: int) -> int:
        known = self.words.constant(address)
        if self.state is not None:
            assert known is not None
            value = self.words.const(int.from_bytes(window_bytes(self.state, known, size), "little"))
        else:
            value = self.words.program.var(f"load {len(self.loads)}", ones(8 * size))
        self.loads.append((address, size, value))
        return value

    def store(self, address: int, size: int, value: int) -> None:
        self.stores.append((address, size, value))

    def image_address(self, address: int) -> int:
        base = self.words.const(0) if self.state is not None else self.words.program.var("image", _ALL)
        return self.words.add(64, base, self.words.const(address & _ALL))

    def leak(self, operand: int, name: str) -> None:
        self.leaks.append((operand, name))

    def prefetch(self, address: int) -> None:
        """Nothing is accessed."""

    def hint(self, name: str) -> None:
        """Without keys, as Unicorn's core has none enabled, nothing."""

    def sp_is_aligned(self) -> None:
        self.sp_is_base = True
        if self.state is not None and self.state.sp % 16:
            raise Misaligned


def given(state: MachineState, name: str) -> int:
    """What a state says of an input."""
    if name in {"n", "z", "c", "v"}:
        return state.nzcv >> 3 - "nzcv".index(name) & 1
    if name == "sp":
        return state.sp
    if name == "image":
        return 0
    return state.x[int(name[1:])] if name[0] == "x" else state.v[int(name[1:])]


def window_bytes(state: MachineState, address: int, size: int) -> bytes:
    """Bytes of the data window."""
    at = address - state.window_base
    if not 0 <= at <= WINDOW_SIZE - size:
        raise Outside
    return state.window[at : at + size]


class After:
    """Where a word leads from a state: the packed state, and the next address."""

    def __init__(self, block: bytes, pc: int) -> None:
        self.block, self.pc = block, pc


def _values(m: Recorder, state: MachineState) -> list[int]:
    def value(name: str, values: Sequence[int]) -> int:
        if not name.startswith("load "):
            return given(state, name)
        address, size, _ = m.loads[int(name[5:])]
        return int.from_bytes(window_bytes(state, values[address], size), "little")

    return evaluate(m.words.program, value)


def first_address(m: Recorder, state: MachineState) -> int:
    """The lowest address that is loaded from or stored to, were all loads 0."""
    values = evaluate(m.words.program, lambda name, _: 0 if name.startswith("load ") else given(state, name))
    return min(values[address] for address, _, _ in m.loads + m.stores)


def after(m: Recorder, step: Step, state: MachineState) -> After:
    """The state after a word that was executed on `m`; also holds that words are as narrow as they claim.

    Raises `Misaligned` and `Outside`.
    """
    if m.sp_is_base and state.sp % 16:
        raise Misaligned
    values = _values(m, state)
    block = bytearray(state.block)

    def put(at: int, bits: int, node: int) -> None:
        assert values[node] <= ones(bits), f"{values[node]:#x} does not fit {bits} bits"
        block[at : at + bits // 8] = values[node].to_bytes(bits // 8, "little")

    for n, node in m._x.items():
        assert n not in m._narrow or values[node] <= ones(32)
        put(8 * n, 64, node)
    if m._sp is not None:
        put(SP_AT, 64, m._sp)
    for n, lanes in m._v.items():
        assert lanes.size == 128
        for k, node in enumerate(lanes.words):
            assert lanes.width in {8, 16, 32, 64, 128}
            put(V_AT + 16 * n + k * lanes.width // 8, lanes.width, node)
    f = m._flags
    if f is not None:
        bits = [values[node] if node < len(values) else None for node in (f.n, f.z, f.c, f.v)]
        assert all(b in {0, 1} for b in bits), bits
        block[NZCV_AT + 3] = sum(b << 7 - k for k, b in enumerate(bits) if b)
    for node, says in m.words.meaning.items():
        assert values[node] == holds(says, values), f"{says} is not {values[node]}"
    for address, size, node in m.stores:
        at = values[address] - state.window_base
        if not 0 <= at <= WINDOW_SIZE - size:
            raise Outside
        put(WINDOW_AT + at, 8 * size, node)
    return After(bytes(block), _target(step, values))


def holds(says: tuple[object, ...], values: Sequence[int]) -> int:
    """What a meaning of `Words.meaning` says, as a number; by Python's integers alone."""
    kind, *rest = says
    numbers: list[int] = [r for r in rest if isinstance(r, int)]

    def signed(value: int) -> int:
        sign = 1 << numbers[0] - 1
        return (value ^ sign) - sign

    if kind == "zero":
        return int(values[numbers[1]] == 0)
    if kind == "sign":
        return int(signed(values[numbers[1]]) < 0)
    if kind == "uge":
        return int(values[numbers[1]] >= values[numbers[2]])
    if kind == "carry":
        return int(sum(values[n] for n in numbers[1:]) >= 1 << numbers[0])
    if kind == "overflow":
        difference = signed(values[numbers[1]]) - signed(values[numbers[2]])
        return int(not -(1 << numbers[0] - 1) <= difference < 1 << numbers[0] - 1)
    first = values[numbers[0]]
    if kind == "not":
        return 1 - first
    second = values[numbers[1]]
    return int(first + second == {"and": 2, "xor": 1}[str(kind)])


def _target(step: Step, values: Sequence[int]) -> int:
    if isinstance(step, Branch):
        return step.taken if values[step.condition] else step.otherwise
    return values[step.target] if isinstance(step, Indirect) else step


#: Executes a word that stands at an address.
Executor = Callable[[Machine, int, int], Step]


def run(word: int, state: MachineState | None = None, executor: Executor = execute) -> tuple[Recorder, Step]:
    """One word on a fresh machine."""
    m = Recorder(state)
    step = executor(m, word, WORD_PC)
    _ = m.flags.n, m.flags.z, m.flags.c, m.flags.v  # made, so that they have values
    if isinstance(step, int):
        step &= _ALL
    return m, step


def moved_into_window(word: int, m: Recorder, state: MachineState) -> MachineState:
    """The state with the base register such that the accesses lie in the window, where one register decides that."""
    if not (m.loads or m.stores):
        return state
    rn = decode(word)[1]["Rn"]
    target = state.window_base + 64 + (state.block[WINDOW_AT] % 64)
    delta = target - first_address(m, state)
    old = state.sp if rn == 31 else state.x[rn]
    if rn == 31:
        delta &= ~15
    return state.with_register(rn, (old + delta) & _ALL)


def check_word(
    core: UnicornCore, word: int, seed: int, count: int, executor: Executor = execute
) -> tuple[int, list[str]]:
    """How many states were compared with Unicorn, and what differed: on inputs, and on numbers."""
    core.patch(word)
    m, step = run(word, None, executor)
    compared, different = 0, []
    for k in range(count):
        state = random_state(seed, "audit", word, k, WORD_PC)
        if m.sp_is_base:  # Unicorn's core does not fault where SP is not aligned
            state = state.with_register(31, state.sp & ~15)
        state = moved_into_window(word, m, state)
        theirs = core.step(state)
        try:
            ours = [after(m, step, state)]
            if k % 4 == 0:
                folded, to = run(word, state, executor)
                ours.append(after(folded, to, state))
        except Outside:
            continue
        compared += 1
        for one in ours:
            if theirs.fault is not None or one.block != theirs.block or one.pc != theirs.pc:
                first = _first(one, theirs.block, theirs.pc)
                different.append(f"{word:#010x} {decode(word)[0].name}, state {k}: {first} {theirs.fault or ''}")
    return compared, different


def _first(ours: After, block: bytes, pc: int) -> str:
    at = next((n for n in range(0, len(block), 8) if ours.block[n : n + 8] != block[n : n + 8]), None)
    if at is None:
        return f"PC {ours.pc:#x}, Unicorn {pc:#x}"
    return f"at {at}: {ours.block[at : at + 8][::-1].hex()}, Unicorn {block[at : at + 8][::-1].hex()}"


#: Up to so many combinations of the fields that are no registers are all tried.
_COMBINATIONS = 128


def words_of(form: Form, seed: int, count: int) -> list[int]:
    """Words that the form accepts: all combinations of few small fields, else edges and random values of each.

    Registers are random, equal ones and number 31 often.  At least `count` words, unless there are fewer.
    """
    rng = random.Random(f"{seed}/{form.name}")
    others = [(at, most) for name, (at, most) in form.places.items() if name[0] != "R" or most != 31]
    registers = [at for name, (at, most) in form.places.items() if name[0] == "R" and most == 31]
    space = math.prod(most + 1 for _, most in others)
    found: dict[int, None] = {}
    for turn in range(max(40 * count, space)):
        enumerated = space <= _COMBINATIONS
        if len(found) >= count and not (enumerated and turn < space):
            break
        word, register, rest = form.value, rng.randrange(32), turn
        for at in registers:
            roll = rng.random()
            word |= (31 if roll < 0.15 else register if roll < 0.35 else rng.randrange(32)) << at
        for at, most in others:
            if enumerated:
                value, rest = rest & most, rest >> most.bit_length()
            else:
                value = (
                    rng.choice((0, most, 1, most ^ most >> 1)) & most if rng.random() < 0.25 else rng.randint(0, most)
                )
            word |= value << at
        if form.accepts(word):
            found[word] = None
    return list(found)


def planted(module: str, name: str, before: str, after: str) -> tuple[Form, Executor]:
    """A form of `armsym.audit.a64`, and an executor of its words with a defect: `after` is written for `before`."""
    original = importlib.import_module(f"armsym.audit.a64.{module}")
    assert original.__file__ is not None
    source = Path(original.__file__).read_text()
    assert before in source, f"{before!r} is not in {module}: the defect is not planted"
    scope: dict[str, Any] = {"__name__": original.__name__}
    exec(compile(source.replace(before, after), original.__file__, "exec"), scope)
    (defective,) = (f for f in scope["FORMS"] if f.name == name)

    def executor(m: Machine, word: int, pc: int) -> Step:
        step = defective.run(m, defective.fields_of(word), pc)
        return pc + 4 if step is None else step

    (sound,) = (f for f in original.FORMS if f.name == name)
    return sound, executor
