"""Our decoder and assembler syntax compared with Capstone's, word by word.

A word we accept must have the same text, up to the rules of `normalise`.  A word we reject
must be rejected by Capstone too, or be declared out of scope by a `ScopeRule`.  Where
Capstone departs from the Arm manual, a `DeclaredException` says so and why; words that
one excuses are counted apart, and so are words that Capstone rejects as CONSTRAINED
UNPREDICTABLE while we decode them and refuse to execute them.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from armsym.bits import Bits
from armsym.conform.capstone_exceptions import EXCEPTIONS, DeclaredException
from armsym.conform.capstone_oracle import Capstone, normalise
from armsym.conform.states import random_state
from armsym.conform.words import LIMIT, ClassWords
from armsym.errors import UndefinedInstruction
from armsym.isa import Instruction, InstructionSet

__all__ = [
    "DecodeMismatch",
    "DecodeResult",
    "ScopeRule",
    "check_decode_class",
    "check_decode_random",
    "check_decode_words",
]

#: Address of the first word of every batch: PC-relative operands are compared as addresses.
PC = 0x1000_0000_0000
_BATCH = 4096
#: That nothing modelled is declared out of scope is checked on this many words of each mnemonic.
_SCOPE_CHECKS = 1000
#: Name of the general exception: Capstone does not print, we decode but do not execute.
UNPREDICTABLE = "CONSTRAINED UNPREDICTABLE: Capstone does not print it, we do not execute it"


class ScopeRule(Protocol):
    """A declaration of what an instruction set leaves out on purpose."""

    @property
    def feature(self) -> str:
        """The architectural feature or group, for the report."""

    def covers(self, word: int, text: str) -> bool:
        """Whether this word, which Capstone reads as `text`, is left out on purpose."""


@dataclass(frozen=True)
class DecodeMismatch:
    """One word on which we and Capstone disagree; None stands for "rejected"."""

    word: int
    pc: int
    ours: str | None
    theirs: str | None
    note: str = ""

    def __str__(self) -> str:
        note = f"   {self.note}" if self.note else ""
        ours, theirs = self.ours or "rejected", self.theirs or "rejected"
        return f"{self.word:#010x}  ours: {ours}  |  Capstone: {theirs}{note}"


@dataclass
class DecodeResult:
    """Counts of one run; `mismatch_count` is exact even where `mismatches` keeps only the first.

    `out_of_scope` counts words by declared feature, `excepted` by declared exception;
    `mnemonics` are those of the accepted words.
    """

    name: str
    seed: int
    words: int = 0
    accepted: int = 0
    rejected_by_both: int = 0
    out_of_scope: Counter[str] = field(default_factory=Counter)
    excepted: Counter[str] = field(default_factory=Counter)
    mnemonics: set[str] = field(default_factory=set)
    mismatch_count: int = 0
    mismatches: list[DecodeMismatch] = field(default_factory=list)
    combinations: int = 0
    enumerated: bool = True
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether no word was read differently."""
        return self.mismatch_count == 0

    @property
    def evidence(self) -> bool:
        """Whether any word was compared at all."""
        return self.words > 0


def _batches(words: Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for w in words:
        batch.append(w)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _assembly(i: Instruction, pc: int) -> str:
    try:
        return i.assembly(pc)
    except Exception as e:  # noqa: BLE001 - a crash of the class under test is a finding, not the end of the run
        return f"<{type(e).__name__}: {e}>"


class _AnyMemory:
    """Memory that permits everything, for asking whether an instruction executes at all."""

    def load(self, address: Bits, size: int) -> Bits:
        del address
        return Bits(8 * size, 0)

    def look(self, address: Bits, size: int) -> Bits:
        return self.load(address, size)

    def store(self, address: Bits, value: Bits) -> None:
        pass

    def fork(self) -> _AnyMemory:
        return self


def refuses_to_execute(i: Instruction) -> bool:
    """Whether the instruction is UNDEFINED or CONSTRAINED UNPREDICTABLE in every state tried."""
    for k in (0, 2, 3):
        try:
            i.execute(random_state(0, "refuses", i.word, k, PC).machine(_AnyMemory()))
        except UndefinedInstruction:
            continue
        except Exception:  # noqa: BLE001 - a crash is no refusal; the execution comparison reports it
            return False
        return False
    return True


class _Comparison:
    def __init__(
        self,
        *,
        isa: InstructionSet,
        result: DecodeResult,
        oracle: Capstone,
        scope: Sequence[ScopeRule],
        exceptions: Sequence[DeclaredException],
        keep: int,
    ) -> None:
        self.matches, self.result, self.oracle = isa.matches, result, oracle
        self.scope, self.exceptions, self.keep = scope, exceptions, keep
        self.seen: dict[str, int] = {}

    def batch(self, words: list[int]) -> None:
        result, matches = self.result, self.matches
        result.words += len(words)
        both = 0
        for k, (word, theirs) in enumerate(zip(words, self.oracle.disassemble_many(words, PC), strict=True)):
            found = matches(word)
            if not found:
                if theirs is None:
                    both += 1
                else:
                    self.rejected(word, PC + 4 * k, theirs)
            elif len(found) == 1:
                result.accepted += 1
                ours = _assembly(found[0], PC + 4 * k)
                if ours != theirs:
                    self.accepted(found[0], PC + 4 * k, ours, theirs)
                mnemonic = ours.partition(" ")[0]
                seen = self.seen[mnemonic] = self.seen.get(mnemonic, 0) + 1
                if seen <= _SCOPE_CHECKS and any(r.covers(word, ours) for r in self.scope):
                    note = "declared out of scope, but modelled"
                    self.mismatch(DecodeMismatch(word, PC + 4 * k, ours, theirs, note))
            else:
                self.mismatch(DecodeMismatch(word, PC + 4 * k, None, theirs, f"several readings: {found}"))
        result.rejected_by_both += both
        result.mnemonics.update(self.seen)

    def rejected(self, word: int, pc: int, theirs: str) -> None:
        for rule in self.scope:
            if rule.covers(word, theirs):
                self.result.out_of_scope[rule.feature] += 1
                return
        self.different(word, pc, None, theirs, "")

    def accepted(self, i: Instruction, pc: int, ours: str, theirs: str | None) -> None:
        if theirs is None and refuses_to_execute(i):
            self.result.excepted[UNPREDICTABLE] += 1
        else:
            self.different(i.word, pc, ours, theirs, repr(i))

    def different(self, word: int, pc: int, ours: str | None, theirs: str | None, note: str) -> None:
        a = None if ours is None else normalise(ours)
        b = None if theirs is None else normalise(theirs)
        if a == b:
            return
        for e in self.exceptions:
            if e.excuses(word, a, b):
                self.result.excepted[e.name] += 1
                return
        self.mismatch(DecodeMismatch(word, pc, ours, theirs, note))

    def mismatch(self, m: DecodeMismatch) -> None:
        self.result.mismatch_count += 1
        if len(self.result.mismatches) < self.keep:
            self.result.mismatches.append(m)


def check_decode_words(
    isa: InstructionSet,
    words: Iterable[int],
    *,
    result: DecodeResult | None = None,
    oracle: Capstone | None = None,
    scope: Sequence[ScopeRule] = (),
    exceptions: Sequence[DeclaredException] = EXCEPTIONS,
    keep: int = 100,
) -> DecodeResult:
    """Compare every word given; counts are added to `result`."""
    result = result or DecodeResult("words", 0)
    comparison = _Comparison(
        isa=isa, result=result, oracle=oracle or Capstone(), scope=scope, exceptions=exceptions, keep=keep
    )
    start = time.process_time()
    for batch in _batches(words):
        comparison.batch(batch)
    result.seconds += time.process_time() - start
    return result


def check_decode_class(
    isa: InstructionSet,
    cls: type[Instruction],
    *,
    seed: int = 0,
    limit: int = LIMIT,
    oracle: Capstone | None = None,
    scope: Sequence[ScopeRule] = (),
    exceptions: Sequence[DeclaredException] = EXCEPTIONS,
    keep: int = 100,
) -> DecodeResult:
    """All values of the class's non-register fields, or about `limit` of them, with random registers."""
    source = ClassWords(cls, seed, limit=limit)
    result = DecodeResult(cls.__name__, seed, combinations=source.total, enumerated=source.enumerated)
    return check_decode_words(
        isa, source.words(), result=result, oracle=oracle, scope=scope, exceptions=exceptions, keep=keep
    )


def check_decode_random(
    isa: InstructionSet,
    n: int,
    seed: int = 0,
    *,
    oracle: Capstone | None = None,
    scope: Sequence[ScopeRule] = (),
    exceptions: Sequence[DeclaredException] = EXCEPTIONS,
    keep: int = 100,
) -> DecodeResult:
    """`n` uniformly random 32-bit words."""
    rng = random.Random(f"decode/{seed}")
    result = DecodeResult("random words", seed, combinations=1 << 32, enumerated=False)
    words = (rng.getrandbits(32) for _ in range(n))
    return check_decode_words(isa, words, result=result, oracle=oracle, scope=scope, exceptions=exceptions, keep=keep)
