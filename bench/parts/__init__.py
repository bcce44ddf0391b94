"""What is measured, in the order of the tables: one module for each group of figures."""

from bench.figures import Part
from bench.parts import acknowledgements, decision, latency, requests, throughput

PARTS: tuple[Part, ...] = (requests.PART, acknowledgements.PART, latency.PART, throughput.PART, decision.PART)
