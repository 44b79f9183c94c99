"""Functions in plain NumPy, as people write them: their exact derivatives against differences."""

import copy
import functools
import math
import warnings
from math import atan2

import numpy as np
import pytest
import scipy.sparse
import scipy.special
from numpy import asarray

from extremum.objective import Parameters, make_objective
from extremum.outcomes import DerivativeWarning

X = np.array([0.7, -0.4, 1.3])
P = np.array([0.7, 0.4, 1.3])  # positive
A = np.array([[4.0, 1.0, 0.3], [1.0, 3.0, 0.2], [0.3, 0.2, 2.0]])
B = np.array([1.0, -0.5, 2.0])
MASK = np.array([True, False, True])
T = np.linspace(0.0, 1.0, 7)


def spd(x):
    """A positive definite matrix that depends on x."""
    return A + np.outer(x, x) + np.diag(x**2)


# ---- expressions -------------------------------------------------------------------------------

EXPRESSIONS = {
    "math": (lambda x: math.sin(x[0]) + math.exp(x[1]) * math.hypot(*x) + math.sqrt(x[2]), X),
    "math_by_name": (lambda x: atan2(x[0], x[2]) + math.pow(x[0], 2) + math.log(x[2], 2), X),
    "math_of_plain_numbers": (lambda x: math.sqrt(2) * x[0] ** math.floor(2.5) + math.pi * x[1], X),
    "math_fsum": (lambda x: math.fsum(v**2 for v in x), X),
    "math_gamma": (lambda x: math.lgamma(x[0]) + math.gamma(x[2]) + math.erf(x[1]), P),
    "math_in_vectorize": (lambda x: np.vectorize(lambda v: math.exp(v))(x).sum(), X),
    "array_with_a_dtype": (lambda x: np.array([x[0], x[1] ** 3], dtype=float).sum() ** 2, X),
    "asarray_with_a_dtype": (lambda x: np.asarray(x, dtype=float) @ B**2 * x[0], X),
    "asarray_by_name": (lambda x: np.sum(asarray(x) ** 3), X),
    "linalg_of_array": (lambda x: np.linalg.det(np.array([[x[0], 1], [2, x[1] ** 2]])), X),
    "special_of_array": (lambda x: scipy.special.erf(np.array([x[0], x[1]])).sum(), X),
    "full_of_a_value": (lambda x: np.sum(np.full((2, 3), x[0]) * x**2), X),
    "eye_and_identity": (lambda x: np.linalg.det(np.eye(3) * x + np.identity(3)), X),
    "ufuncs": (lambda x: np.sum(np.sin(x) * np.exp(x) + np.cos(2 * x) - np.tanh(x)), X),
    "log_sqrt": (lambda x: np.sum(np.log(x) * np.sqrt(x) + np.log1p(x) + np.cbrt(x)), P),
    "inverse_trigonometry": (lambda x: np.sum(np.arctan(x) + np.arcsin(x / 3) + np.arcsinh(x)), X),
    "sum": (lambda x: np.sum(x**3), X),
    "mean": (lambda x: np.mean(x**3) * np.mean(x), X),
    "prod": (lambda x: np.prod(x), X),
    "dot": (lambda x: np.dot(B, x) ** 3, X),
    "matmul": (lambda x: x @ A @ x + B @ x, X),
    "matmul_plain_on_the_left": (lambda x: ((A @ x - B) ** 4).sum(), X),
    "vdot_inner": (lambda x: np.vdot(x, B) * np.inner(x, x), X),
    "norm": (lambda x: np.linalg.norm(x), X),
    "norm_of_order_4": (lambda x: np.linalg.norm(x, 4), X),
    "frobenius": (lambda x: np.linalg.norm(spd(x)), X),
    "solve": (lambda x: B @ np.linalg.solve(spd(x), x), X),
    "det": (lambda x: np.linalg.det(spd(x)), X),
    "slogdet": (lambda x: np.linalg.slogdet(spd(x))[1], X),
    "slogdet_fields": (lambda x: np.linalg.slogdet(spd(x)).logabsdet, X),
    "inv": (lambda x: B @ np.linalg.inv(spd(x)) @ B, X),
    "eigvalsh": (lambda x: np.linalg.eigvalsh(spd(x))[0], X),
    "eigh": (lambda x: np.sum(np.linalg.eigh(spd(x)).eigenvalues ** 2), X),
    "cholesky": (lambda x: np.log(np.diag(np.linalg.cholesky(spd(x)))).sum(), X),
    "matrix_power": (lambda x: np.trace(np.linalg.matrix_power(spd(x), 3)), X),
    "multi_dot": (lambda x: np.linalg.multi_dot([x, A, A, x]), X),
    "where": (lambda x: np.sum(np.where(x > 0, x**2, x**4)), X),
    "where_on_captured": (lambda x: np.sum(np.where(MASK, x**2, np.exp(x))), X),
    "select_piecewise": (lambda x: np.sum(np.select([x > 1, x > 0], [x**3, x**2], x**4)), X),
    "full_like": (lambda x: np.sum(np.full_like(x, 2.0) * x**2), X),
    "ones_like": (lambda x: np.ones_like(x) @ x**3, X),
    "arange": (lambda x: np.sum(np.arange(3) * x**2), X),
    "linspace": (lambda x: np.sum(np.exp(-x[0] * T) * np.cos(x[1] * T)), X),
    "methods": (lambda x: x.sum() * x.mean() + (x**2).max() + x.std() + x.var(), X),
    "method_dot": (lambda x: x.dot(A).dot(x), X),
    "method_cumsum": (lambda x: (x.cumsum() ** 2).sum() + x.cumprod()[-1], X),
    "method_clip": (lambda x: (x.clip(0, 1) ** 3).sum() + np.sum(np.clip(x, None, 1.0) ** 2), X),
    "method_reshape": (lambda x: (x.reshape(3, 1) * x.reshape((1, 3)) ** 2).sum(), X),
    "method_ravel_flatten": (lambda x: spd(x).ravel() @ spd(x).flatten(), X),
    "method_astype_copy": (lambda x: (x.astype(float) * x.copy() * x.astype(np.float64)).sum(), X),
    "method_min_ptp": (lambda x: x.min() ** 2 + np.ptp(x) ** 2, X),
    "method_item": (lambda x: x[0].item() ** 2 * x.item(2) + x.sum().item() ** 3, X),
    "method_tolist": (lambda x: sum(v**3 for v in x.tolist()), X),
    "transpose": (lambda x: (x[:, None] @ x[None, :]).T[0] @ x, X),
    "slices": (lambda x: np.sum((x[1:] - x[:-1]) ** 4), X),
    "reversed": (lambda x: x[::-1] @ A @ x + (x[-1] * x[::2]).sum() ** 2, X),
    "ellipsis_newaxis": (lambda x: (x[..., np.newaxis] * x[np.newaxis, ...]).sum() ** 2, X),
    "fancy_index": (lambda x: np.sum(x[[0, 2, 2]] ** 3) + np.sum(x[np.array([1, 0])] ** 2), X),
    "boolean_mask": (lambda x: np.sum(x[MASK] ** 3), X),
    "matrix_index": (lambda x: spd(x)[0, 1] * spd(x)[1:, :2].sum() + spd(x)[-1][-1], X),
    "take": (lambda x: np.take(x, [0, 2]).sum() ** 3 + x.take(1) ** 3, X),
    "gammaln": (lambda x: scipy.special.gammaln(x).sum(), P),
    "erf_expit": (lambda x: (scipy.special.erf(x) * scipy.special.expit(x)).sum(), X),
    "xlogy": (lambda x: scipy.special.xlogy(x, x + 1).sum() + scipy.special.xlog1py(x, x).sum(), P),
    "psi": (lambda x: scipy.special.psi(x).sum() + scipy.special.digamma(x).prod(), P),
    "bessel": (lambda x: scipy.special.i0(x).sum() + (scipy.special.i1(x) ** 2).sum(), X),
    "entr_ndtr": (lambda x: scipy.special.entr(x).sum() + scipy.special.ndtr(x).prod(), P),
    "log_ndtr": (lambda x: scipy.special.log_ndtr(x).sum(), X),
    "logsumexp": (lambda x: np.log(np.sum(np.exp(x - x.max()))) + x.max(), X),
    "logaddexp_reduce": (lambda x: np.logaddexp.reduce(x), X),
    "builtin_sum": (lambda x: sum(x**2) + sum(v * w for v, w in zip(x, B, strict=True)), X),
    "builtin_abs_pow": (lambda x: abs(x[1]) ** 3 + pow(x[0], 3) + sum(abs(x) ** 2.5), X),
    "list_comprehension": (lambda x: sum([np.sin(v) ** 2 for v in x]), X),
    "enumerate": (lambda x: sum((i + 1) * v**3 for i, v in enumerate(x)), X),
    "len_shape": (lambda x: sum(x[i] ** 2 for i in range(len(x))) * x.shape[0] / x.size, X),
    "mean_of_a_list": (lambda x: np.mean([v**2 for v in x]) * np.std([v**3 for v in x]), X),
    "functions_of_a_list": (lambda x: np.exp([x[0], x[1]]).sum() * np.linalg.norm([x[2], 1.0]), X),
    "numpy_vectorize": (lambda x: np.vectorize(lambda v: v**3)(x).sum(), X),
    "apply_along_axis": (lambda x: np.apply_along_axis(np.prod, 0, np.outer(x, x)).sum(), X),
    "array_of_scalars": (lambda x: np.array([x[0] ** 2, x[1] * x[2], 1.0]) @ B, X),
    "array_of_rows": (lambda x: (np.array([[x[0], 1, 0], [x[1], 2, x[2]]]) @ x).prod(), X),
    "stack_of_rows": (lambda x: np.linalg.det(np.stack([x, [x[1], 2.0, 1.0], B])), X),
    "asarray": (lambda x: np.sum(np.asarray(x) ** 3), X),
    "array_copy": (lambda x: np.sum(np.array(x) ** 3), X),
    "atleast_1d": (lambda x: np.sum(np.atleast_1d(x) ** 3) + np.atleast_2d(x)[0, 1] ** 2, X),
    "ravel_squeeze": (lambda x: np.sum(np.ravel(x) ** 3) * np.squeeze(x[None])[0], X),
    "stack": (lambda x: np.linalg.norm(np.stack([x, x**2])) ** 3, X),
    "concatenate": (lambda x: np.sum(np.concatenate([x[:2], x[1:] ** 2, [1.0]]) ** 3), X),
    "concatenate_with_ends": (lambda x: np.sum(np.diff(np.concatenate(([0.0], x, [1.0]))) ** 4), X),
    "hstack_vstack": (
        lambda x: np.hstack([x, 2.0]) @ np.hstack([1.0, x]) + np.vstack([x, B]).prod(),
        X,
    ),
    "column_stack": (lambda x: (np.column_stack([x, x**2]) ** 2).sum(), X),
    "append_insert": (lambda x: np.prod(np.append(x, x[0])) + np.sum(np.insert(x, 0, 2.0) ** 2), X),
    "r_": (lambda x: np.sum(np.r_[0.0, x, x[0]] ** 3), X),
    "outer": (lambda x: (np.outer(x, x**2) * A).sum(), X),
    "einsum": (lambda x: np.einsum("i,ij,j->", x, A, x**2), X),
    "tensordot": (lambda x: np.tensordot(A, x, axes=1) @ x**2, X),
    "kron_cross": (lambda x: np.kron(x, B).sum() ** 2 + np.cross(x, B) @ x**2, X),
    "roll_flip": (lambda x: np.roll(x, 1) @ np.flip(x) ** 3, X),
    "diff": (lambda x: np.sum(np.diff(x) ** 4) + np.sum(np.diff(x, n=2) ** 2), X),
    "ediff_gradient": (lambda x: np.sum(np.gradient(x**2, 0.1) ** 2), X),
    "interp": (lambda x: np.interp(0.35, T[:3] * 2, x) ** 3, X),
    "convolve": (lambda x: np.convolve(x, B).prod() + np.correlate(x, B, "same").sum() ** 2, X),
    "polyval": (lambda x: np.polyval(x, 2.0) ** 2 + np.polyval([1.0, 2.0, 3.0], x).sum(), X),
    "trapezoid": (lambda x: np.trapezoid(x**2, [0.0, 1.0, 3.0]) + np.trapezoid(x**3, dx=0.5), X),
    "tile_repeat": (lambda x: np.tile(x, 2) @ np.repeat(x**2, 2), X),
    "pad": (
        lambda x: np.sum(np.diff(np.pad(x, 1)) ** 3) + np.sum(np.pad(x, (0, 2), mode="edge") ** 2),
        X,
    ),
    "meshgrid": (lambda x: np.sum(np.prod(np.meshgrid(x, B), axis=0) ** 2), X),
    "triu_diag_trace": (lambda x: np.triu(np.outer(x, x)).sum() + np.trace(np.diag(x**3)), X),
    "tril_block": (lambda x: (np.tril(spd(x), -1) ** 2).sum() + np.diag(spd(x), 1).prod(), X),
    "add_reduce": (lambda x: np.add.reduce(x**3) * np.multiply.reduce(x), X),
    "add_outer": (
        lambda x: (np.add.outer(x, B) ** 3).sum() + np.subtract.outer(x, x).max() ** 2,
        X,
    ),
    "accumulate": (lambda x: np.add.accumulate(x).prod() + np.multiply.accumulate(x)[1], X),
    "reduce_with_axis": (lambda x: (np.outer(x, x**2).sum(axis=1, keepdims=True) ** 2).sum(), X),
    "maximum_minimum": (lambda x: np.maximum(x, 0.1) @ np.minimum(x, B) ** 2, X),
    "fmax_hypot": (lambda x: np.fmax(x, 0.1).sum() ** 3 + np.hypot(x[0], x[1]), X),
    "arctan2_logaddexp": (lambda x: np.arctan2(x[0], x[2]) + np.logaddexp(x[0], x[1]), X),
    "powers": (lambda x: np.sum(x**2.5 + x**3 + x**-1 + x**x + 2**x + x ** np.array([1, 2, 3])), P),
    "power_negative_base": (lambda x: np.sum(x**2 + x**3 + np.power(x, 4) + x**-2), X),
    "square_reciprocal": (lambda x: np.sum(np.square(x) * np.reciprocal(x) + np.sign(x) * x**3), X),
    "mod_divmod": (
        lambda x: divmod(x[0], 0.3)[1] ** 2 + (x[2] % 0.5) ** 3 + np.fmod(x[1], 0.3) ** 2,
        X,
    ),
    "floor_round": (lambda x: np.sum(x**2 * np.floor(x)) + x[0] * np.round(x[2]), X),
    "reverse_operators": (lambda x: np.sum((1 - x) ** 2 + 2 / (3 + x) + 3 * x - 2.0**x), X),
    "numpy_scalar_on_the_left": (
        lambda x: np.float64(2.0) * x[0] ** 2 + (np.float64(1) - x).sum() ** 3,
        X,
    ),
    "array_on_the_left": (lambda x: np.sum((B - x) ** 4 / (B * B + x**2)), X),
    "comparisons_as_numbers": (lambda x: np.sum((x > 0) * x**2 + (x <= 0) * x**4), X),
    "logical": (lambda x: np.sum(np.where(np.logical_and(x > 0, ~(x > 1)), x**3, x)), X),
    "any_all_isfinite": (lambda x: np.where(np.all(np.isfinite(x)), np.sum(x**3), 0.0), X),
    "count_nonzero": (lambda x: np.count_nonzero(x > 0) * np.sum(x**2), X),
    "sort": (lambda x: np.sort(x) @ B**2 * np.sort(x)[0], X),
    "argsort": (lambda x: x[np.argsort(x)] ** 2 @ B, X),
    "argmax_index": (lambda x: x[np.argmax(x)] ** 3 + x[x.argmin()] ** 2, X),
    "quantile_median": (lambda x: np.median(x) ** 3 + np.quantile(x, 0.3) ** 2, X),
    "average_weights": (lambda x: np.average(x**2, weights=[1, 2, 3]), X),
    "cov": (lambda x: np.linalg.det(np.cov(np.stack([x, x**2]))), X),
    "var_ddof": (lambda x: np.var(x, ddof=1) + np.std(x**2), X),
    "nansum": (lambda x: np.nansum(x**3) + np.nanmax(x) ** 2, X),
    "nan_to_num": (lambda x: np.sum(np.nan_to_num(x) ** 3), X),
    "split": (lambda x: np.split(x, [1])[1] @ np.array_split(x, 2)[0], X),
    "apply_swapaxes": (lambda x: np.swapaxes(np.outer(x, B), 0, 1)[0] @ x, X),
    "vander": (lambda x: np.vander(x, 3).sum() ** 2, X),
    "fft": (lambda x: np.sum(np.abs(np.fft.fft(x)) ** 4), X),
    "complex_inside": (lambda x: np.abs((x[0] + 1j * x[1]) ** 3 - 1) ** 2, X),
    "complex_exp": (
        lambda x: np.real(np.exp(1j * x).sum()) ** 2 + (np.exp(1j * x).sum()).imag ** 3,
        X,
    ),
    "map_and_reduce": (lambda x: sum(map(np.square, x)) + functools.reduce(np.multiply, x), X),
    "searchsorted": (lambda x: np.searchsorted(T, x[0]) * x[0] ** 2, X),
    "heaviside_sinc": (lambda x: np.sum(np.heaviside(x, 0.5) * x**2 + np.sinc(x)), X),
    "deg2rad_exp2": (
        lambda x: np.sum(np.sin(np.deg2rad(x)) + np.exp2(x) + np.expm1(x) + np.log2(x)),
        P,
    ),
    "absolute": (lambda x: np.sum(np.abs(x) ** 3 + np.fabs(x) + np.absolute(x) * x), X),
    "scalar_methods": (lambda x: x[0].sum() * x[1].reshape(1)[0] * x[2].mean() ** 2, X),
    "keyword_arguments": (lambda x: np.sum(a=np.outer(x, x), axis=0, keepdims=False) @ x, X),
    "linalg_methods": (lambda x: np.linalg.cond(spd(x)), X),
    "svd": (lambda x: np.linalg.svd(spd(x), compute_uv=False)[0], X),
    "pinv_qr": (lambda x: np.abs(np.prod(np.diag(np.linalg.qr(spd(x))[1]))), X),
    "sum_of_dtype": (lambda x: np.sum(x**3, dtype=float) + x.sum(dtype=np.float64) ** 2, X),
    "float_of_a_count": (
        lambda x: float(x.size) * np.sum(x**2) + float(np.sum(MASK)) * x[0] ** 2,
        X,
    ),
    "numpy_float64_of_component": (
        lambda x: np.sum(x**2) * x.ndim + np.ndim(x) + np.size(x) * x[0],
        X,
    ),
}


# ---- statements --------------------------------------------------------------------------------

STATEMENTS = {}


def idiom(start):
    """Register a function of several statements."""

    def register(function):
        STATEMENTS[function.__name__] = (function, start)
        return function

    return register


@idiom(X)
def zeros_like_and_integer_writes(x):
    r = np.zeros_like(x)
    r[0] = x[0] ** 2
    r[1] = 2 * x[1] * x[2]
    r[-1] = 1.5
    return r @ r


@idiom(X)
def slice_and_fancy_writes(x):
    r = np.zeros_like(x)
    r[1:] = x[:-1] ** 2
    r[[0]] = x[2]
    r[::2] += x[::2] * 3
    return np.sum(r**2)


@idiom(X)
def mask_writes(x):
    r = np.empty_like(x)
    r[:] = x**2
    r[MASK] = 0.5
    r[~MASK] *= x[0]
    return np.sum(r**2)


@idiom(X)
def mask_of_values(x):
    r = x**2
    r[x < 0] = 0.0
    return np.sum(r * x)


@idiom(X)
def fill_and_full_like(x):
    r = np.full_like(x, 3.0)
    r[1] = x[1]
    q = np.empty_like(x)
    q.fill(2.0)
    return np.prod(r) * q @ x


@idiom(X)
def matrix_filled_in_loops(x):
    m = np.zeros_like(np.outer(x, x))
    for i in range(3):
        for j in range(3):
            m[i, j] = x[i] * x[j] ** 2 + i
    m[0] = x
    m[:, 1] = 1.0
    return np.linalg.det(m)


@idiom(X)
def zeros_like_with_shape(x):
    m = np.zeros_like(x, shape=(4, 2))
    m[:3, 0] = x
    m[1:, 1] = x**2
    return np.sum(m.sum(axis=1) ** 3)


@idiom(X)
def in_place_operators(x):
    y = x**2
    y += 1
    y *= x
    y -= B
    y /= 2.0
    y **= 2
    return y.sum()


@idiom(X)
def same_object_after_in_place(x):
    y = z = x + 0.0
    y += 1
    y *= 2
    return np.sum(z**3)


@idiom(X)
def centred_in_place(x):
    x -= x.mean()
    return np.sum(x**4)


@idiom(X)
def scalar_in_place_is_a_new_object(x):
    a = x[0]
    a += 1
    a *= 3
    return a**2 * x[0] + x[1]


@idiom(X)
def accumulation(x):
    total = 0
    for v in x:
        total += v**2
    for i in range(1, len(x)):
        total -= x[i] * x[i - 1]
    return total


@idiom(X)
def unpacking(x):
    x0, x1, x2 = x
    first, *rest = x
    return x0**2 * x1 + x2**3 + first * sum(rest)


@idiom(X)
def rows_of_a_matrix(x):
    total = 0.0
    for row in np.outer(x, x**2):
        total = total + row @ B
    return total


@idiom(X)
def loop_carried(x):
    y = x
    for _ in range(3):
        y = np.sin(A @ y) / 4 + x
    return y @ y


@idiom(X)
def swap_components(x):
    y = x.copy()
    y[0], y[1] = y[1], y[0]
    return y @ A @ y + y[0] ** 3


@idiom(X)
def out_into_a_traced_array(x):
    y = np.zeros_like(x)
    np.multiply(x, x, out=y)
    np.add(y, 1.0, out=y)
    return y @ B * y[0]


@idiom(X)
def branch_on_shape(x):
    return np.sum(x**2) if x.ndim == 1 and len(x) > 2 else 0.0


@idiom(X)
def isinstance_free_helpers(x):
    def residual(i, power=2):
        return x[i] ** power - B[i]

    square = functools.partial(residual, power=4)
    return sum(residual(i) * square(i) for i in range(3))


@idiom(X)
def errstate_and_asserts(x):
    assert x.shape == (3,)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        return np.sum(np.exp(x))


@idiom(X)
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@idiom(X)
def least_squares(x):
    model = x[0] * np.exp(-(x[2] ** 2) * T) + x[1]
    data = np.sin(T)
    return 0.5 * np.sum((model - data) ** 2)


@idiom(P)
def gaussian_log_likelihood(x):
    covariance = x[0] * np.exp(-((T[:, None] - T) ** 2) / x[1] ** 2) + 0.1 * np.eye(7)
    factor = np.linalg.cholesky(covariance)
    white = np.linalg.solve(factor, np.sin(T) - x[2])
    return 0.5 * white @ white + np.log(np.diag(factor)).sum()


@idiom(X)
def sliced_in_place(x):
    r = x**2
    r[1:] += x[:-1]
    r[::2] *= 3
    tail = r[1:]
    tail -= 0.5
    tail[0] = x[2]
    return np.sum(r**2) * tail[-1]


@idiom(X)
def rows_changed_in_place(x):
    m = np.outer(x, x**2)
    for row in m:
        row *= 2
        row[0] += x[1]
    m.T[2] = x
    m.reshape(-1)[1] = x[0] ** 3
    m.ravel()[2:4] -= 1
    np.swapaxes(m, 0, 1)[1, 2] *= x[2]
    return np.sum(m**2)


@idiom(X)
def copies_are_not_views(x):
    m = np.outer(x, x)
    m.T.reshape(-1)[0] = 100.0
    m.flatten()[1] = 100.0
    m[[0, 1]][0] = 100.0
    other = m.T.ravel()
    other += 100.0
    return np.sum(m**2)


@idiom(X)
def view_read_after_its_owner_changed(x):
    r = x**2
    first, backwards = r[:2], r[::-1]
    r[0] = x[2]
    r *= x[1]
    return first @ first * backwards[-1] + backwards[1]


@idiom(X)
def copied_by_the_copy_module(x):
    y, z = copy.copy(x), copy.deepcopy({"x": x})["x"]
    y += 1
    return y @ z + x @ z


@idiom(X)
def isinstance_of_an_ndarray(x):
    if not isinstance(x, np.ndarray):
        raise TypeError("an array is needed")
    return np.sum(x**3)


@idiom(X)
def runge_kutta(x):
    def slope(state):
        return np.array([state[1], -x[0] * state[0] - x[1] * state[1]])

    state, h = np.array([1.0, x[2]]), 0.1
    for _ in range(5):
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        state = state + h * k2
    return state @ state


@idiom(X)
def zeros_and_writes(x):
    r = np.zeros(3)
    for i in range(3):
        r[i] = x[i] ** 2
    return r.sum()


@idiom(X)
def zeros_of_two_dimensions(x):
    m = np.zeros((3, 3))
    m[:, 0] = x**2
    m[1] += x
    m[2, 2] = x[0] * x[1]
    return (m**2).sum()


@idiom(X)
def empty_and_ones_of_a_plain_array(x):
    r, w = np.empty_like(B), np.ones(3)
    r[:] = x**2
    w[1:] *= x[:2]
    return r @ w


@idiom(X)
def zeros_of_integers_stay_plain(x):
    order = np.zeros(3, dtype=int)
    order[0] = 2
    return (x[order] ** 2).sum()


@idiom(X)
def out_into_zeros(x):
    r = np.zeros(3)
    np.multiply(x, x, out=r)
    return r.sum()


@idiom(X)
def asarray_is_an_alias(x):
    y = np.asarray(x)
    y += 1
    return x @ x


@idiom(X)
def array_is_a_copy(x):
    y = np.array(x)
    y += 1
    return x @ y


def residuals_in_zeros(x):
    r = np.zeros(2)
    r[0], r[1] = math.exp(x[0]), x[1] * x[2]
    return r


@idiom(X)
def helper_of_the_same_module(x):
    return np.sum(residuals_in_zeros(x) ** 2)


@idiom(X)
def recursion(x):
    def inner(k):
        return np.array([x[0], 1.0])[0] * inner(k - 1) if k else x[1]

    return inner(3)


COMPILED = EXPRESSIONS | STATEMENTS


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_exactly(name, differences):
    fun, x = COMPILED[name]
    objective = make_objective(fun, Parameters.of(x))
    assert objective.source == "exact (NumPy traced by JAX)"
    assert_derivatives(objective, fun, x, differences)


# ---- Python that looks at values: exact, uncompiled --------------------------------------------


def branch_on_a_value(x):
    if x[0] > 0 and not x[1] > 0:
        return x[0] ** 2 + np.sum(x**4)
    return np.sum(x)


def while_on_a_value(x):
    y = x[2] ** 2 + 1.05
    while y > 0.3:
        y = y / 2
    return y * np.sum(x**2)


def integer_index_of_a_value(x):
    return x[int(x[2])] ** 3 + x[0] ** 2


def write_at_an_index_of_a_value(x):
    r = x**2
    r[np.argmin(x)] = x[0] * x[2]
    r[x > 1] = x[x > 1] ** 3
    return r.sum()


def mask_that_selects_by_value(x):
    return np.sum(x[x > 0] ** 3)


def nonzero_of_values(x):
    (places,) = np.nonzero(x > 0)
    return np.sum(x[places] ** 2) + x[np.flatnonzero(x < 0)[0]] ** 3


def sorted_builtin(x):
    return sorted(x)[0] ** 3 + sorted(x, key=lambda v: -v)[0] ** 2


def index_of_a_captured_array(x):
    return T[np.searchsorted(T, x[0])] * x[0] ** 2 + A[np.argmax(x)] @ x**3


def max_builtin(x):
    return max(x) ** 3 + min(x[0], x[1]) ** 2


def max_builtin_of_scalars(x):
    return max(x[0], x[1], 0.1) ** 3 + max(0, x[2]) ** 2


def range_of_a_value(x):
    return sum(x[0] ** k for k in range(round(x[2]) + int(x[0]) + 2)) + x[1] * x[2]


def unique_values(x):
    return np.sum(np.unique(x) ** 3)


def chained_comparison(x):
    return sum(v**2 if 0 < v < 1 else v**3 for v in x)


def captured_array_in_order_of_values(x):
    return B[np.argsort(x)] @ x**2 + B[x > 0].sum() * x[0]


def allclose_guard(x):
    return np.sum(x**3) if not np.allclose(x, 0) else 0.0 * x[0]


def slice_by_value(x):
    k = np.argmax(x)
    return np.sum(x[:k] ** 3) + np.sum(x[k:] ** 2)


UNCOMPILED = {
    f.__name__: f
    for f in (
        branch_on_a_value,
        while_on_a_value,
        integer_index_of_a_value,
        write_at_an_index_of_a_value,
        mask_that_selects_by_value,
        nonzero_of_values,
        range_of_a_value,
        unique_values,
        chained_comparison,
        allclose_guard,
        captured_array_in_order_of_values,
        slice_by_value,
        sorted_builtin,
        index_of_a_captured_array,
        max_builtin,
        max_builtin_of_scalars,
    )
}


@pytest.mark.parametrize("name", UNCOMPILED)
def test_uncompiled_exactly(name, differences):
    fun = UNCOMPILED[name]
    objective = make_objective(fun, Parameters.of(X))
    assert objective.source == "exact (NumPy by JAX, uncompiled)"
    assert any("np.where" in note for note in objective.notes)
    assert_derivatives(objective, fun, X, differences)


# ---- other callables, arguments and parameters -------------------------------------------------


class Model:
    def __init__(self, matrix):
        self.matrix = matrix

    def energy(self, x):
        return x @ self.matrix @ x + np.sum(x**4)

    def __call__(self, x):
        return self.energy(x) ** 2

    @staticmethod
    def plain(x):
        return np.sum(x**3)

    @classmethod
    def of_class(cls, x):
        return cls(A).energy(x)


def with_defaults(x, matrix=A, power=4):
    return x @ matrix @ x + np.sum(x**power)


CALLABLES = {
    "bound method": Model(A).energy,
    "object": Model(A),
    "static method": Model.plain,
    "class method": Model.of_class,
    "partial": functools.partial(with_defaults, matrix=2 * A),
    "partial of a keyword": functools.partial(with_defaults, power=6),
    "default arguments": with_defaults,
    "cache-free wrapper": functools.wraps(with_defaults)(lambda x: 2 * with_defaults(x)),
}


@pytest.mark.parametrize("name", CALLABLES)
def test_callables(name, differences):
    fun = CALLABLES[name]
    objective = make_objective(fun, Parameters.of(X))
    assert objective.source == "exact (NumPy traced by JAX)"
    assert_derivatives(objective, fun, X, differences)


def test_further_arguments(differences):
    def fun(x, matrix, vector, power, options):
        return x @ matrix @ x + vector @ x + np.sum(x**power) * options["scale"]

    args = (A, B, 4, {"scale": 2.0})
    objective = make_objective(fun, Parameters.of(X), args)
    assert objective.source == "exact (NumPy traced by JAX)"
    assert_derivatives(objective, lambda x: fun(x, *args), X, differences)


def scalar(x):
    return np.exp(x) * x**2 + (x if x is None else 1)


def matrix(m):
    return np.linalg.det(m) + (m[0] * m[:, 1]).sum() ** 2 + np.trace(m @ m.T)


def dictionary(p):
    return p["slope"] ** 2 * p["offset"][0] + np.sum(p["offset"] ** 4) * p["slope"]


def named(p):
    (a, b), c = p
    return a**3 + np.sum(b**3) * c


STRUCTURES = {
    "scalar": (scalar, 0.7),
    "0-d": (scalar, np.array(0.7)),
    "2-d": (matrix, np.array([[1.0, 0.3], [-0.4, 2.0]])),
    "dict": (dictionary, {"slope": 0.7, "offset": np.array([0.2, -0.4])}),
    "nested tuples": (named, ((0.3, np.array([0.2, 1.4])), 2.0)),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_structures(name, differences):
    fun, start = STRUCTURES[name]
    parameters = Parameters.of(start)
    objective = make_objective(fun, parameters)
    assert objective.source == "exact (NumPy traced by JAX)"
    assert_derivatives(
        objective, lambda v: fun(parameters.restore(v)), parameters.start, differences
    )


def test_captured_sparse_matrix(differences):
    sparse = scipy.sparse.csr_array(A)
    with pytest.warns(DerivativeWarning, match=r"sparse @ x"):
        objective = make_objective(lambda x: np.sum((sparse @ x - B) ** 4), Parameters.of(X))
    assert objective.source == "central differences"


def test_the_caller_s_array_stays():
    x = X.copy()
    objective = make_objective(centred_in_place, Parameters.of(x))
    objective.value_and_gradient(x)
    objective.plain.value(x, objective.counts)
    np.testing.assert_array_equal(x, X)


def test_differences_see_a_wrong_derivative(differences):
    # Negative control: what the tests above compare with does tell a wrong answer.
    objective = make_objective(lambda x: np.sum(x**3) + 1e-6 * x[0] ** 3, Parameters.of(X))
    with pytest.raises(AssertionError):
        assert_derivatives(objective, lambda x: np.sum(x**3), X, differences)


def assert_derivatives(objective, fun, x, differences):
    gradient, hessian = (d(lambda y: float(fun(y.copy())), x) for d in differences)
    value, found = objective.value_and_gradient(x)
    np.testing.assert_allclose(value, float(fun(x.copy())), rtol=1e-12)
    np.testing.assert_allclose(objective.value(x), value, rtol=1e-12)
    np.testing.assert_allclose(found, gradient, rtol=2e-8, atol=2e-8 * (1 + abs(gradient).max()))
    found = objective.hessian(x).toarray()
    scale = 1 + abs(hessian).max()
    np.testing.assert_allclose(found, hessian, rtol=1e-6, atol=1e-6 * scale)
    v = np.cos(np.arange(x.size))
    np.testing.assert_allclose(objective.hessian_vector(x, v), found @ v, atol=1e-9 * scale)


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-4, 0.09, 0.1, 0.7])
def test_sinc_to_second_order_near_zero(x):
    """Its series: φ″(0) = −π²/3; elsewhere the quotient rule in exact terms."""
    objective = make_objective(lambda x: np.sinc(x[0]), Parameters.of([x]))
    hessian = objective.hessian(np.array([x])).toarray()[0, 0]
    y = np.pi * x
    terms = [
        (-1) ** k * y ** (2 * k - 2) * 2 * k * (2 * k - 1) / float(math.factorial(2 * k + 1))
        for k in range(1, 16)
    ]
    assert hessian == pytest.approx(np.pi**2 * sum(terms), rel=1e-10)
