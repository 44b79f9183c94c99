"""What a point is: the verdict, and the evidence for it."""

from extremum.certify.certificate import Certificate, Ray
from extremum.certify.certify import certify_point
from extremum.certify.many import certify_many

__all__ = ["Certificate", "Ray", "certify_many", "certify_point"]
