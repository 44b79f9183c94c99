"""Whatever is typed: a sentence and an exit code, never a traceback, and nothing is executed."""

import contextlib
import io
import os
import subprocess
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extremum.cli import main
from extremum.objective.expression import parse_expression
from extremum.outcomes import ExpressionError

EVIL = [
    "__import__('os').system('touch x')",
    "open('x', 'w')",
    "x.__class__.__mro__[1].__subclasses__()",
    "exec('1')",
    "(lambda: 0)()",
    "[x for x in (1,)]",
    "x if x else x",
    "f'{x}'",
    "().__class__",
    "x; y",
    "x = 1",
    "x0[0]",
    "9**9**9**9",
    "(" * 200 + "x" + ")" * 200,
    "-" * 500 + "x",
    "x\0",
    "ｘ**2",
]
TOKENS = "x x0 x1 x2 y 1 2.5 1e400 + - * / ** ( ) , sin exp log sqrt abs pi . __ [ ] ' \" = : @ ~"
WORDS = st.lists(st.sampled_from([*TOKENS.split(), *EVIL]), max_size=8).map(" ".join)
TEXTS = WORDS | st.text(max_size=20) | st.sampled_from(EVIL)
NUMBERS = st.sampled_from(
    ["1", "2,0.25", "", ",", "nan", "inf", "1e400", "0x1", "１", "1;2", "-1,-2"]
)
VALUES = {
    "--start": NUMBERS | TEXTS,
    "--method": st.sampled_from(["auto", "newton", "bfgs", "cg", "NEWTON", ""]) | TEXTS,
    "--step": st.sampled_from(["0.1", "armijo", "exact", "-1", "nan"]) | TEXTS,
    "--jac": st.sampled_from(["2-point", "3-point:1e-6", "cs", "2-point:0", "2-point:"]) | TEXTS,
    "--stop": st.sampled_from(["gradient-norm:1e-3", "value-change:nan", ":", "x:1"]) | TEXTS,
    "--maxiter": st.sampled_from(["0", "3", "-1", "1.5", "1" * 30]) | TEXTS,
    "--maxfev": st.sampled_from(["0", "9", "-1", "many"]) | TEXTS,
    "--max-seconds": st.sampled_from(["5", "-1", "nan", "inf", "1e400"]) | TEXTS,
    "--checkpoint": st.sampled_from(["run.ckpt", ".", "no/run.ckpt", "data.txt", "", "/dev/null"]),
    "--every": st.sampled_from(["1", "0", "-3", "x"]),
    "--trace": st.sampled_from(["run.csv", "run.txt", "no/run.csv", "", "."]),
    "--plot": st.sampled_from(["run.jpg", "no/run.png", ""]),
    "--resume": st.none(),
    "--json": st.none(),
    "--nonsense": st.none() | TEXTS,
}


@st.composite
def options(draw):
    given = []
    for name in draw(st.lists(st.sampled_from(list(VALUES)), max_size=4)):
        value = draw(VALUES[name])
        given += [name] if value is None else [name, value]
    return given


def command(arguments):
    """Run it in this process; the exit code and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as quiet:
        quiet.enter_context(contextlib.redirect_stdout(out))
        quiet.enter_context(contextlib.redirect_stderr(err))
        quiet.enter_context(np.errstate(all="ignore"))
        quiet.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        try:
            main(arguments)
        except SystemExit as stop:
            return stop.code, out.getvalue(), err.getvalue()
    raise AssertionError("no exit code")


@pytest.fixture
def nothing_is_executed(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("executed")

    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.txt").write_text("my data")
    with monkeypatch.context() as patched:
        for place, name in ((os, "system"), (os, "popen"), (subprocess, "Popen")):
            patched.setattr(place, name, refuse)
        yield
    assert (tmp_path / "data.txt").read_text() == "my data"
    assert not (tmp_path / "x").exists()


FEW = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@FEW
@given(expression=st.just("(x0 - 1)**2 + x1**2") | TEXTS, given_options=options())
def test_arguments(expression, given_options, nothing_is_executed):
    arguments = ["minimize", expression, "--start", "2,0.25", "--maxiter", "5", *given_options]
    code, _, err = command(arguments)
    assert code in (0, 1, 2), err
    assert "Traceback" not in err


@FEW
@given(arguments=st.lists(TEXTS | st.sampled_from(list(VALUES)), max_size=4))
def test_anything(arguments, nothing_is_executed):
    code, _, err = command(arguments)
    assert code in (0, 1, 2), err
    assert "Traceback" not in err


@settings(max_examples=300)
@given(text=TEXTS)
def test_expressions(text):
    with contextlib.suppress(ExpressionError):
        assert callable(parse_expression(text))


@settings(FEW, max_examples=12)
@given(place=st.integers(0, 10**6), cut=st.integers(0, 10**6), junk=st.binary(max_size=40))
def test_checkpoints(place, cut, junk, nothing_is_executed, tmp_path):
    path = tmp_path / "run.ckpt"
    path.with_name("run.ckpt.previous").unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    call = ["minimize", "(x0 - 1)**4 + x1**2", "--start", "2,0.25", "--checkpoint", "run.ckpt"]
    assert command([*call, "--maxiter", "2"])[0] == 1
    data = path.read_bytes()
    flipped = bytearray(data)
    flipped[place % len(data)] ^= 1 << (place % 8)
    for changed in (bytes(flipped), data[: cut % len(data)], junk):
        path.write_bytes(changed)
        code, _, err = command([*call, "--maxiter", "4", "--resume"])
        assert code in (0, 1, 2), err
        assert "Traceback" not in err
