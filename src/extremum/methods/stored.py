"""A state as plain data and arrays, and back: what a checkpoint holds of a method."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from extremum.methods.conjugate_gradient import LastDirection
from extremum.methods.lbfgs import Pair
from extremum.methods.method import State
from extremum.methods.newton_cg import LastForcing
from extremum.methods.scalar import BracketState
from extremum.methods.steps import Recent
from extremum.methods.trust_region import TrustRegionState
from extremum.objective import Objective, Vector
from extremum.outcomes import InvalidInput

RECORDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        State,
        TrustRegionState,
        BracketState,
        Pair,
        LastDirection,
        LastForcing,
        Recent,
    )
}
"""What a state is made of, besides numbers, texts, tuples and arrays. Nothing else is ever made of
what a file says."""


def pack(state: State, arrays: list[Vector]) -> Any:
    """A state as what JSON knows; its arrays are appended to a list.

    A Hessian is left out: it is a function of x.

    Raises
    ------
    InvalidInput
        If the state holds something that is no number, text, array, tuple or record.
    """
    if isinstance(state, TrustRegionState) and state.hessian is not None:
        return {"hessian": None, **_packed(replace(state, hessian=None), arrays)}
    packed: dict[str, Any] = _packed(state, arrays)
    return packed


def unpack(data: Any, arrays: list[Vector], objective: Objective) -> State:
    """The state that was packed.

    Raises
    ------
    ValueError, TypeError, KeyError, IndexError
        If the data is none that `pack` makes.
    """
    with_hessian = "hessian" in data
    state = _unpacked({name: data[name] for name in data if name != "hessian"}, arrays)
    if not (isinstance(state, State) and state.x.shape == state.gradient.shape):
        raise ValueError("what is stored is not a state")
    if with_hessian:
        if not isinstance(state, TrustRegionState):
            raise ValueError("a Hessian belongs to a trust region")
        # By the same call that made it, so that it is the same to the last bit.
        return replace(state, hessian=objective.value_gradient_hessian(state.x)[2])
    return state


def _packed(value: Any, arrays: list[Vector]) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        arrays.append(value)
        return {"array": len(arrays) - 1}
    kind = type(value)
    if RECORDS.get(kind.__name__) is kind:
        names = [f.name for f in fields(value)] if is_dataclass(value) else value._fields
        return {kind.__name__: [_packed(getattr(value, name), arrays) for name in names]}
    if kind is tuple:
        return [_packed(item, arrays) for item in value]
    raise InvalidInput(
        f"A {kind.__name__} in a method's state can't be stored in a checkpoint: keep numbers, "
        "texts, arrays and tuples of them in `memory`, or leave checkpoint= out."
    )


def _unpacked(data: Any, arrays: list[Vector]) -> Any:
    if isinstance(data, list):
        return tuple(_unpacked(item, arrays) for item in data)
    if not isinstance(data, dict):
        return data
    ((name, content),) = data.items()
    if name == "array":
        return arrays[content]
    record = RECORDS[name](*(_unpacked(item, arrays) for item in content))
    for field, kind in get_type_hints(type(record)).items():
        if not _fits(getattr(record, field), kind):
            raise ValueError(f"{field} of a {name} is {getattr(record, field)!r}")
    return record


def _fits(value: object, kind: Any) -> bool:
    """Whether a field may have this value."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if origin is tuple:  # of any number of a kind
        item = get_args(kind)[0]
        return isinstance(value, tuple) and all(_fits(part, item) for part in value)
    if origin is np.ndarray:
        return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == np.float64
    if kind is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    return kind is Any or (kind in (bool, int, str, NoneType) and isinstance(value, kind))
