"""A document of JSON and arrays in one file: checked when it is read, replaced in one stroke.

The file is the line ``extremum checkpoint 1``, a digest of all that follows, the length of the
JSON, the JSON itself, and the arrays one after another. Nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

MAGIC = b"extremum checkpoint "
VERSION = 1
"""It changes when an older reader would misunderstand what is written."""

DIGEST = 32
"""Bytes of BLAKE2b."""

DTYPES = ("<f8", "<i8", "<i4", "|b1")
"""What arrays may be of."""


class Unreadable(Exception):
    """A file that is damaged or of another kind; the message says which."""


def encode(document: Any, arrays: list[NDArray[Any]]) -> bytes:
    """The bytes of a document with its arrays."""
    described, parts = [], []
    for array in arrays:
        order: Literal["C", "F"] = "F" if array.ndim > 1 and array.flags.f_contiguous else "C"
        array = array.astype(array.dtype.newbyteorder("<"), copy=False)
        described.append({"dtype": array.dtype.str, "shape": array.shape, "order": order})
        parts.append(array.tobytes(order))
    text = json.dumps({"arrays": described, "document": document}).encode()
    body = b"".join([len(text).to_bytes(8, "little"), text, *parts])
    return MAGIC + b"%d\n" % VERSION + hashlib.blake2b(body, digest_size=DIGEST).digest() + body


def decode(data: bytes) -> tuple[Any, list[NDArray[Any]]]:
    """The document and the arrays.

    Raises
    ------
    Unreadable
        If a single bit is not what was written.
    """
    line, newline, _ = data[:64].partition(b"\n")
    if not newline or not line.startswith(MAGIC) or not line[len(MAGIC) :].isdigit():
        raise Unreadable("it is not a checkpoint")
    if int(line[len(MAGIC) :]) != VERSION:
        raise Unreadable(
            f"it is of version {int(line[len(MAGIC) :])} and this extremum reads version {VERSION}"
        )
    begin = len(line) + 1
    digest, body = data[begin : begin + DIGEST], data[begin + DIGEST :]
    if hashlib.blake2b(body, digest_size=DIGEST).digest() != digest:
        raise Unreadable(f"it is damaged: its {len(data)} bytes don't have the digest they name")
    try:
        return _read(body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"its contents make no sense ({error})") from error


def _read(body: bytes) -> tuple[Any, list[NDArray[Any]]]:
    end = 8 + int.from_bytes(body[:8], "little")
    content = json.loads(body[8:end])
    arrays = []
    for described in content["arrays"]:
        if described["dtype"] not in DTYPES:
            raise ValueError(f"an array of {described['dtype']}")
        dtype, shape = np.dtype(described["dtype"]), tuple(map(int, described["shape"]))
        size = int(np.prod(shape, dtype=object)) if shape else 1
        flat = np.frombuffer(body, dtype, size, end)
        # A copy: what is read from a file is aligned as what is computed.
        arrays.append(flat.reshape(shape, order=described["order"]).copy(order="K"))
        end += size * dtype.itemsize
    return content["document"], arrays


def may_be_replaced(path: Path) -> bool:
    """Whether a file is a checkpoint, damaged or not, or nothing that could be lost."""
    if not path.exists() or previous(path).exists():
        return True
    with path.open("rb") as file:
        return file.read(len(MAGIC)) in (MAGIC, b"")


def previous(path: Path) -> Path:
    """Where the checkpoint before the last one is kept."""
    return path.with_name(path.name + ".previous")


def write(path: Path, data: bytes, keep: bool = True) -> None:
    """Put a new file in the place of an old one, which is kept beside it if it is worth that.

    At no moment is there less than one whole file: the new one is complete and on the disk before
    it gets its name.

    Raises
    ------
    OSError
        If it can't be written. The old file is then as it was.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if keep and path.exists():
            path.replace(previous(path))
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
