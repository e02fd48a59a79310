"""Every form that the audit knows, compared with Unicorn."""

from __future__ import annotations

import time

import pytest
from audited import check_word, words_of

from armsym.audit.a64 import FORMS
from armsym.audit.form import Form
from armsym.conform.unicorn_oracle import UnicornCore

#: CPU seconds for each form.
SECONDS = 0.3


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
def test_form_does_as_unicorn(form: Form, core: UnicornCore) -> None:
    start, compared, words = time.process_time(), 0, 0
    for word in words_of(form, 0, 120):
        if words >= 12 and time.process_time() - start > SECONDS:
            break
        found, different = check_word(core, word, 0, 8)
        assert not different, different[:3]
        compared, words = compared + found, words + 1
    assert words >= 12 or form.pattern.count(":") == 0 or "NOP" in form.name
    assert compared >= 6 * words
