"""Time and memory of `minimize` as the number of variables grows from 10² to 10⁶.

functions (plain NumPy) → measure (one function of one size, in a process of its own) → fit →
figure; `command` runs them.
"""
