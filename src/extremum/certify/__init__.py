"""What a point is: the verdict, and the evidence for it."""

from extremum.certify.certificate import Certificate, Ray
from extremum.certify.certify import certify_point
from extremum.certify.many import Verdicts, certainly_unbounded, certify_many

__all__ = ["Certificate", "Ray", "Verdicts", "certainly_unbounded", "certify_many", "certify_point"]
