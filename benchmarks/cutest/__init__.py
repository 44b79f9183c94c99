"""CUTEst's unconstrained problems, solved by extremum and by its peers from the same derivatives.

problems → derivatives (compiled) → evaluations (counted, timed, judged) → peers → measure (one
problem, in a child process) → isolation (kills what hangs) → records → summary, profiles, report.
"""
