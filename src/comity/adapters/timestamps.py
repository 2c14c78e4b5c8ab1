"""Time-stamp authorities over HTTP (RFC 3161 section 3.4), and the folder where checkpoints stay with their stamps.

```
<folder>/<size, sixteen digits>/head.json     a checkpoint that was to be stamped, and since when
<folder>/<size>/<SHA-256 of the URL>.tsr      an authority's response, as it came
<folder>/lock                                 held by whoever asks
```
"""

import hashlib
import re
import ssl
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from comity.adapters.private_files import claimed, open_folder, read_private, replace_private
from comity.casework.ports.timestamp import StampedHead, StampedHeads, TimestampAuthorities
from comity.evidence.dossier.timestamp_tokens import TOKEN_LIMIT, decode_response
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode, encode

_HEADERS = {"Content-Type": "application/timestamp-query", "User-Agent": "comity", "Accept-Encoding": "identity"}
_HEAD_LIMIT = 1 << 16
_SIZE = re.compile(r"\d{16}\Z")
_LOOKED_AT = 64
"""Of the newest checkpoints, for one that covers an export."""


class HttpTimestampAuthorities(TimestampAuthorities):
    """See the port. Follows nothing, believes no certificate that the system does not; `seconds` are for a whole answer."""

    def __init__(self, seconds: float) -> None:
        tls = ssl.create_default_context()
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._pools = urllib3.PoolManager(timeout=Timeout(total=seconds), retries=False, ssl_context=tls)

    def stamp(self, url: str, stamped: bytes) -> bytes:
        """See the port."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        question = TimestampRequestBuilder().data(stamped).hash_algorithm(HashAlgorithm.SHA256).build()
        response = self._post(url, question.as_bytes())
        if decode_response(response).tst_info.nonce != question.nonce:
            raise BrokenInputError(ErrorCode.ID_DIFFERS, "the time stamp answers another question", found="its nonce")
        return response

    def _post(self, url: str, question: bytes) -> bytes:
        try:
            answer = self._pools.request(
                "POST", url, body=question, headers=_HEADERS, redirect=False, preload_content=False
            )
            try:
                data = answer.read(TOKEN_LIMIT + 1, decode_content=False)
            finally:
                answer.close()
        except (HTTPError, OSError) as error:
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE, "the time-stamp authority does not answer", found=type(error).__name__
            ) from None
        if answer.status != HTTPStatus.OK:
            raise BrokenInputError(
                ErrorCode.UNAVAILABLE, "the time-stamp authority answers no", found=f"HTTP {answer.status}"
            )
        return bytes(data)


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    size: int
    note: str
    begun_at: datetime
    urls: dict[str, str] = {}


class FileStampedHeads(StampedHeads):
    """See the port. Written by whoever holds the claim, read by anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = open_folder(folder)

    def claim(self) -> AbstractContextManager[bool]:
        """See the port; released by the system if the holder dies."""
        return claimed(self._folder / "lock")

    def begin(self, head: StampedHead) -> None:
        """See the port."""
        folder = open_folder(self._place(head.size))
        replace_private(folder / "head.json", encode(_Head(head.size, head.note, head.begun_at)))

    def keep(self, size: int, url: str, response: bytes) -> None:
        """See the port. The response first: a name without one would be read."""
        folder = self._place(size)
        name = hashlib.sha256(url.encode()).hexdigest() + ".tsr"
        replace_private(folder / name, response)
        known = self._head(folder)
        replace_private(
            folder / "head.json", encode(_Head(size, known.note, known.begun_at, {**known.urls, url: name}))
        )

    def newest(self) -> StampedHead | None:
        """See the port."""
        return next((self._read(folder) for folder in self._folders()), None)

    def covering(self, size: int) -> Sequence[StampedHead]:
        """See the port."""
        folders = [folder for folder in self._folders()[:_LOOKED_AT] if int(folder.name) >= size]
        return [head for head in map(self._read, folders) if head.responses]

    def _folders(self) -> list[Path]:
        found = [each for each in self._folder.iterdir() if _SIZE.match(each.name) and (each / "head.json").exists()]
        return sorted(found, reverse=True)

    def _place(self, size: int) -> Path:
        return self._folder / f"{size:016}"

    def _head(self, folder: Path) -> _Head:
        return decode(read_private(folder / "head.json", limit=_HEAD_LIMIT), _Head, limit=_HEAD_LIMIT)

    def _read(self, folder: Path) -> StampedHead:
        head = self._head(folder)
        responses = {url: read_private(folder / name, limit=TOKEN_LIMIT) for url, name in head.urls.items()}
        return StampedHead(head.size, head.note, head.begun_at, responses)
