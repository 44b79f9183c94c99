"""The zoo: every case by its name."""

from tests.zoo import curved, endless, flats, large, rough, scales

FAMILIES = {
    "curved": curved.CASES,
    "flat": flats.CASES,
    "endless": endless.CASES,
    "scales": scales.CASES,
    "rough": rough.CASES,
    "large": large.CASES,
}

ZOO = {case.name: case for cases in FAMILIES.values() for case in cases}
