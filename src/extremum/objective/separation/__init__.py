"""A Hessian's structure, found in the traced function, and its evaluation by few products."""

from extremum.objective.separation.compressed import Compressed, check_product, compressed
from extremum.objective.separation.declared import declared
from extremum.objective.separation.products import in_turns
from extremum.objective.separation.program import Program
from extremum.objective.separation.separation import Separation, digest, structure_of

__all__ = [
    "Compressed",
    "Program",
    "Separation",
    "check_product",
    "compressed",
    "declared",
    "digest",
    "in_turns",
    "structure_of",
]
