"""The names that users see, and what importing them does not do."""

import importlib
import subprocess
import sys

import pytest

import extremum as ex


def test_all_is_what_can_be_imported():
    homes = {n for names in ex._HOME.values() for n in names.split()}
    assert sorted(ex.__all__) == ex.__all__ or set(ex.__all__) == homes
    assert set(ex.__all__) == homes
    assert len(ex.__all__) == len(set(ex.__all__))


@pytest.mark.parametrize("name", ex.__all__)
def test_every_name_has_a_docstring(name):
    value = getattr(ex, name)
    assert value.__doc__
    assert name in dir(ex)


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'minimise'"):
        _ = ex.minimise
    assert not hasattr(ex, "numpy")


def test_version():
    assert ex.__version__.count(".") >= 1


def test_the_function_certify_is_not_hidden_by_the_folder():
    importlib.import_module("extremum.certify.certify")
    assert callable(ex.certify)
    assert ex.certify(lambda x: x[0] ** 2, [0.0]).verdict is ex.Verdict.MINIMUM
    from extremum import certify
    from extremum.certify import Certificate

    assert certify is ex.certify
    assert Certificate is ex.Certificate


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )


HEAVY = "jax pandas matplotlib pyarrow scipy rich dash torch sklearn".split()


def test_importing_is_light():
    done = run(f"import extremum, sys; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_solving_needs_no_tables_and_no_pictures():
    done = run(
        "import extremum as ex, sys\n"
        "ex.minimize(lambda x: x[0]**2, [1.0])\n"
        "print([m for m in ('pandas', 'matplotlib', 'pyarrow') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize("first", ["import extremum.certify", "from extremum import minimize", ""])
def test_certify_is_a_function_whatever_is_imported_first(first):
    done = run(f"{first}\nimport extremum as ex; print(type(ex.certify).__name__)")
    assert done.stdout.strip() == "function", done.stderr


def test_the_users_jax_setting_is_left_alone():
    done = run(
        "import jax, jax.numpy as jnp\n"
        "before = jax.config.jax_enable_x64\n"
        "import extremum as ex\n"
        "result = ex.minimize(lambda x: (x[0] - 1 / 3)**2, [1.0])\n"
        "print(before, jax.config.jax_enable_x64, jnp.ones(1).dtype, result.x.dtype)"
    )
    assert done.stdout.split() == ["False", "False", "float32", "float64"], done.stderr
