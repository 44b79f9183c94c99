"""Paths of stationary action: accuracy against time, size, and starts, beside `solve_bvp`.

problems (as an equation of motion, and as a system) → reference (a route of its own) → accuracy,
size, starts → figure; `command` runs them.
"""
