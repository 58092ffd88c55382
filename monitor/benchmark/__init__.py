"""What the monitor costs, beside what it cannot do without (decoding) and what else does the like (FFmpeg's filters).

- `plan`: what one run measures, and the run
- `rounds`: one clip after the other, each against its yardsticks, several times over
- `crowd`: many streams in one process
- `stages`: where the cost beyond decoding goes; what each kernel takes
- `watching`: a pipeline over a clip
- `machine`: what this was measured on; the memory of one pipeline
- `report`: the tables, the JSON object, the cost table

Every time is in CPU seconds of the process, user and system (see `monitor.lab.yardsticks`), and nothing is scaled: what
is compared was measured on the same packets in the same run. Writing Parquet is in none of it.
"""

from monitor.benchmark.plan import Plan, run
from monitor.benchmark.report import Report, as_json, cost_table, print_report

__all__ = ["Plan", "Report", "as_json", "cost_table", "print_report", "run"]
