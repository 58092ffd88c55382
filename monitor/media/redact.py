"""URLs that can be shown: what is secret in them is replaced, what tells a person which stream it is stays.

Works on any text that has URLs in it (error messages, what a bridging program wrote), because that is where they leak.
Scheme, host, port and path stay; so does every query value that is not known to be a secret. Stream keys that are
part of an RTMP path stay as well: they cannot be told from a name.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_WORDS = (
    "token|key|apikey|signature|sig|password|passwd|passphrase|pass|pwd|auth|authorization|secret|credential|policy|"
    "hdnts|hdnea|hdntl|hmac|jwt|session|sessionid|sid|ticket|streamid|user|username|login"
)
_ENDINGS = "token|key|signature|password|passphrase|secret|sign|auth"

# A name is secret when one of its words is ("access_token", "Key-Pair-Id"), by its ending ("authToken", "wmsAuthSign"),
# or as a signature of a cloud ("X-Amz-Date"). Its value goes to the next "&": an SRT `streamid` holds "#", "," and "=".
_PAIR = re.compile(
    rf"""([?&;#,])
    (  (?:[^\s=&;\#?,"<>]*[-_.])? (?:{_WORDS}) (?:[-_.][^\s=&;\#?,"<>]*)?
    |  [^\s=&;\#?,"<>]* (?:{_ENDINGS})
    |  x-(?:amz|goog)-[^\s=&;\#?,"<>]*  )
    = [^\s&"<>]+""",
    re.IGNORECASE | re.VERBOSE,
)
# The userinfo ends at the last "@" before the path: a password may hold a raw ":" or "@".
_USERINFO = re.compile(r"""([a-z][a-z0-9+.-]*://)[^\s/?#"<>]+@""", re.IGNORECASE)
# One with a raw "/", "?" or "#" in it opens nowhere, but a person who wrote it must not find it in the error message:
# what follows the first ":" is no port, so all up to the last "@" is taken for a password.
_BROKEN_USERINFO = re.compile(
    r"""([a-z][a-z0-9+.-]*://)[^\s/?#"<>@\[\]]*:(?!\d*(?:[/?#\s"'<>,;)]|$))[^\s"<>]*@""", re.IGNORECASE
)


def redact(text: str) -> str:
    """`text` with the userinfo and the secret query values of all URLs in it replaced by `***`.

    Idempotent. Text without a URL comes back as it is, unless it has a secret's name in it like a query ("&token=x").
    """
    for userinfo in (_USERINFO, _BROKEN_USERINFO):
        text = userinfo.sub(rf"\1{HIDDEN}@", text)
    return _PAIR.sub(rf"\1\2={HIDDEN}", text)
