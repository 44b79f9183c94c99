"""Regressions beside their peers, and beyond what fits in memory."""
