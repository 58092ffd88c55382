"""How well it finds: defects of known kind, strength, place and time, made in real clips, and what is found of them.

- `plan`: what one run scores, and which case is made next
- `material`: which clips thresholds are fitted on and which only report (`split.toml`)
- `generators`: who makes defects
- `cases`: one case from making to finding; one clean clip
- `watched`: a clip through the pipeline and through FFmpeg's filters
- `matching`: which detection is which defect
- `figures`: precision, recall, F1, delays, false alarms
- `running`: all of it, on all cores
- `report`: the table, the JSON object

Seeds and clips that thresholds are fitted on are never those of a report: `Plan.use` says which ones are taken.
"""

from monitor.scoring.plan import Plan
from monitor.scoring.report import Report, as_json, print_report
from monitor.scoring.running import cores, processes, run

__all__ = ["Plan", "Report", "as_json", "cores", "print_report", "processes", "run"]
