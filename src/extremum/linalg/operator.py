from dataclasses import dataclass
from typing import Any
@dataclass(frozen=True, eq=False)
class OperatorSymmetric:
    n: int
    product: Any
    storage = "operator"
    is_finite = True
    def __matmul__(self, v): return self.product(v)
