"""The zoo of the tests, set before other solvers: whose successes are false?"""
