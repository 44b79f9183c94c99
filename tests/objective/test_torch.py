"""Functions of PyTorch's tensors: derivatives, precision, modules, and what is refused."""

import copy
import itertools
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import brentq

import extremum as ex
from extremum.objective import Counts, Parameters, make_objective
from extremum.outcomes import ENDED_WELL, InvalidInput, Reason, Verdict

torch = pytest.importorskip("torch", reason="PyTorch is an extra")
torch.set_num_threads(1)  # the tests run side by side

SINGLE, DOUBLE = torch.float32, torch.float64
EPS = {dtype: torch.finfo(dtype).eps for dtype in (SINGLE, DOUBLE)}
both = pytest.mark.parametrize("dtype", [SINGLE, DOUBLE], ids=["float32", "float64"])


def valley(x, bottom=0.7):
    """Rosenbrock's valley with its minimum, exactly stationary, at (bottom, bottom²)."""
    return 100 * (x[1] - x[0] ** 2) ** 2 + (bottom - x[0]) ** 2


def chain(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


# Results


@both
def test_results_are_tensors_of_the_dtype_and_shape_of_the_start(dtype):
    result = ex.minimize(lambda x: ((x - 1.5) ** 2).sum() + x[0, 1], torch.zeros(2, 3, dtype=dtype))
    for tensor in (result.x, result.jac):
        assert isinstance(tensor, torch.Tensor)
        assert tensor.dtype == dtype
        assert tensor.shape == (2, 3)
        assert not tensor.requires_grad
    assert isinstance(result.fun, float)
    assert result.source == f"exact (PyTorch, {dtype})"
    assert result.manifest["dtype"] == str(dtype).removeprefix("torch.")
    assert result.manifest["versions"]["torch"] == torch.__version__
    expected = torch.tensor([[1.5, 1.0, 1.5], [1.5, 1.5, 1.5]], dtype=dtype)
    assert torch.allclose(result.x, expected)


def test_a_number_stays_a_tensor_without_dimensions():
    x = ex.minimize(lambda x: torch.cosh(x - 1), torch.tensor(0.0, dtype=DOUBLE)).x
    assert x.shape == ()
    assert x.item() == pytest.approx(1, abs=1e-8)


@pytest.mark.parametrize("kind", [tuple, list])
def test_a_pytree_of_tensors_keeps_its_structure(kind):
    start = {
        "b": kind([torch.zeros(2, dtype=DOUBLE), torch.tensor(1.0, dtype=DOUBLE)]),
        "a": torch.ones(1, 2, dtype=DOUBLE),
    }

    def fun(p):
        return ((p["a"] - 3) ** 2).sum() + ((p["b"][0] - p["b"][1]) ** 2).sum() + p["b"][1] ** 2

    x = ex.minimize(fun, start).x
    assert isinstance(x["b"], kind)
    assert torch.allclose(x["a"], torch.full((1, 2), 3.0, dtype=DOUBLE))
    assert torch.allclose(x["b"][0], torch.zeros(2, dtype=DOUBLE), atol=1e-12)
    assert x["b"][1].shape == ()


@both
@pytest.mark.parametrize("n", [2, 200])
def test_the_minimum_of_rosenbrocks_chain(n, dtype):
    result = ex.minimize(chain, torch.full((n,), 0.5, dtype=dtype))
    assert result.success
    assert result.certificate.verdict is Verdict.MINIMUM
    error = float(torch.linalg.vector_norm(result.x.double() - 1))
    assert error <= result.certificate.radius <= EPS[dtype] ** 0.5


def test_the_card_shows_tensors_as_numbers():
    linear = torch.nn.Linear(2, 1).double()
    card = str(ex.minimize(lambda m: ((m.weight - 2) ** 2).sum() + (m.bias - 1) ** 2, linear))
    assert "{weight: [2, 2] (1 × 2), bias: [1]}" in card
    assert "exact (PyTorch, torch.float64)" in card


# Derivatives


@both
def test_derivatives_are_those_of_calculus(dtype):
    x = np.array([0.3, -0.7])
    objective = make_objective(valley, Parameters.of(torch.tensor(x, dtype=dtype)))
    slope = 400 * x[0] * (x[0] ** 2 - x[1])
    gradient = np.array([slope + 2 * (x[0] - 0.7), 200 * (x[1] - x[0] ** 2)])
    hessian = np.array([[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0]], [-400 * x[0], 200]])
    v = np.array([1.0, -2.0])
    allowed = {"rtol": 20 * EPS[dtype], "atol": 0}
    np.testing.assert_allclose(objective.value_and_gradient(x)[1], gradient, **allowed)
    np.testing.assert_allclose(objective.hessian(x).toarray(), hessian, **allowed)
    np.testing.assert_allclose(objective.hessian_vector(x, v), hessian @ v, **allowed)
    assert objective.counts == Counts(nfev=1, njev=1, nhev=1, nhvp=1)
    assert objective.eps == EPS[dtype]


class Cube(torch.autograd.Function):
    """Σx³ with a derivative written by hand, which torch.func and batches of it refuse."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x**3).sum()

    @staticmethod
    def backward(ctx, weight):
        return weight * Square.apply(ctx.saved_tensors[0])


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 3 * x**2

    @staticmethod
    def backward(ctx, weight):
        return torch.tensor((weight * 6 * ctx.saved_tensors[0]).tolist(), dtype=weight.dtype)


def assigned(x):
    """Changes its own argument, and an array beside it, in place."""
    x[0] = 2 * x[0]
    y = torch.zeros(2, dtype=x.dtype)
    y[0], y[1] = x[0] * x[1], x[1]
    return (y**3).sum()


def branched(x):
    return (x**3).sum() if x[0] > 0 else -(x**3).sum()


X0, X1 = 0.4, 0.9
SECOND = [
    (Cube.apply, [[6 * X0, 0], [0, 6 * X1]]),
    (
        assigned,  # 8 x₀³ x₁³ + x₁³
        [[48 * X0 * X1**3, 72 * X0**2 * X1**2], [72 * X0**2 * X1**2, 48 * X0**3 * X1 + 6 * X1]],
    ),
    (branched, [[6 * X0, 0], [0, 6 * X1]]),
    (lambda x: 2 * x[0] - x[1], [[0, 0], [0, 0]]),
    (lambda x: x[0] ** 2 + x[1], [[2, 0], [0, 0]]),
]


@pytest.mark.parametrize(("fun", "expected"), SECOND)
def test_second_derivatives_of_functions_that_are_hard_to_follow(fun, expected):
    x = np.array([X0, X1])
    objective = make_objective(fun, Parameters.of(torch.tensor(x)))
    np.testing.assert_allclose(objective.hessian(x).toarray(), expected, rtol=1e-14, atol=0)


def test_autograd_may_be_switched_off_outside():
    def fun(x):
        return ((x - 1) ** 2).sum()

    for context in (torch.no_grad, torch.inference_mode):
        with context():
            assert ex.minimize(fun, torch.zeros(2)).success


def test_a_function_may_differentiate_inside():
    def fun(x):
        y = x.clone() if x.requires_grad else x.clone().requires_grad_()
        (slope,) = torch.autograd.grad((y**3).sum() / 3, y, create_graph=True)
        return ((slope - 4) ** 2).sum()  # slope = y²

    result = ex.minimize(fun, torch.tensor([1.0, 3.0], dtype=DOUBLE))
    assert torch.allclose(result.x, torch.full((2,), 2.0, dtype=DOUBLE))


def test_the_users_own_derivatives_take_and_return_tensors():
    seen = []

    def fun(x, a):
        return (a * (x - 1) ** 4).sum()

    def jac(x, a):
        seen.append(x)
        return 4 * a * (x - 1) ** 3

    def hess(x, a):
        seen.append(x)
        return torch.diag(12 * a * (x - 1) ** 2)

    def hessp(x, v, a):
        seen.extend((x, v))
        return 12 * a * (x - 1) ** 2 * v

    a = torch.tensor([1.0, 2.0], dtype=DOUBLE)
    start = torch.tensor([2.0, 3.0], dtype=DOUBLE)
    exact = ex.minimize(fun, start, (a,), maxiter=5).x
    ways = [{"jac": jac}, {"jac": jac, "hess": hess}, {"jac": jac, "hessp": hessp}]
    for given in ways:
        result = ex.minimize(fun, start, (a,), maxiter=5, **given)
        assert torch.allclose(result.x, exact, rtol=1e-12)
        assert "the user's jac" in result.source
    assert all(isinstance(x, torch.Tensor) and x.dtype == DOUBLE for x in seen)
    pair = ex.minimize(lambda x, a: (fun(x, a), jac(x, a)), start, (a,), jac=True, maxiter=5)
    assert torch.allclose(pair.x, exact, rtol=1e-12)


@both
@pytest.mark.parametrize("jac", ["2-point", "3-point", "cs"])
def test_differences_have_steps_for_the_dtype(jac, dtype):
    def fun(x):
        return torch.exp(x).sum() - 2 * x.sum() + x[0] * x[1]

    exact = ex.minimize(fun, torch.zeros(2, dtype=DOUBLE)).x
    result = ex.minimize(fun, torch.zeros(2, dtype=dtype), jac=jac)
    assert result.success
    error = float(torch.linalg.vector_norm(result.x.double() - exact))
    # The exact one is itself known to 1e-11 only.
    assert error <= result.certificate.radius + 1e-11 <= 5 * EPS[dtype] ** 0.5


@both
def test_check_derivatives(dtype):
    x = torch.tensor([0.3, -0.7], dtype=dtype)
    assert ex.check_derivatives(valley, x)

    def wrong(x):
        return torch.stack([400 * x[0] * (x[0] ** 2 - x[1]), 200 * (x[1] - x[0] ** 2)])

    check = ex.check_derivatives(valley, x, jac=wrong)
    assert not check
    assert "component 0" in check.message


# 32 bits


def root_of_the_textbook_case():
    return brentq(lambda x: np.exp(x - np.sqrt(x)) * (1 - 0.5 / np.sqrt(x)) - 1, 1, 3, xtol=1e-15)


ROOT = root_of_the_textbook_case()
BOTTOMS = [
    (lambda x: valley(x), [-1.2, 1.0], [0.7, 0.49]),
    (lambda x: valley(x, 1.3) + 5, [-1.2, 1.0], [1.3, 1.69]),
    (lambda x: (torch.exp(x - torch.sqrt(x)) - x).sum(), [1.3], [ROOT]),
    (lambda x: 1e6 + ((x - 1.1) ** 2).sum(), [0.3, 0.1], [1.1, 1.1]),
    (lambda x: 1e4 * (x[0] - 1.1) ** 2 + 1e-2 * (x[1] - 0.7) ** 2, [0.3, 0.1], [1.1, 0.7]),
]


@pytest.mark.parametrize(("fun", "start", "bottom"), BOTTOMS)
def test_a_run_in_32_bits_ends_well_and_its_error_bar_holds(fun, start, bottom):
    result = ex.minimize(fun, torch.tensor(start))
    assert result.reason in ENDED_WELL
    assert result.certificate.verdict is Verdict.MINIMUM
    error = np.linalg.norm(result.x.numpy().astype(float) - bottom)
    spacing = EPS[SINGLE] * np.linalg.norm(bottom)
    assert error <= result.certificate.radius
    assert spacing <= result.certificate.radius <= 0.01
    assert error <= 4 * spacing
    assert "rounding errors are those of torch.float32" in result.notes


def test_in_32_bits_the_default_tolerance_is_below_rounding_and_the_run_says_so():
    result = ex.minimize(lambda x: chain(x) + (x * 0.3).sum(), torch.full((50,), 0.3))
    assert result.success
    assert result.reason is Reason.ROUNDING_FLOOR
    assert result.certificate.gradient_norm > 1e-8


@pytest.mark.parametrize("method", ["trust-region", "newton", "bfgs", "l-bfgs", "newton-cg"])
def test_in_32_bits_no_method_lingers_at_the_rounding_floor(method):
    result = ex.minimize(lambda x: valley(x, 1.3) + 5, torch.tensor([-1.2, 1.0]), method=method)
    assert result.success
    assert result.certificate.verdict is Verdict.MINIMUM
    evaluations = result.trace["nfev"]
    assert result.nfev - evaluations[-1] <= 15
    assert np.diff(evaluations).max() <= 15


def test_many_variables_go_by_products():
    bottom = torch.linspace(-1, 1, 1500)
    result = ex.minimize(lambda x: ((x - bottom) ** 2 + (x - bottom) ** 4).sum(), 0 * bottom)
    assert result.success
    assert result.structure == "operator"
    assert result.method.startswith("TrustRegion")
    assert result.nhev == 0 < result.nhvp
    assert result.certificate.verdict is Verdict.MINIMUM
    error = float(torch.linalg.vector_norm(result.x - bottom))
    assert error <= result.certificate.radius


@pytest.mark.parametrize(
    ("fun", "start", "verdict", "is_minimum"),
    [
        (lambda x: (x**4).sum(), [1.0, 2.0], Verdict.DEGENERATE, True),
        (lambda x: (x.sum() - 1) ** 2, [0.3, 0.1, 0.2], Verdict.DEGENERATE, True),
        (lambda x: torch.exp(-x).sum(), [1.0], Verdict.RECEDING, False),
        (lambda x: x[0] - (x**2).sum(), [1.0], Verdict.UNBOUNDED, False),
    ],
)
def test_other_verdicts_in_32_bits(fun, start, verdict, is_minimum):
    certificate = ex.minimize(fun, torch.tensor(start)).certificate
    assert certificate.verdict is verdict
    assert certificate.is_minimum is is_minimum


@both
def test_saddles_are_left_by_minimize_and_found_by_stationary(dtype):
    def fun(x):
        return x[0] ** 2 - x[1] ** 2 + x[1] ** 4 / 4 + 0.1 * torch.sin(x[0])

    start = torch.tensor([0.1, 0.0], dtype=dtype)
    found = ex.stationary(fun, start)
    assert found.success
    assert found.certificate.verdict is Verdict.SADDLE
    assert ex.certify(fun, found.x).verdict is Verdict.SADDLE
    lower = ex.minimize(fun, start)
    assert lower.certificate.verdict is Verdict.MINIMUM
    assert abs(lower.x[1].item()) == pytest.approx(2**0.5, rel=10 * EPS[dtype] ** 0.75)


def test_a_point_that_is_not_stationary_is_not_called_so():
    certificate = ex.certify(valley, torch.tensor([0.7, 0.6]))
    assert certificate.verdict is Verdict.NOT_STATIONARY


@pytest.mark.parametrize("start", [[0.4], [0.4, -0.2]])
def test_pictures(start):
    result = ex.minimize(lambda x: torch.cosh(x - 1).sum(), torch.tensor(start))
    axes = result.plot()
    assert axes.has_data()


# Nothing of the user's is changed


def test_the_start_and_what_is_captured_stay_as_they_were():
    captured = torch.tensor([1.0, 2.0], requires_grad=True)
    start = torch.zeros(2, requires_grad=True)

    def fun(x):
        x *= 2
        return ((x - captured) ** 2).sum()

    result = ex.minimize(fun, start)
    assert torch.allclose(result.x, captured.detach() / 2)
    assert start.grad is None
    assert captured.grad is None
    assert start.requires_grad
    assert not start.detach().any()


def logistic_data(dtype):
    rng = np.random.default_rng(3)
    features = rng.normal(size=(80, 3))
    labels = (features @ [1.0, -2.0, 0.5] + rng.logistic(size=80) > 0.3).astype(float)
    return features, labels, torch.tensor(features, dtype=dtype), torch.tensor(labels, dtype=dtype)


def logistic_by_hand(features, labels):
    """The coefficients by Newton's method in NumPy, the intercept last."""
    design = np.column_stack([features, np.ones(len(features))])
    theta = np.zeros(4)
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ theta))
        hessian = design.T @ (design * (p * (1 - p))[:, None])
        theta -= np.linalg.solve(hessian, design.T @ (p - labels))
    return theta


@both
def test_logistic_regression_by_a_module(dtype):
    features, labels, x, y = logistic_data(dtype)
    module = torch.nn.Linear(3, 1).to(dtype)
    before = copy.deepcopy(module.state_dict())

    def loss(module):
        return torch.nn.functional.binary_cross_entropy_with_logits(module(x)[:, 0], y)

    result = ex.minimize(loss, module)
    assert result.success
    assert list(result.x) == ["weight", "bias"]
    assert result.x["weight"].shape == (1, 3)
    found = np.concatenate([result.x[name].numpy().ravel() for name in ("weight", "bias")])
    error = np.linalg.norm(found - logistic_by_hand(features, labels))
    assert error <= result.certificate.radius <= 1e3 * EPS[dtype] ** 0.6
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert all(parameter.grad is None for parameter in module.parameters())
    module.load_state_dict(result.x, strict=False)
    assert loss(module).item() == pytest.approx(result.fun)
    assert ex.certify(loss, module).verdict is Verdict.MINIMUM


def test_frozen_parameters_and_buffers_stay():
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)).double()
    module[0].weight.requires_grad_(False)
    before = copy.deepcopy(module.state_dict())
    x = torch.linspace(-1, 1, 12, dtype=DOUBLE).reshape(6, 2) ** 3

    def loss(module):
        return ((module(x) - 1) ** 2).mean() + 0.1 * (module[0].bias ** 2).sum()

    result = ex.minimize(loss, module)
    assert set(result.x) == {"0.bias", "1.weight", "1.bias"}
    assert all(torch.equal(t, before[name]) for name, t in module.state_dict().items())
    assert torch.allclose(result.x["1.bias"], torch.ones(2, dtype=DOUBLE))


def test_tied_parameters_are_one():
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.nn.Linear(1, 1, bias=False).double()
            self.b = torch.nn.Linear(1, 1, bias=False).double()
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(self.a(x))

    module = Tied()
    with torch.no_grad():
        module.a.weight.fill_(0.5)
    x = ex.minimize(lambda m: (m(torch.ones(1, 1, dtype=DOUBLE)) - 4).square().sum(), module).x
    assert list(x) == ["a.weight"]
    assert x["a.weight"].item() == pytest.approx(2)


# What is refused


MODULE = torch.nn.Linear(1, 1)
REFUSED_RESULTS = [
    (lambda x: x**2, r"a tensor of shape \(2,\).*torch\.sum"),
    (lambda x: x.sum().long(), r"dtype torch\.int64"),
    (lambda x: (x.detach() ** 2).sum(), "detached"),
    (lambda x: torch.tensor((x**2).sum().item()), "detached"),
    (lambda x: (x**2).sum().item(), "detached"),
    (lambda x: (x.numpy() ** 2).sum(), r"numpy\(\).*line \d+ of test_torch.py"),
    (lambda x: x.sum() * 1j, "complex"),
    (lambda x: (x**2).sum() + torch.rand(()), "not determined by its arguments"),
    (lambda x: (x**2).sum() + (x.detach() ** 3).sum(), "a derivative is lost"),
    (lambda x: None, "returned None"),
]


@both
@pytest.mark.parametrize(("fun", "words"), REFUSED_RESULTS)
def test_results_refused(fun, words, dtype):
    torch.manual_seed(0)
    with pytest.raises(InvalidInput, match=words):
        ex.minimize(fun, torch.tensor([0.8, 1.3], dtype=dtype))


def test_a_module_from_outside_is_not_the_one_that_is_varied():
    with pytest.raises(InvalidInput, match="a module from outside"):
        ex.minimize(lambda module: MODULE.weight.square().sum(), MODULE)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ((torch.zeros(2), torch.zeros(2, dtype=DOUBLE)), r"torch\.float32, torch\.float64"),
        ((torch.zeros(2), torch.zeros(2, device="meta")), r"devices \(cpu, meta\)"),
        ((torch.zeros(2), np.zeros(2)), "mixes tensors with ndarray"),
        ({"a": torch.zeros(2), "b": None}, "mixes tensors with NoneType"),
        (torch.zeros(2, dtype=torch.complex64), "complex"),
        (torch.zeros(2, dtype=torch.bfloat16), r"torch\.bfloat16"),
        (torch.zeros(0), "empty"),
        (torch.tensor([1.0, float("nan")]), "component 1 is nan"),
        (torch.nn.ReLU(), "no parameter that is trainable"),
    ],
)
def test_starts_refused(start, words):
    with pytest.raises(InvalidInput, match=words):
        ex.minimize(lambda x: x.sum(), start)


def test_whole_numbers_are_converted():
    result = ex.minimize(lambda x: ((x - 1.5) ** 2).sum(), torch.tensor([3, 4]))
    assert result.x.dtype == torch.get_default_dtype()
    assert "the start was converted from torch.int64 to torch.float32" in result.notes


def test_an_error_of_pytorch_says_where_it_arose():
    data = torch.ones(2, dtype=DOUBLE)
    with pytest.raises(RuntimeError, match="same dtype") as raised:
        ex.minimize(lambda x: x @ data, torch.ones(2))
    assert any("at x = [1, 1]" in note for note in raised.value.__notes__)


# PyTorch is optional

WITHOUT = """
import sys
{before}
import numpy as np
import extremum as ex
assert ex.minimize(lambda x: np.sum((x - 1) ** 2), [0.0, 3.0]).success
assert ex.minimize(lambda p: (p["a"] - 1) ** 2, {{"a": 0.0}}).success
assert sys.modules.get("torch") is None
assert "extremum.objective.torch" not in sys.modules
"""


@pytest.mark.parametrize("before", ["", "sys.modules['torch'] = None"])
def test_pytorch_is_imported_by_nobody_but_the_user(before):
    subprocess.run([sys.executable, "-c", WITHOUT.format(before=before)], check=True)


def test_the_names_of_the_dtypes_are_numpys():
    for dtype, shape in itertools.product((SINGLE, DOUBLE), ((), (2, 2))):
        parameters = Parameters.of(torch.ones(shape, dtype=dtype))
        assert parameters.eps == EPS[dtype]
        assert parameters.restore(parameters.start).dtype == dtype
