"""Regressions beside their peers at a common gradient, and beyond what fits in memory."""
