"""Regressions that say whether the fit exists and can be trusted."""
