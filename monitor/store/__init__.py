"""The only door to results: one schema per record, a writer of complete files, a reader for notebooks and replays.

Owns what lies below `--results` (Parquet, partitioned by date and hour) in a folder or on S3. Does not own when results
are written, nor what they mean.
"""

from monitor.store.reader import Results, open_results
from monitor.store.schemas import SCHEMAS, Dataset, Medium
from monitor.store.writer import ResultsWriter

__all__ = ["SCHEMAS", "Dataset", "Medium", "Results", "ResultsWriter", "open_results"]
