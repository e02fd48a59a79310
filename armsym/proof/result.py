"""What a proof run answers: obligations with a status each, and the status of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, TypeAlias, get_args

from armsym.discharge.recheck import Rechecked
from armsym.proof.entry import EntryState
from armsym.proof.profile import Profile
from armsym.proof.trace import Departure, TraceStep
from armsym.proof.why import Why

__all__ = ["CONSTANT_TIME", "KINDS", "Counterexample", "Kind", "Obligation", "ProofResult", "Status", "worst"]


class Status(str, Enum):
    """What is known about an obligation, a proof or a run."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ERROR = "error"


#: What an obligation is about.
Kind: TypeAlias = Literal[
    "decode",
    "non-vacuous",
    "memory",
    "frame",
    "abi",
    "termination",
    "constant-time",
    "bti",
    "contract",
    "lemma",
    "invariant",
    "ensures",
    "same-as",
    "second-solver",
]

#: The kinds of obligation, in the order a report lists them.
KINDS: tuple[Kind, ...] = get_args(Kind)

#: The obligation that what takes time, as the instruction set says, does not tell secrets.
CONSTANT_TIME = "no branch, address or variable-latency operand depends on a secret"

#: Kinds that a proof need not have.
OPTIONAL: frozenset[Kind] = frozenset({"bti", "contract", "lemma", "invariant", "same-as", "second-solver"})

_ORDER = (Status.PROVED, Status.UNDECIDED, Status.ERROR, Status.REFUTED)


def worst(statuses: Iterable[Status]) -> Status:
    """The status of a whole whose parts have these: refuted before error before undecided."""
    return max(statuses, key=_ORDER.index, default=Status.ERROR)


@dataclass
class Obligation:
    """One thing to show.  `by` are the methods that closed its instances; `detail` says what went wrong, `why` more."""

    name: str
    kind: Kind
    status: Status
    by: tuple[str, ...] = ()
    seconds: float = 0.0
    detail: str = ""
    why: Why | None = None

    def join(self, other: Obligation) -> None:
        """Take in another instance of the obligation; the worst status stays, with what went wrong."""
        self.seconds += other.seconds
        self.by += tuple(b for b in other.by if b not in self.by)
        both = worst([self.status, other.status])
        if both is not self.status or (other.status is not Status.PROVED and not self.detail):
            if other.detail or self.why is None:
                self.why = other.why
            self.status, self.detail = both, other.detail or self.detail


@dataclass
class Counterexample:
    """Concrete inputs that break a claim, and what became of them."""

    claim: str
    kind: Kind
    inputs: dict[str, str]
    expected: str = ""
    got: str = ""
    detail: str = ""
    #: Where the two sides differ, in words: block and word of a buffer, bytes.
    differs: str = ""
    #: What often helps.
    hints: tuple[str, ...] = ()
    #: Instructions executed until then.
    instructions: int = 0
    #: Where smaller inputs were found: those of the run in which it was seen first, where they differ.
    shrunk_from: dict[str, str] = field(default_factory=dict)
    #: The first invariant, cut or join of the proof that the run breaks, where it breaks one.
    departure: Departure | None = None
    #: The `armsym run` that does the same; empty where no command line does.
    command: str = ""
    other_command: str = ""
    #: The run step by step, where that was asked for; where it takes two runs, the other one.
    trace: tuple[TraceStep, ...] = ()
    other_trace: tuple[TraceStep, ...] = ()
    #: "armsym and unicorn agree" and the like; empty when it could not be replayed.
    replay: str = ""
    #: Where the run began: every register, and memory with what the proof says it is given.
    entry: EntryState | None = None
    #: Where it takes two runs to see it: the inputs in which the second differs, and where it began.
    other_inputs: dict[str, str] = field(default_factory=dict)
    other_entry: EntryState | None = None


@dataclass
class ProofResult:
    """The answer about one proof of one routine in one file."""

    proof: str
    file: str
    symbol: str
    file_sha256: str = ""
    code_sha256: str = ""
    status: Status = Status.ERROR
    seconds: float = 0.0
    assumptions: list[str] = field(default_factory=list)
    #: What numbers the proof is for: the values of each choice, and the ranges of each number, which a
    #: choice may change; and of the assumptions those that are its own.
    choices: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ranges: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    particular: list[str] = field(default_factory=list)
    #: Of the assumptions, what every proof about such a file rests on.
    standing: list[str] = field(default_factory=list)
    obligations: list[Obligation] = field(default_factory=list)
    counterexample: Counterexample | None = None
    message: str = ""
    #: Whether what is claimed on return says more than memory safety, frame and ABI do.
    claims_results: bool = False
    instructions: int = 0
    shown: list[str] = field(default_factory=list)
    #: Of the assumptions, what the instructions executed take for granted of the core.
    machine: list[str] = field(default_factory=list)
    #: Where the time went, if that was asked for.
    profile: Profile | None = None
    #: What a second solver said of Z3's answers, those for contracts included; None if none was asked.
    second: Rechecked | None = None
    #: The routines whose contracts it rests on, and these on: by symbol.
    relies_on: set[str] = field(default_factory=set)

    def add(self, obligations: Sequence[Obligation], case: str = "") -> Status:
        """Add the obligations of one case of the proof, and set the status of the whole.

        A case (its status is returned) is proved only if every mandatory kind was shown and all hold.
        """
        kinds = {o.kind for o in obligations}
        missing = [Obligation(k, k, Status.UNDECIDED, detail="not reached") for k in KINDS if k not in kinds | OPTIONAL]
        known = {(o.kind, o.name): o for o in self.obligations}
        new = [*obligations, *missing]
        status = worst(o.status for o in new)
        for o in new:
            if case and o.detail:
                o.detail = f"{case}: {o.detail}"
            if (o.kind, o.name) in known:
                known[o.kind, o.name].join(o)
            else:
                self.obligations.append(o)
        self.status = worst(o.status for o in self.obligations)
        return status
