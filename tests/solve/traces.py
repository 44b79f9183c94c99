"""Traces compared, and functions to run."""

import numpy as np

from extremum.solve.trace import COLUMNS


def chained(x):
    """Rosenbrock's function, chained."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def two_wells(x):
    """With a saddle at the origin and minima at (0, ±√2)."""
    return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4


def assert_same(a, b):
    """Two results of the same run, bit for bit, their seconds aside."""
    assert len(a.trace) == len(b.trace)
    for name in COLUMNS:
        if name != "seconds":
            np.testing.assert_array_equal(a.trace[name], b.trace[name], err_msg=name)
    if a.trace.x is not None:
        np.testing.assert_array_equal(a.trace.x, b.trace.x)
    np.testing.assert_array_equal(a.x, b.x)
    np.testing.assert_array_equal(a.jac, b.jac)
    assert (a.fun, a.reasons, a.certificate.verdict) == (b.fun, b.reasons, b.certificate.verdict)
    for name in ("nit", "nfev", "njev", "nhev", "nhvp", "method", "source", "structure"):
        assert a[name] == b[name], name
