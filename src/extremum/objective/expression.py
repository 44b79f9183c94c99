"""Formulas typed by a user, read by a whitelist and never evaluated as code.

Three gates stand one behind the other. The *scanner* admits only known names, decimal numbers and
operators, all ASCII, so no keyword, string or attribute reaches Python's parser. `ast.parse` then
builds a tree and runs nothing. The *compiler* turns the few kinds of node that it knows into
nested closures over NumPy functions, and refuses every other.
"""

import ast
import functools
import importlib
import keyword
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from extremum.outcomes import ExpressionError

MAX_LENGTH = 10_000  # characters: bounds the work of every gate
MAX_DEPTH = 100  # nested calls, signs, powers and groups; a long sum or product counts once
MAX_INDEX = 9_999
MAX_INTEGER_EXPONENT = 64  # integer exponents up to here stay integers: exact, and smooth at 0

Function = Callable[..., Any]
Node = float | bool | Function  # a folded constant, or a function of the point

_CONVERTIBLE = (np.ndarray, np.generic, list, tuple, int, float)  # other points dispatch
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_REDUCTIONS = {"sum", "prod", "mean", "dot", "norm"}
_SPECIAL = {"erf", "expit", "gamma", "gammaln"}
_NAMES = """
    sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh exp expm1 exp2
    log log1p log2 log10 sqrt cbrt sign floor ceil hypot minimum maximum where sum prod mean dot
"""
_NUMPY: dict[str, Function] = {name: getattr(np, name) for name in _NAMES.split()}
_NUMPY |= {f"a{name[3:]}": _NUMPY[name] for name in _NUMPY if name.startswith("arc")}
_NUMPY |= {"abs": np.absolute, "min": np.minimum, "max": np.maximum, "norm": np.linalg.norm}
_FUNCTIONS = _NUMPY.keys() | _SPECIAL
_ARITY = {"where": (3, 3)} | dict.fromkeys(["arctan2", "atan2", "hypot", "dot"], (2, 2))
_ARITY |= dict.fromkeys(["min", "minimum", "max", "maximum"], (2, MAX_LENGTH))

_OPERATORS: dict[type[ast.AST], Function] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

_TOKEN = re.compile(
    r"""(?P<space>[ ]+)
    | (?P<name>[A-Za-z_]\w*(?:[ ]*\.[ ]*\w+)*)      # with its attributes, to refuse them whole
    | (?P<number>\.?\d(?:[eE][+-]|[\w.])*)          # generous: 2x0 is one bad number
    | (?P<operator>\*\*|//|[<>=!]=|[-+*/%()\[\],:<>])
    | (?P<other>.)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_VARIABLE = re.compile(r"x(0|[1-9]\d*)", re.ASCII)

_HINTS = {  # what people type -> the rest of a sentence that begins with it
    "^": "is not the power operator: use ** for powers.",
    "=": "is not a comparison: use ==, <, <=, > or >= inside where(condition, a, b).",
    "@": "is not part of a formula: use dot(a, b) for the product of two vectors.",
    "!": "is not part of a formula: use gamma(n + 1) for the factorial of n.",
    "ln": "is not a known name: use log, the natural logarithm.",
    "pow": "is not a known name: use ** for powers.",
}
_HINTS |= dict.fromkeys(["inf", "nan"], "is not allowed: write a finite number.")
_HINTS |= dict.fromkeys(["if", "else"], "is not part of a formula: use where(condition, a, b).")
_HINTS |= dict.fromkeys(
    ["and", "or", "not", "&", "|", "~"],
    "is not part of a formula: chain comparisons, as in where(0 < x < 1, a, b), or nest where.",
)


@dataclass(frozen=True)
class Expression:
    """A formula that `parse_expression` has read: call it at a point.

    Attributes
    ----------
    text : str
        The formula, without surrounding blanks.
    variables : tuple of str
        ``("x",)``, or ``("x0", "x1", ...)`` without gaps up to the highest index used.
    """

    __name__ = "the expression"

    text: str
    variables: tuple[str, ...]
    _evaluate: Function = field(repr=False, compare=False)
    _length: int = field(repr=False, compare=False)  # of the shortest point that has what is used
    _elementwise: bool = field(repr=False, compare=False)  # in x, nothing reduced or indexed

    @property
    def dimension(self) -> int | None:
        """Number of variables; None for a formula in ``x``, which may be any vector."""
        return None if self.variables == ("x",) else len(self.variables)

    def __call__(self, x: Any) -> Any:
        """Evaluate at a point.

        Parameters
        ----------
        x : array_like of shape (n,)
            Also any object that speaks NumPy's dispatch protocols. Further axes are carried along
            by a formula in ``x0, x1, ...``; an elementwise formula in ``x`` takes any shape.

        Returns
        -------
        scalar
            Or an array, where `x` has further axes or a formula in ``x`` does not reduce them.

        Raises
        ------
        ExpressionError
            If `x` doesn't have the components that the formula uses.
        """
        return self._at(x, self._evaluate)

    def _at(self, x: Any, evaluate: Function) -> Any:
        if isinstance(x, _CONVERTIBLE):
            x = np.asanyarray(x)
            if x.dtype.kind in "biu":  # NumPy refuses negative powers of integers
                x = x.astype(np.float64)
        shape = getattr(x, "shape", None)
        if shape == () and not self._elementwise:
            x, shape = np.reshape(x, (1,)), (1,)
        # Checked here, because JAX would clamp an index out of range to the last component.
        if shape and (shape[0] < self._length or self.dimension not in (None, shape[0])):
            wanted = f"{'' if self.dimension else 'at least '}{self._length}"
            raise ExpressionError(
                f"{_short(self.text)!r} needs {wanted} component(s) and the point has {shape[0]}: "
                "give as many numbers as the formula has variables."
            )
        value = evaluate(x[0] if self._elementwise and shape == (1,) else x)
        if shape == (1,) == getattr(value, "shape", None):
            value = value[0]
        return value[()] if type(value) is np.ndarray else value  # np.where makes 0-d arrays

    def __reduce__(self) -> tuple[Any, ...]:
        return parse_expression, (self.text,)  # closures don't pickle; the text does


@dataclass(frozen=True)
class TimedExpression:
    """A formula in ``t`` too, that `parse_potential` has read: call it at a time and a point.

    Attributes
    ----------
    of_point : Expression
        The formula; its closures take (t, x).
    """

    __name__ = "the expression"

    of_point: Expression

    def __call__(self, t: Any, x: Any) -> Any:
        """Evaluate at a time and a point, as `Expression` does at a point."""
        evaluate = self.of_point._evaluate
        return self.of_point._at(x, lambda x: evaluate((t, x)))

    def __reduce__(self) -> tuple[Any, ...]:
        return parse_potential, (self.of_point.text,)


def parse_potential(text: str) -> Expression | TimedExpression:
    """Read a formula as `parse_expression` does, in which ``t`` may occur too.

    Returns
    -------
    Expression
        Where it doesn't; else a TimedExpression.

    Raises
    ------
    ExpressionError

    Examples
    --------
    >>> driven = parse_potential("x**2 / 2 - x * cos(2*t)")
    >>> float(driven(0.0, 2.0))
    0.0
    """
    expression, timed = _parsed(text, with_time=True)
    return TimedExpression(expression) if timed else expression


def parse_expression(text: str) -> Expression:
    """Read a formula in ``x``, or in ``x0, x1, ...``.

    Parameters
    ----------
    text : str
        Numbers, ``+ - * / // % **``, parentheses, ``pi``, ``e``, ``tau``, NumPy's elementary
        functions, ``erf expit gamma gammaln``, and ``where(x0 < 1, a, b)``. A formula in ``x`` may
        also use ``sum prod mean dot norm`` and constant subscripts: ``x[0]``, ``x[1:]``.

    Returns
    -------
    Expression

    Raises
    ------
    ExpressionError
        Whatever is wrong with the text; the message names the part and what to try instead.

    Examples
    --------
    >>> phi = parse_expression("x0**2 - 2*x0 + x1**4 - 2*x1**2 + x1")
    >>> phi.variables
    ('x0', 'x1')
    >>> float(phi([1.0, -1.0]))
    -3.0
    """
    return _parsed(text, with_time=False)[0]


def _parsed(text: str, with_time: bool) -> tuple[Expression, bool]:
    """The formula, and whether ``t`` occurs in it."""
    if len(text) > MAX_LENGTH:
        raise _refusal(text, 0, len(text), f"has more than {MAX_LENGTH} characters: shorten it.")
    text = re.sub(r"[\t\r\n]", " ", text).strip()
    names = _scan(text, {"t"} if with_time else set())
    timed = with_time and "t" in names
    indices = [int(match[1]) for match in map(_VARIABLE.fullmatch, names) if match]
    compiler = _Compiler(text, dimension=max(indices, default=-1) + 1, timed=timed)
    try:
        evaluate = compiler.compile(ast.parse(text, mode="eval").body)
    except ExpressionError:
        raise
    except SyntaxError as error:
        start = (error.offset or 0) - 1
        start = start if 0 <= start < len(text) else len(text) - 1  # where the text breaks off
        advice = f"can't be read ({error.msg}): check the operators and brackets there."
        raise _refusal(text, start, len(text), advice) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise _refusal(text, 0, len(text), "is too long or too deeply nested: split it.") from None
    if not callable(evaluate):
        raise _refusal(text, 0, len(text), "has no variable: use x, or x0, x1, ...")
    elementwise = not indices and "[" not in text and not names & _REDUCTIONS
    variables = tuple(f"x{i}" for i in range(compiler.dimension)) or ("x",)
    return Expression(text, variables, evaluate, compiler.length, elementwise), timed


def _short(part: str) -> str:
    return part if len(part) <= 40 else part[:37] + "..."


def _refusal(text: str, start: int, end: int, advice: str) -> ExpressionError:
    return ExpressionError(f"{_short(text[start:end])!r} (column {start + 1}) {advice}")


def _scan(text: str, also: set[str]) -> set[str]:
    """Refuse every token that is not whitelisted, or among `also`; return the names used."""
    if not text:
        raise _refusal(text, 0, 0, "is empty: write a formula, for example x0**2 + x1**2.")
    names: set[str] = set()
    first_variable = ""
    for match in _TOKEN.finditer(text):
        token, advice = match.group(), None
        match match.lastgroup:
            case "name":
                names.add(token)
                advice = None if token in also else _objection(token)
                if advice is None and (token == "x" or _VARIABLE.fullmatch(token)):
                    first_variable = first_variable or token
                    if (token == "x") != (first_variable == "x"):
                        advice = f"is mixed with {first_variable}: use x and x[0], or x0, x1, ..."
            case "number" if not _NUMBER.fullmatch(token):
                advice = "is not a decimal number: write a product with *, as in 2*x."
            case "number" if not math.isfinite(float(token)):
                advice = "is too large: write a number below 1e308."
            case "other":
                advice = _HINTS.get(token, "is not part of a formula: remove it.")
        if advice is not None:
            raise _refusal(text, match.start(), match.end(), advice)
    return names


def _objection(name: str) -> str | None:
    if variable := _VARIABLE.fullmatch(name):
        # The length first: Python limits the digits that int() reads.
        if len(variable[1]) > 4 or int(variable[1]) > MAX_INDEX:
            return f"has too high an index: use x0 to x{MAX_INDEX}."
        return None
    if name == "x" or name in _FUNCTIONS or name in _CONSTANTS:
        return None
    if name in _HINTS:
        return _HINTS[name]
    if keyword.iskeyword(name):
        return "is a word of Python's that formulas don't have: remove it."
    if "." in name:
        last = name.rpartition(".")[2].strip()
        advice = f"write {last}(...)" if last in _FUNCTIONS else "write plain names"
        return f"is an attribute, which formulas don't have: {advice}."
    near = get_close_matches(name, sorted({*_FUNCTIONS, *_CONSTANTS, "x0", "x1"}), n=1)
    if near:
        return f"is not a known name: did you mean {near[0]}?"
    return "is not a known name: use x, or x0, x1, ..., and functions such as sin, exp, sqrt."


class _Compiler:
    """Turns the tree of one formula into nested closures; notes how long a point it needs."""

    def __init__(self, text: str, dimension: int, timed: bool) -> None:
        self.text = text
        self.timed = timed
        self.dimension = self.length = dimension  # 0 for a formula in x

    def refusal(self, node: ast.expr, advice: str) -> ExpressionError:
        # The text is ASCII here, so the tree's byte offsets are columns.
        return _refusal(self.text, node.col_offset, node.end_col_offset or 0, advice)

    def compile(self, node: ast.expr, depth: int = 0) -> Node:
        if depth > MAX_DEPTH:
            raise self.refusal(node, "is too deeply nested: split it.")
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id="x"):
                return self.of_point(lambda x: x)
            case ast.Name(id="t") if self.timed:
                return operator.itemgetter(0)
            case ast.Name(id=name) if name in _CONSTANTS:
                return _CONSTANTS[name]
            case ast.Name(id=name) if _VARIABLE.fullmatch(name):
                return self.of_point(operator.itemgetter(int(name[1:])))
            case ast.Name(id=name):
                raise self.refusal(node, f"is a function: call it, as in {name}(...).")
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
                return self.apply(node, _OPERATORS[type(sign)], self.compile(operand, depth + 1))
            case ast.BinOp(op=ast.Pow(), left=left, right=right):
                base, exponent = self.compile(left, depth + 1), self.compile(right, depth + 1)
                if isinstance(exponent, float) and abs(exponent) <= MAX_INTEGER_EXPONENT:
                    exponent = int(exponent) if exponent.is_integer() else exponent
                return self.apply(node, operator.pow, base, exponent)
            case ast.BinOp():
                return self.chain(node, depth)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return self.call(node, name, args, depth)
            case ast.Call():
                raise self.refusal(node, "is not a plain call: write name(a, b), or a product a*b.")
            case ast.Subscript(value=ast.Name(id="x"), slice=index):
                return self.of_point(operator.itemgetter(self.index(index)))
            case ast.Subscript():
                raise self.refusal(node, "can't be indexed: only x can, as in x[0] or x[1:].")
            case ast.Compare():
                raise self.refusal(node, "compares outside where: use where(condition, a, b).")
        raise self.refusal(node, "is not part of a formula: use numbers, names and operators.")

    def of_point(self, function: Function) -> Function:
        """A function of the point, as one of (t, x) where the formula has the time."""
        return (lambda event: function(event[1])) if self.timed else function

    def apply(self, node: ast.expr, function: Function, *arguments: Node) -> Node:
        """Compose a function with its arguments; fold it when all are constants."""
        if not any(callable(argument) for argument in arguments):
            # In NumPy's floats: Python's raise where these overflow or divide by zero, and
            # Python's integers would compute 9**9**9 for hours.
            numbers = [np.float64(a) if isinstance(a, float) else a for a in arguments]
            with np.errstate(all="ignore"):
                value = function(*numbers)
            if not np.isfinite(value):
                raise self.refusal(node, "is not a finite real number: check its constants.")
            constant: float | bool = value.item()
            return constant
        evaluators = [_evaluator(argument) for argument in arguments]
        match evaluators:  # the common cases without a list
            case [first]:
                return lambda x: function(first(x))
            case [first, second]:
                return lambda x: function(first(x), second(x))
        return lambda x: function(*[evaluate(x) for evaluate in evaluators])

    def chain(self, node: ast.expr, depth: int) -> Node:
        """Compile ``a + b - c ...`` to one loop, so that a long sum is not deeply nested."""
        links: list[ast.BinOp] = []
        while isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Pow):
            if type(node.op) not in _OPERATORS:
                raise self.refusal(node, "uses an unknown operator: use + - * / // % **.")
            links.append(node)
            node = node.left
        value = self.compile(node, depth + 1)
        rest: list[tuple[Function, Function]] = []
        for link in reversed(links):
            function, right = _OPERATORS[type(link.op)], self.compile(link.right, depth + 1)
            if len(links) == 1 or not (callable(value) or callable(right) or rest):
                value = self.apply(link, function, value, right)
            else:
                rest.append((function, _evaluator(right)))
        if not rest:
            return value
        first = _evaluator(value)

        def evaluate(x: Any) -> Any:
            total = first(x)
            for function, term in rest:
                total = function(total, term(x))
            return total

        return evaluate

    def call(self, node: ast.expr, name: str, args: list[ast.expr], depth: int) -> Node:
        fewest, most = _ARITY.get(name, (1, 1))
        if not fewest <= len(args) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} or more"
            raise self.refusal(node, f"has {len(args)} argument(s): {name} takes {wanted}.")
        if name in _REDUCTIONS and self.dimension:
            raise self.refusal(node, f"reduces a vector: write the formula in x, as in {name}(x).")
        if name == "where":
            branches = [self.compile(arg, depth + 1) for arg in args[1:]]
            return self.apply(node, np.where, self.condition(args[0], depth + 1), *branches)
        return self.apply(node, _function(name), *[self.compile(arg, depth + 1) for arg in args])

    def condition(self, node: ast.expr, depth: int) -> Node:
        if not isinstance(node, ast.Compare):
            raise self.refusal(node, "is not a condition: compare two values, as in x > 0.")
        comparisons = [_OPERATORS[type(op)] for op in node.ops]

        def chained(*values: Any) -> Any:
            links = zip(comparisons, values[:-1], values[1:], strict=True)
            return functools.reduce(np.logical_and, (op(a, b) for op, a, b in links))

        values = [self.compile(value, depth) for value in (node.left, *node.comparators)]
        return self.apply(node, chained, *values)

    def index(self, node: ast.expr) -> int | slice:
        source = self.text[node.col_offset : node.end_col_offset].replace(" ", "")
        if not re.fullmatch(r"-?\d{1,4}|(-?\d{1,4})?(:(-?\d{1,4})?){1,2}", source):
            raise self.refusal(node, f"is not an index: use whole numbers up to {MAX_INDEX}.")
        numbers = [int(part) if part else None for part in source.split(":")]
        if numbers[2:] == [0]:
            raise self.refusal(node, "has step 0: use another step.")
        if len(numbers) > 1:
            return slice(*numbers)
        index = int(source)
        self.length = max(self.length, index + 1 if index >= 0 else -index)
        return index


def _evaluator(node: Node) -> Function:
    return node if callable(node) else lambda x: node


def _function(name: str) -> Function:
    if name in _SPECIAL:  # scipy.special is slow to import: only for who uses it
        special: Function = getattr(importlib.import_module("scipy.special"), name)
        return special
    function = _NUMPY[name]
    if _ARITY.get(name, (1, 1))[1] == MAX_LENGTH:
        return lambda *values: functools.reduce(function, values)
    return function
