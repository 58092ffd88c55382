"""Which streams to watch: read from a catalog before anything starts, and looked at again while it is edited.

Owns the formats and the rules of a catalog, and media objects on S3 that are to be scanned. Does not own how a stream
is opened or watched.
"""

from monitor.catalog.objects import MEDIA_SUFFIXES, list_media, open_object
from monitor.catalog.watcher import CatalogWatcher, Changes, read_catalog

__all__ = ["MEDIA_SUFFIXES", "CatalogWatcher", "Changes", "list_media", "open_object", "read_catalog"]
