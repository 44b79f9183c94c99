"""Runs written down and taken up again: the same trace, and nothing taken for what it is not."""

import errno
import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extremum as ex
from extremum.methods import State, pack, unpack
from extremum.solve import container
from extremum.solve.checkpoint import Stored
from extremum.solve.options import METHODS
from extremum.solve.trace import COLUMNS
from tests.solve.traces import assert_same, chained, two_wells

START = np.full(5, -1.2)
DESCRIBED = {
    **{name: name for name in METHODS},
    "exact step": ex.GradientDescent(ex.ExactStep()),
    "scaled": ex.TrustRegion(scaled=True),
    "memory of three": ex.LBFGS(memory=3),
    "fixed step": ex.GradientDescent(0.001),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.ckpt"


def quit_at(nit):
    """Break a run off, as an exception that nobody expected does."""

    def callback(intermediate_result):
        if intermediate_result.nit == nit:
            raise RuntimeError("power failure")

    return callback


def broken_off(path, nit, fun=chained, x0=START, minimize=ex.minimize, **options):
    with pytest.raises(RuntimeError, match="power failure"):
        minimize(fun, x0, checkpoint=path, callback=quit_at(nit), **options)


# ---- the same trace ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", DESCRIBED.values(), ids=DESCRIBED)
def test_every_method_goes_on_as_if_nothing_had_happened(method, path):
    whole = ex.minimize(chained, START, method=method, maxiter=120)
    broken_off(path, 7, method=method, maxiter=120)
    again = ex.minimize(chained, START, method=method, maxiter=120, resume=path)
    assert_same(again, whole)
    assert again.notes[0] == f"resumed from {path}, after iteration 6"


@pytest.mark.parametrize("method", DESCRIBED.values(), ids=DESCRIBED)
def test_through_the_restart_at_a_saddle(method, path):
    options = {"method": ex.GradientDescent(0.1) if method == DESCRIBED["fixed step"] else method}
    whole = ex.minimize(two_wells, [0.0, 0.0], **options)
    assert list(whole.trace["event"]).count("left a saddle point for a lower one") == 1
    options["callback"] = quit_at(2)
    with pytest.raises(RuntimeError):
        ex.minimize(two_wells, [0.0, 0.0], checkpoint=ex.Checkpoint(path, iterations=1), **options)
    del options["callback"]
    assert_same(ex.minimize(two_wells, [0.0, 0.0], resume=path, **options), whole)


def test_stationary_and_every_source_of_derivatives(path):
    calls = {
        "differences": {"jac": "2-point", "stop": ex.RelativeStep(1e-6)},
        "own": {"jac": lambda x: 2 * (x - 1), "hess": lambda x: 2 * np.eye(len(x))},
        "branches": {},
    }
    functions = {
        "differences": chained,
        "own": lambda x: float(np.sum((x - 1) ** 2)),
        "branches": lambda x: np.sum(x**4 - x) if x[0] > 0 else np.sum(x**4 - x) + 0.0,
    }
    for name, options in calls.items():
        options = {"method": "gradient-descent", "maxiter": 8, **options}
        whole = ex.stationary(functions[name], START, **options)
        part = {**options, "maxiter": min(3, whole.nit - 1)}
        ex.stationary(functions[name], START, checkpoint=path, **part)
        assert_same(ex.stationary(functions[name], START, resume=path, **options), whole)


def test_in_a_bracket_and_in_a_pytree(path):
    method = ex.BracketedNewton((-1.0, 3.0))
    options = {"method": method, "stop": ex.GradientNorm(0.0)}
    whole = ex.minimize(lambda x: np.exp(x) - 3 * x, -1.0, **options)
    ex.minimize(lambda x: np.exp(x) - 3 * x, -1.0, checkpoint=path, maxiter=2, **options)
    assert_same(ex.minimize(lambda x: np.exp(x) - 3 * x, -1.0, resume=path, **options), whole)

    def fun(p):
        return np.sum((p["a"] - 1) ** 4) + p["b"] ** 2

    start = {"a": np.zeros(3), "b": 2.0}
    whole = ex.minimize(fun, start)
    ex.minimize(fun, start, checkpoint=path, maxiter=4)
    again = ex.minimize(fun, start, resume=path)
    np.testing.assert_array_equal(again.trace.x, whole.trace.x)


@pytest.mark.parametrize("structure", ["auto", "dense", "operator", "tridiagonal"])
def test_whatever_the_storage(structure, path):
    x0 = np.full(80, -1.2)
    whole = ex.minimize(chained, x0, structure=structure)
    ex.minimize(chained, x0, structure=structure, checkpoint=path, maxiter=9)
    assert_same(ex.minimize(chained, x0, structure=structure, resume=path), whole)


def test_what_was_found_wrong_is_not_followed_again(path):
    """Derivatives that gave way to differences are differences in the resumed run too."""
    state = {"shift": 0.0}

    def fun(x):
        return np.sum((x - state["shift"]) ** 4)

    def later(intermediate_result):
        state["shift"] = 5.0
        if intermediate_result.nit == 12 and intermediate_result.nfev > 60:
            raise RuntimeError("power failure")

    with pytest.warns(ex.DerivativeWarning), pytest.raises(RuntimeError):
        ex.minimize(fun, [3.0], callback=later, checkpoint=ex.Checkpoint(path, iterations=1))
    with pytest.warns(ex.DerivativeWarning):
        again = ex.minimize(fun, [3.0], resume=path)
    assert "differences" in again.source
    assert again.x[0] == pytest.approx(5, abs=1e-3)
    assert again.nit > 12


def test_a_finished_run_ends_once_more_as_it_did(path):
    whole = ex.minimize(chained, START, checkpoint=path)
    assert_same(ex.minimize(chained, START, resume=path), whole)
    short = ex.minimize(chained, START, checkpoint=path, maxiter=5)
    again = ex.minimize(chained, START, resume=path, maxiter=5)
    assert again.reasons == short.reasons == (ex.Reason.MAXITER,)
    assert again.nit == 5


def test_a_run_that_is_killed_and_resumed_again_and_again(path):
    whole = ex.minimize(chained, START, method="bfgs")
    for nit in (1, 2, 9, 10, 30):
        with pytest.raises(RuntimeError):
            ex.minimize(
                chained, START, method="bfgs", checkpoint=path, resume=True, callback=quit_at(nit)
            )
    assert_same(ex.minimize(chained, START, method="bfgs", checkpoint=path, resume=path), whole)


def test_its_clock_goes_on_too(path):
    slow = ex.minimize(
        chained, START, checkpoint=path, maxiter=3, callback=lambda x: time.sleep(0.05)
    )
    again = ex.minimize(chained, START, resume=path)
    assert again.trace["seconds"][4] > slow.trace["seconds"][-1] >= 0.1


WORKER = """
import sys, pickle
from tests.solve.test_checkpoint import long_run
pickle.dump(long_run(sys.argv[1]), open(sys.argv[2], "wb"))
"""


def long_run(path):
    """A run of a second or two, as its trace without the seconds."""
    x0 = np.tile([-1.2, 1.0], 20)
    options = {"method": "gradient-descent", "tol": 0, "maxiter": 800}
    trace = ex.minimize(chained, x0, checkpoint=path, resume=True, **options).trace
    return trace.x, {name: trace[name] for name in COLUMNS if name != "seconds"}


def test_kill_minus_nine(path, tmp_path):
    """The long version is ``python -m benchmarks resume``."""
    command = [sys.executable, "-c", WORKER, path, tmp_path / "trace"]
    process = subprocess.Popen(command)
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    subprocess.run(command, check=True)
    points, columns = pickle.loads((tmp_path / "trace").read_bytes())
    expected_points, expected = long_run(tmp_path / "whole.ckpt")
    np.testing.assert_array_equal(points, expected_points)
    for name, column in expected.items():
        np.testing.assert_array_equal(columns[name], column, err_msg=name)


# ---- how it is written -------------------------------------------------------------------------


def test_how_often(path, monkeypatch):
    written = []
    monkeypatch.setattr(container, "write", lambda path, data, keep: written.append(len(data)))
    ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, iterations=4))
    often = len(written)
    assert often == pytest.approx(1 + ex.minimize(chained, START).nit / 4, abs=2)
    written.clear()
    ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, seconds=3600))
    assert len(written) == 2  # at the start and at the end


def test_the_one_before_is_kept_and_nothing_else(path, tmp_path):
    ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, iterations=1), maxiter=6)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["run.ckpt", "run.ckpt.previous"]
    before = Stored.read(container.previous(path)).snapshot(Nothing())
    assert len(before.trace) == 6


class Nothing:
    """Recomputes no Hessian."""

    def value_gradient_hessian(self, x):
        return 0.0, x, None


def no_space(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_does_not_end_the_run(path, monkeypatch):
    whole = ex.minimize(chained, START)
    ex.minimize(chained, START, checkpoint=path, maxiter=3)
    intact = path.read_bytes()
    monkeypatch.setattr(os, "fsync", no_space)
    result = ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, iterations=1), resume=True)
    assert_same(result, whole)
    assert result.success
    for text in (result.notes[-1], result.message):
        assert "could not be written" in text
        assert "No space left on device" in text
    assert path.read_bytes() == intact
    assert not path.with_name("run.ckpt.partial").exists()


def test_a_disk_that_was_full_for_a_while(path, monkeypatch):
    fsync, calls = os.fsync, []

    def sometimes(descriptor):
        calls.append(descriptor)
        return no_space() if 5 < len(calls) < 9 else fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sometimes)
    result = ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, iterations=1))
    assert "could not be written" in result.notes[-1]
    assert_same(ex.minimize(chained, START, resume=path), ex.minimize(chained, START))


@pytest.mark.parametrize("moment", ["partial", "previous"])
def test_killed_between_the_renames(path, moment, tmp_path):
    """The new file is there but has not its name yet; the old one may have lost it already."""
    ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, iterations=1), maxiter=6)
    path.with_name("run.ckpt.partial").write_bytes(b"half a che")
    if moment == "previous":
        path.unlink()
    again = ex.minimize(chained, START, checkpoint=path, resume=True)
    assert_same(again, ex.minimize(chained, START))
    assert any("no such file" in note for note in again.notes) == (moment == "previous")


# ---- what is refused ---------------------------------------------------------------------------


def flipped(data, place):
    changed = bytearray(data)
    changed[place % len(data)] ^= 1 << (place % 8)
    return bytes(changed)


DAMAGES = {
    "a flipped bit": lambda data: flipped(data, len(data) // 2),
    "a flipped bit in the head": lambda data: flipped(data, 3),
    "half of it": lambda data: data[: len(data) // 2],
    "nothing": lambda data: b"",
    "more": lambda data: data + b"\0",
    "zeros": lambda data: bytes(len(data)),
    "another file": lambda data: b"PK\x03\x04 a spreadsheet",
    "a pickle": lambda data: b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x02os",
    "a newer version": lambda data: data.replace(b"checkpoint 1", b"checkpoint 7"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_damaged_is_refused_and_the_one_before_used(damage, path):
    whole = ex.minimize(chained, START)
    ex.minimize(chained, START, checkpoint=ex.Checkpoint(path, iterations=1), maxiter=6)
    path.write_bytes(damage(path.read_bytes()))
    again = ex.minimize(chained, START, resume=path)
    assert_same(again, whole)
    assert again.notes[0] == f"resumed from {path}.previous, after iteration 5"
    assert again.notes[1].startswith(f"{path} was not used: ")
    # Going on writing, the intact one is kept until there is a newer intact one.
    ex.minimize(chained, START, resume=path, checkpoint=path)
    Stored.read(path)
    Stored.read(container.previous(path))
    container.previous(path).write_bytes(b"")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ex.InvalidInput, match=r"can't be resumed from .*run\.ckpt: "):
        ex.minimize(chained, START, resume=path)


def test_a_file_of_the_users_is_not_written_over(path):
    path.write_text("my data")
    with pytest.raises(ex.InvalidInput, match="is no checkpoint, so none is written over it"):
        ex.minimize(chained, START, checkpoint=path)
    assert path.read_text() == "my data"
    with pytest.raises(ex.InvalidInput, match="it is not a checkpoint, and there is none before"):
        ex.minimize(chained, START, resume=path)


OTHER_CALLS = {
    "the start": (chained, START + 1e-9, {}),
    "shapes": (chained, np.full(6, -1.2), {}),
    "another function": (lambda x: chained(x) + 1e-7 * x[0], START, {}),
    "its code": (lambda x: chained(x) + 0.0 * x[0] ** 2, START, {}),
    "jac=": (chained, START, {"jac": "3-point"}),
    "stopping tests": (chained, START, {"tol": 1e-5}),
    "method": (chained, START, {"method": "bfgs"}),
    "structure": (chained, START, {"structure": "operator"}),
    "keep_x": (chained, START, {"keep_x": False}),
}


@pytest.mark.parametrize("words", OTHER_CALLS)
def test_another_run_is_refused(words, path):
    ex.minimize(chained, START, checkpoint=path, maxiter=6)
    fun, x0, options = OTHER_CALLS[words]
    with pytest.raises(ex.InvalidInput, match=r"run\.ckpt is of another") as caught:
        ex.minimize(fun, x0, resume=path, **options)
    assert words in str(caught.value)
    with pytest.raises(ex.InvalidInput, match="of another run, for the goal differs"):
        ex.stationary(chained, START, resume=path)


def test_other_data_is_another_function(path):
    def misfit(data):
        return lambda x: np.sum((np.outer(x, data) - 1) ** 2)

    data = np.arange(1.0, 100.0)
    ex.minimize(misfit(data), [3.0, 4.0], checkpoint=path, method="gradient-descent", maxiter=2)
    options = {"method": "gradient-descent", "maxiter": 3}
    assert ex.minimize(misfit(data.copy()), [3.0, 4.0], resume=path, **options).nit == 3
    data[50] *= 1 + 1e-15
    with pytest.raises(ex.InvalidInput, match="its code or the data that it uses differ"):
        ex.minimize(misfit(data), [3.0, 4.0], resume=path, **options)


def test_code_that_is_not_followed_is_compared_too(path):
    def made(power):
        return lambda x: (float(x[0]) - 1) ** 2 + max(float(x[0]) - 50.0, 0.0) ** power

    with pytest.warns(ex.DerivativeWarning):
        ex.minimize(made(2), [3.0], checkpoint=path, maxiter=1)
    with pytest.warns(ex.DerivativeWarning):
        assert ex.minimize(made(2), [3.0], resume=path).success
    # They are the same wherever the run has been.
    with pytest.warns(ex.DerivativeWarning), pytest.raises(ex.InvalidInput, match="its code"):
        ex.minimize(made(3), [3.0], resume=path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"checkpoint": 3}, "give the name of a file"),
        ({"checkpoint": "nowhere/run.ckpt"}, "no folder nowhere"),
        ({"resume": True}, "goes with checkpoint="),
        ({"resume": "none.ckpt"}, "no such file"),
        ({"resume": 3.0}, "give the name"),
    ],
)
def test_what_makes_no_sense(options, words):
    with pytest.raises(ex.InvalidInput, match=words):
        ex.minimize(chained, START, **options)


@pytest.mark.parametrize("options", [{"iterations": 0}, {"iterations": 1.5}, {"seconds": -1}])
def test_how_often_makes_no_sense(options):
    with pytest.raises(ex.InvalidInput, match="is needed"):
        ex.Checkpoint("run.ckpt", **options)


# ---- bytes -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bytes_of_a_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.ckpt"
    ex.minimize(chained, START, checkpoint=path, maxiter=5)
    return path.read_bytes()


@given(place=st.integers(0, 10**6), cut=st.integers(0, 10**6), junk=st.binary(max_size=64))
def test_no_damage_goes_unnoticed(bytes_of_a_run, place, cut, junk):
    data = bytes_of_a_run
    for changed in (flipped(data, place), data[: cut % len(data)], junk, data + junk, junk + data):
        if changed != data:
            with pytest.raises(container.Unreadable):
                container.decode(changed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=15)
@given(document=JSON, key=st.sampled_from("manifest probe state first best trace round".split()))
def test_what_was_written_on_purpose_makes_no_run_of_nonsense(
    bytes_of_a_run, tmp_path_factory, document, key
):
    """A digest that is right says nothing of who wrote the file."""
    whole, arrays = container.decode(bytes_of_a_run)
    path = tmp_path_factory.getbasetemp() / "forged.ckpt"
    for forged in (document, {**whole, key: document}, {**whole, key: {"os": ["system", "ls"]}}):
        path.write_bytes(container.encode(forged, arrays))
        try:
            ex.minimize(chained, START, resume=path, maxiter=6)
        except ex.InvalidInput:
            continue


@pytest.mark.parametrize(
    "data", [{"State": [1, 2, 3]}, {"Popen": [["ls"]]}, {"State": []}, [], {"array": 0}, {}]
)
def test_only_what_belongs_to_a_state_is_made(data):
    with pytest.raises((ValueError, TypeError, KeyError, IndexError)):
        unpack(data, [], Nothing())


@pytest.mark.parametrize("method", [None, "bfgs", "l-bfgs", "cg", "newton-cg", "gradient-descent"])
def test_a_field_of_another_kind_is_refused(tmp_path, method):
    """Each entry of the state in turn, under a digest that is right."""
    path = tmp_path / "run.ckpt"
    ex.minimize(chained, START, method=method, checkpoint=path, maxiter=4)
    document, arrays = container.decode(path.read_bytes())
    ((kind, fields),) = (item for item in document["state"].items() if item[0] != "hessian")
    for place, value in enumerate(fields[:6]):  # all but what the method remembers
        for other in ("text", [1, 2], {"array": 0} if place not in (0, 2) else 1.5):
            if other == value or (place == 5 and other == "text"):
                continue
            state = {**document["state"], kind: [*fields[:place], other, *fields[place + 1 :]]}
            path.write_bytes(container.encode({**document, "state": state}, arrays))
            with pytest.raises(ex.InvalidInput, match="holds no run"):
                ex.minimize(chained, START, method=method, resume=path, maxiter=6)


def test_what_can_not_be_stored_is_named():
    with pytest.raises(ex.InvalidInput, match="can't be stored in a checkpoint"):
        pack(State(np.zeros(2), 0.0, np.zeros(2), memory=open), [])
