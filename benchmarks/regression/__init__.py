"""Logistic, Poisson and linear regression: time to a common gradient, peers in the same run."""
