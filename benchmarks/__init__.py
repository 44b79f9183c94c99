"""Measurements of extremum beside its peers: `python -m benchmarks` lists them."""
