"""What is measured, in the order of the tables: one module for each group of figures."""

from bench.figures import Part
from bench.parts import (
    acknowledgements,
    catch_up,
    decision,
    growth,
    latency,
    log_appends,
    memory_use,
    requests,
    storm,
    throughput,
)

PARTS: tuple[Part, ...] = (
    requests.PART,
    storm.PART,
    growth.PART,
    memory_use.PART,
    latency.PART,
    acknowledgements.PART,
    throughput.PART,
    log_appends.PART,
    catch_up.PART,
    decision.PART,
)
