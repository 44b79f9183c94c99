"""Functions of PyTorch's tensors: parameters as tensors or a module's, derivatives by autograd.

Only who hands in a tensor has PyTorch, so this file is imported when one is met, and not before.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import numpy as np
import torch
from numpy.typing import NDArray

from extremum.objective.agreement import check_agreement, lost_slope, near
from extremum.objective.counts import Counts
from extremum.objective.function import PlainFunction
from extremum.objective.parameters import Parameters, Vector, as_vector
from extremum.objective.refusals import reason
from extremum.outcomes import InvalidInput, Untraceable

PRECISIONS = (torch.float32, torch.float64)
"""What a function may compute in; three digits (float16, bfloat16) are too few for a verdict."""


def has_tensors(start: Any) -> bool:
    """Whether a start is a module, a tensor, or a pytree with a tensor in it."""
    kinds = torch.Tensor | torch.nn.Module
    return any(isinstance(leaf, kinds) for leaf in jax.tree_util.tree_leaves(start))


@dataclass(frozen=True)
class TensorParameters(Parameters):
    """Tensors, of one dtype on one device, as one vector.

    Attributes
    ----------
    device : torch.device
    stand_in : torch.nn.Module or None
        Where the start was a module: a copy of it, which functions are called with.
    """

    library: ClassVar[str] = "torch"
    device: Any = field(kw_only=True)
    stand_in: Any = field(default=None, kw_only=True, repr=False)

    @classmethod
    def of(cls, start: Any, name: str = "start") -> TensorParameters:
        """Read a start of tensors.

        Parameters
        ----------
        start : tensor, pytree of tensors, or module
            Of a module, the parameters that are trainable (`requires_grad`).
        name : str
            What errors call it.

        Raises
        ------
        InvalidInput
            If dtypes or devices differ, or a part of it is not real, not finite, or no tensor.
        """
        stand_in = None
        if isinstance(start, torch.nn.Module):
            stand_in = copy.deepcopy(start)
            named = stand_in.named_parameters()
            start = OrderedDict((key, tensor) for key, tensor in named if tensor.requires_grad)
        leaves, tree = jax.tree_util.tree_flatten(start, is_leaf=lambda node: node is None)
        if not leaves:
            raise InvalidInput("The module has no parameter that is trainable (requires_grad).")
        others = {type(leaf).__name__ for leaf in leaves if not isinstance(leaf, torch.Tensor)}
        if others:
            raise InvalidInput(
                f"The {name} mixes tensors with {', '.join(sorted(others))}; give tensors only."
            )
        given = _one_of({leaf.dtype for leaf in leaves}, name, "dtypes", "x.double()")
        device = _one_of({leaf.device for leaf in leaves}, name, "devices", "x.to(device)")
        if given.is_complex:
            raise InvalidInput(
                f"The {name} is complex. Minimize over its real and imaginary parts: start from "
                "torch.view_as_real(z), and put z = torch.view_as_complex(x) inside the function."
            )
        dtype = given if given.is_floating_point else torch.get_default_dtype()
        if dtype not in PRECISIONS:
            raise InvalidInput(
                f"The {name} has the dtype {dtype}; torch.float32 or torch.float64 is needed."
            )
        notes = () if dtype == given else (f"the {name} was converted from {given} to {dtype}",)
        return cls(
            as_vector((_to_numpy(leaf.to(dtype)) for leaf in leaves), name),
            notes,
            tuple(tuple(leaf.shape) for leaf in leaves),
            tree,
            dtype=np.dtype(str(dtype).removeprefix("torch.")),
            device=device,
            stand_in=stand_in,
        )

    def tensor(self, vector: Vector, **options: Any) -> Any:
        """A vector as a new tensor of shape (n,), in the parameters' dtype and device."""
        dtype = getattr(torch, self.dtype.name)
        if np.iscomplexobj(vector):  # for the complex step
            dtype = dtype.to_complex()
        return torch.tensor(vector, dtype=dtype, device=self.device, **options)

    def restore(self, vector: Vector) -> Any:
        """Give a vector of shape (n,) the structure that the user gave the start.

        Of a module it is the dict of its parameters, by name.
        """
        return self.rebuild(self.tensor(vector), torch.clone)

    def apply(self, fun: Callable[..., Any], x: Any, *args: Any) -> Any:
        """Call a function with tensors, or with the module that has them as its parameters."""
        if self.stand_in is None:
            return fun(x, *args)
        named = {f"module.{name}": tensor for name, tensor in x.items()}
        return torch.func.functional_call(_Holder(self.stand_in), named, (fun, *args))

    def as_array(self, value: Any) -> NDArray[Any]:
        """What a function of the user's returns, as NumPy's array."""
        return _to_numpy(value) if isinstance(value, torch.Tensor) else np.asarray(value)


class _Holder(torch.nn.Module):  # type: ignore[misc]
    """A module inside another, whose call hands it to a function: `functional_call` wants that."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, fun: Callable[..., Any], *args: Any) -> Any:
        return fun(self.module, *args)


@dataclass(frozen=True)
class TorchDerivatives:
    """Gradient, Hessian and its products by autograd: once backward, and backward again.

    The graph is built anew at every point, so functions that branch on values need no care.
    """

    plain: PlainFunction
    parameters: TensorParameters
    name: str
    notes: tuple[str, ...]
    exact: bool = True

    @classmethod
    def of(cls, plain: PlainFunction, x: Vector) -> TorchDerivatives:
        """Differentiate a function of tensors twice at `x`, and check what was found.

        Raises
        ------
        Untraceable
            If autograd can't, or its slope is not the function's; the message says why.
        """
        parameters = plain.parameters
        assert isinstance(parameters, TensorParameters)
        dtype = parameters.dtype.name
        notes = (f"rounding errors are those of torch.{dtype}",) if dtype != "float64" else ()
        found = cls(plain, parameters, f"exact (PyTorch, torch.{dtype})", notes)
        try:
            why = found._unrelated(x)
            if why is None:
                found.hessian_vector(x, np.ones_like(x), Counts())
                why = check_agreement(found, plain, x, x, near(x)) or lost_slope(found, plain, x)
        except Exception as error:
            why = reason(error, [])
        if why is not None:
            raise Untraceable(why)
        return found

    def value(self, x: Vector, counts: Counts) -> float:
        """φ at x."""
        return self.plain.value(x, counts)

    def value_and_gradient(self, x: Vector, counts: Counts) -> tuple[float, Vector]:
        """φ and ∇φ at x."""
        counts.nfev += 1
        counts.njev += 1
        with self._graph(x) as (at, value):
            gradient = _derivative(value, at, torch.ones_like(value))
        return self.plain.number(value), _to_numpy(gradient).astype(np.float64)

    def hessian(self, x: Vector, counts: Counts) -> Vector:
        """∇²φ at x, of shape (n, n): all its rows by one batch where the operations allow it."""
        counts.nhev += 1
        with self._graph(x) as (at, value):
            gradient = _derivative(value, at, torch.ones_like(value), create_graph=True)
            unit = torch.eye(x.size, dtype=at.dtype, device=at.device)
            keep = {"retain_graph": True}
            try:
                rows = _derivative(gradient, at, unit, is_grads_batched=True, **keep)
            except RuntimeError:  # an operation that can't be batched
                rows = torch.stack([_derivative(gradient, at, e, **keep) for e in unit])
        return _to_numpy(rows).astype(np.float64)

    def hessian_vector(self, x: Vector, v: Vector, counts: Counts) -> Vector:
        """∇²φ·v at x."""
        counts.nhvp += 1
        with self._graph(x) as (at, value):
            gradient = _derivative(value, at, torch.ones_like(value), create_graph=True)
            product = _derivative(gradient, at, self.parameters.tensor(v))
        return _to_numpy(product).astype(np.float64)

    def followed_value(self, x: Vector) -> float:
        """φ at x, uncounted."""
        return self.value_and_gradient(x, Counts())[0]

    def followed_gradient(self, x: Vector) -> Vector:
        """∇φ at x, uncounted."""
        return self.value_and_gradient(x, Counts())[1]

    @contextmanager
    def _graph(self, x: Vector) -> Iterator[tuple[Any, Any]]:
        """The argument and the value, a tensor of shape (), joined by autograd's graph."""
        plain, parameters = self.plain, self.parameters
        # Whoever calls may have switched autograd off.
        with torch.inference_mode(False), torch.enable_grad(), plain.noting(x):
            at = parameters.tensor(x, requires_grad=True)
            # Copies, for the function may change its argument in place, and `at` is a leaf.
            argument = parameters.rebuild(at, torch.clone)
            result = parameters.apply(plain.fun, argument, *plain.args)
            value = result[0] if plain.with_gradient else result
            yield at, torch.as_tensor(value).reshape(())

    def _unrelated(self, x: Vector) -> str | None:
        """The sentence that says why the value has no derivative; None where it has one."""
        with self._graph(x) as (at, value):
            if not value.is_floating_point():
                return f"it returns a number of dtype {value.dtype}"
            if value.requires_grad:
                (found,) = torch.autograd.grad(value, at, allow_unused=True)
                if found is not None:
                    return None
        return (
            "what it returns is detached from its argument (.detach(), .item(), .numpy(), "
            "torch.tensor(...) or torch.no_grad() on the way, or a module from outside)"
        )


def _derivative(outputs: Any, at: Any, weights: Any, **options: Any) -> Any:
    """The gradient of weights·outputs; zero where the outputs don't depend on `at`."""
    found = None
    if outputs.requires_grad:
        (found,) = torch.autograd.grad(outputs, at, weights, allow_unused=True, **options)
    if found is not None:
        return found
    return torch.zeros_like(weights if outputs.ndim else at)


def _to_numpy(tensor: Any) -> NDArray[Any]:
    array: NDArray[Any] = tensor.detach().cpu().numpy()
    return array


def _one_of(found: set[Any], name: str, what: str, remedy: str) -> Any:
    if len(found) > 1:
        names = ", ".join(sorted(map(str, found)))
        raise InvalidInput(
            f"The {name} has tensors of different {what} ({names}); make them one, as by {remedy}."
        )
    return found.pop()
