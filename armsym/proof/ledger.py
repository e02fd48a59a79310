"""The obligations of one proof: what was shown of each, and how claims are shown on a path."""

from __future__ import annotations

import time
from textwrap import shorten

from armsym.bits import Bits, Prop
from armsym.discharge import algebra
from armsym.discharge.truth_tables import always
from armsym.discharge.z3_bridge import Model
from armsym.elf import Image
from armsym.proof.buffers import parts, pointwise_conditions
from armsym.proof.handles import Claims
from armsym.proof.path import Path
from armsym.proof.pointwise import Pointwise
from armsym.proof.result import Obligation, Status
from armsym.terms import ops
from armsym.terms.show import show, size

__all__ = ["Ledger"]

#: A claim of more distinct terms than this is not given to the solver: on whole blocks of a hash
#: it only spends its time (and more than its time limit, which it does not see while bit-blasting).
SOLVER_LIMIT = 600


class Ledger:
    """What was shown so far of code in `image`.  With `models`, inputs are kept of paths on which a claim may fail."""

    def __init__(self, image: Image, claim_ms: int, *, models: bool) -> None:
        self.image, self.claim_ms, self._keep = image, claim_ms, models
        self._results: dict[tuple[str, str], Obligation] = {}
        #: Obligations not shown once already: their other instances are not worth the solver's time.
        self._failed: set[tuple[str, str]] = set()
        #: Models in which a claim failed, to be tried as inputs.
        self.models: list[Model] = []

    @property
    def obligations(self) -> list[Obligation]:
        """Everything recorded."""
        return list(self._results.values())

    def holds(self, kind: str, name: str) -> bool:
        """Whether an obligation was recorded, and all instances of it so far are proved."""
        o = self._results.get((kind, name))
        return o is not None and o.status is Status.PROVED

    def mark(self) -> tuple[dict[tuple[str, str], Obligation], set[tuple[str, str]]]:
        """How things stand, for `reset`."""
        return {k: Obligation(**vars(o)) for k, o in self._results.items()}, set(self._failed)

    def reset(self, mark: tuple[dict[tuple[str, str], Obligation], set[tuple[str, str]]]) -> None:
        """Forget what was recorded since the mark."""
        self._results, self._failed = mark

    def record(
        self, kind: str, name: str, status: Status, by: str = "", seconds: float = 0.0, detail: str = ""
    ) -> None:
        """Note one instance of an obligation; the worst status of all instances stays."""
        new = Obligation(name, kind, status, by, seconds, detail)
        known = self._results.setdefault((kind, name), new)
        if known is not new:
            known.join(new)

    def leak(self, path: Path, kind: str, value: Bits) -> None:
        """Note a value that an attacker may see: it must not depend on a secret."""
        v = value.value
        if isinstance(v, int) or not ops.is_secret(v):
            return
        at = path.at
        self.record(
            "constant-time",
            "no branch, address or variable-latency operand depends on a secret",
            Status.UNDECIDED,
            detail=f"the {kind} at {at:#x} <{self.image.symbolize(at)}> depends on a secret: {show(v, 3)}",
        )

    def check(self, path: Path, claims: Claims, kind: str, where: str) -> None:
        """Prove named claims on a path."""
        for name, claim in claims.items():
            for k, part in enumerate(parts(claim)):
                label = f"{name}[{k}]" if isinstance(claim, (list, tuple)) else name
                if isinstance(part, Pointwise):
                    self._check_pointwise(path, part, kind, f"{where}{name}")
                else:
                    self.check_one(path, part, kind, f"{where}{name}", label)

    def _check_pointwise(self, path: Path, claim: Pointwise, kind: str, name: str) -> None:
        conditions = pointwise_conditions(path.memory, claim)
        if isinstance(conditions, str):
            self.record(kind, name, Status.UNDECIDED, detail=f"{claim.region.name}: {conditions}")
            return
        for label, prop in conditions:
            self.check_one(path, prop, kind, name, label)
        if not conditions:
            self.record(kind, name, Status.PROVED, "identity")

    def check_one(self, path: Path, prop: Prop, kind: str, name: str, label: str) -> None:
        """Prove one condition."""
        began = time.perf_counter()
        if prop.value is True:
            self.record(kind, name, Status.PROVED, "identity", time.perf_counter() - began)
            return
        products = self._by_algebra(prop)
        if products:
            self.record(kind, name, Status.PROVED, "algebra", time.perf_counter() - began)
            return
        if not isinstance(prop.value, bool) and always(prop.value):
            self.record(kind, name, Status.PROVED, "truth table", time.perf_counter() - began)
            return
        if (
            products is None
            and not isinstance(prop.value, bool)
            and (kind, name) not in self._failed
            and size(prop.value) <= SOLVER_LIMIT
        ):
            out = path.knowledge.prove(prop.value, self.claim_ms)
            if out.holds:
                self.record(kind, name, Status.PROVED, "z3", time.perf_counter() - began)
                return
            if out.model is not None and self._keep:
                self.models.append(out.model)
        elif self._keep:
            self.witness(path)
        self._failed.add((kind, name))
        sides = "".join(
            f"\n    {word} {shorten(show(b.value), 600, placeholder=' ...')}"
            for word, b in zip(("is     ", "claimed"), prop.sides or (), strict=False)
        )
        detail = f"{label}: not shown{sides}"
        self.record(kind, name, Status.UNDECIDED, "", time.perf_counter() - began, detail)

    def _by_algebra(self, prop: Prop) -> bool | None:
        """Whether an equation between carry-less products is shown by its form; None where there are none.

        No solver is of use for those.
        """
        if prop.sides is None or isinstance(prop.value, bool):
            return None
        a, b = prop.sides
        if not algebra.speaks_of_products(a.value, b.value):
            return None
        shown, ring = algebra.equal(a.width, a.value, b.value)
        if ring is not None:
            title = f"{ring.name} is bilinear, commutative and associative"
            if ("lemma", title) not in self._results:
                self.record("lemma", title, Status.PROVED, "basis vectors")
        return shown

    def witness(self, path: Path) -> None:
        """Keep inputs that follow this path."""
        model = path.knowledge.solver().witness(self.claim_ms)
        if model is not None:
            self.models.append(model)
