"""URLs that can be shown: what is secret in them is replaced, what tells a person which stream it is stays.

Works on any text that has URLs in it (error messages, what a bridging program wrote), because that is where they leak.
Scheme, host, port and path stay; so does every query value that is not known to be a secret. Stream keys that are
part of an RTMP path stay as well: they cannot be told from a name.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_SECRET_WORDS = (
    "token|key|signature|sig|password|passwd|passphrase|pass|pwd|auth|authorization|secret|credential|policy|"
    "hdnts|hdnea|hdntl|hmac|jwt|session|sessionid|sid|ticket|streamid|user|username|login|wmsauthsign"
)
# A name is secret when one of its words is ("access_token", "X-Amz-Signature", "Key-Pair-Id", "apikey", "authToken").
_SECRET_NAME = re.compile(
    rf"(?:^|[-_.])(?:{_SECRET_WORDS})(?:$|[-_.])|(?:token|key|signature|password|passphrase|secret)$|^x-(?:amz|goog)-",
    re.IGNORECASE,
)
# userinfo ends at the LAST @ before the path: a password may hold an unescaped @ or :.
_USERINFO = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)([^\s/?#'\"<>]*)@")
_PAIR = re.compile(r"([?&;#])([^\s=&;#?'\"<>]+)=([^\s&;#'\"<>]*)")


def redact(text: str) -> str:
    """`text` with the userinfo and the secret query values of all URLs in it replaced by `***`.

    Idempotent. Text without a URL, and names with `@` or `=` outside of one, come back as they are.
    """
    return _PAIR.sub(_hide_pair, _USERINFO.sub(rf"\1{HIDDEN}@", text))


def _hide_pair(match: re.Match[str]) -> str:
    mark, name, value = match.groups()
    if value and _SECRET_NAME.search(name):
        return f"{mark}{name}={HIDDEN}"
    return match.group()
