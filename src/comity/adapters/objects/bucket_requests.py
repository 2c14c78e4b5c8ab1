"""What a bucket is asked that its library has no words for: locks, versions, and uploads that nobody ended.

Each request is signed as the protocol wants it (AWS Signature Version 4, in the header) and tried again, ever further apart,
while the connection or the server fails. What the server answers is read for the few elements that are needed; declarations,
which an answer never has, end the reading.
"""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree as ET

import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout

from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest
from comity.vocabulary.instants import Instant

OBJECTS = "objects"
"""The folder of a node's objects."""

RETRIES = 8
"""Tries of one request after the first."""

_CONNECTIONS = 8
_FIRST_PAUSE = 0.1
_CODE = re.compile(rb"<Code>(\w{1,64})</Code>")
_FAILING = HTTPStatus.INTERNAL_SERVER_ERROR


class BucketTerms(Struct, frozen=True):
    """Where a bucket is, and how long what is written there is to be locked.

    `secret` is of the account that may read, write, list and delete there, set locks where there are any, and nothing else.
    """

    bucket: str
    prefix: str
    endpoint: str
    region: str
    account: str
    secret: str
    patience: timedelta = timedelta(seconds=30)
    """How long a request is tried again."""

    lock: timedelta = timedelta()
    """How long the bucket is to refuse the deletion of an object that was just stored; zero for no lock."""


class Tries:
    """Tries of one request: so many, ever further apart, within the patience."""

    def __init__(self, patience: timedelta) -> None:
        self._until = time.monotonic() + patience.total_seconds()
        self._failed = 0

    def again(self) -> bool:
        """Whether it is worth another try, after a pause."""
        pause = _FIRST_PAUSE * 2**self._failed
        self._failed += 1
        if self._failed > RETRIES or time.monotonic() + pause > self._until:
            return False
        time.sleep(pause)
        return True


class Upload(Struct, frozen=True):
    """An upload in parts that was begun and not ended; `age` by the server's own clock."""

    key: str
    name: str
    age: timedelta


class BucketRequests:
    """Asks one bucket. For any number of threads. Keys are those of the library: below the prefix.

    Every method raises `BrokenInputError(UNAVAILABLE)`.
    """

    def __init__(self, terms: BucketTerms) -> None:
        self._terms = terms
        self._place = urlsplit(terms.endpoint)
        self._pool = urllib3.PoolManager(maxsize=_CONNECTIONS, retries=False, timeout=Timeout(connect=5, read=60))

    def locks(self) -> bool:
        """Whether object lock is on for the bucket."""
        answer = self._ask("GET", "", {"object-lock": ""})
        if answer.status == HTTPStatus.OK:
            return any(text == "Enabled" for text in _texts(answer.data, "ObjectLockEnabled"))
        if answer.status == HTTPStatus.FORBIDDEN:
            _refused(answer)
        return False

    def lock(self, key: str, until: Instant) -> None:
        """Nobody, not even the account's owner, deletes this version of the object before that instant (mode COMPLIANCE)."""
        body = (
            '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
            f"<RetainUntilDate>{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</RetainUntilDate></Retention>"
        )
        self._require(self._ask("PUT", self._whole(key), {"retention": ""}, body.encode()))

    def locked_until(self, key: str, version: str = "") -> Instant | None:
        """The end of its lock, in the past too; None for no lock. A legal hold that others set there has no end: the last instant."""
        answer = self._ask("HEAD", self._whole(key), {"versionId": version} if version else {})
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            return None
        self._require(answer)
        if answer.headers.get("x-amz-object-lock-legal-hold") == "ON":
            return datetime.max.replace(tzinfo=UTC)
        until = answer.headers.get("x-amz-object-lock-retain-until-date")
        return _instant(until) if until else None

    def versions(self, key: str) -> list[str]:
        """Every version of the object, and every mark of its deletion."""
        whole = self._whole(key)
        names: list[str] = []
        for page in self._pages("versions", key, "version-id-marker"):
            for kind in ("Version", "DeleteMarker"):
                names += [name for found, name in _entries(page, kind, "Key", "VersionId") if found == whole]
        return names

    def delete(self, key: str, version: str) -> bool:
        """That version is gone when this returns True; where the bucket holds it locked, False."""
        answer = self._ask("DELETE", self._whole(key), {"versionId": version})
        if answer.status < HTTPStatus.BAD_REQUEST or answer.status == HTTPStatus.NOT_FOUND:
            return True
        until = self.locked_until(key, version)
        if until is None or until <= _date_of(answer):
            _refused(answer)
        return False

    def uploads(self, folder: str) -> Iterator[Upload]:
        """Uploads in parts below that folder that have not ended."""
        for page in self._pages("uploads", folder, "upload-id-marker"):
            now = _date_of(page)
            for key, name, begun in _entries(page, "Upload", "Key", "UploadId", "Initiated"):
                yield Upload(key.removeprefix(self._whole("")), name, now - _instant(begun))

    def abort(self, upload: Upload) -> None:
        """The upload is over and its parts are gone; whoever is at it is told that there is no such upload."""
        answer = self._ask("DELETE", self._whole(upload.key), {"uploadId": upload.name})
        if answer.status != HTTPStatus.NOT_FOUND:
            self._require(answer)

    def _pages(self, what: str, prefix: str, second: str) -> Iterator[BaseHTTPResponse]:
        """Every page of a listing that is read on from a key and a `second` marker."""
        query = {what: "", "prefix": self._whole(prefix)}
        markers = {"NextKeyMarker": "key-marker", f"Next{second.title().replace('-', '')}": second}
        more = True
        while more:
            page = self._ask("GET", "", query)
            self._require(page)
            yield page
            query |= {asked: text for told, asked in markers.items() for text in _texts(page.data, told)}
            more = _texts(page.data, "IsTruncated") == ["true"]

    def _ask(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> BaseHTTPResponse:
        tries = Tries(self._terms.patience)
        while True:
            try:
                answer = self._send(method, path, query, body)
            except HTTPError as error:
                if not tries.again():
                    raise BrokenInputError(
                        ErrorCode.UNAVAILABLE,
                        "the bucket does not do what it was asked",
                        found=type(error).__name__,
                        do="see whether its server answers, and whether the settings name it rightly",
                    ) from None
            else:
                if answer.status < _FAILING or answer.status == HTTPStatus.NOT_IMPLEMENTED or not tries.again():
                    return answer

    def _send(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> BaseHTTPResponse:
        """One try. The parts of the signature are those of "Signature Version 4" in the protocol's reference."""
        where = quote(f"{self._place.path}/{self._terms.bucket}/{path}".rstrip("/"), safe="/-_.~")
        asked = "&".join(
            sorted(f"{quote(name, safe='-_.~')}={quote(text, safe='-_.~')}" for name, text in query.items())
        )
        headers = self._signed(method, where, asked, body)
        url = f"{self._place.scheme}://{self._place.netloc}{where}?{asked}"
        return self._pool.request(method, url, body=body or None, headers=headers, redirect=False)

    def _signed(self, method: str, where: str, asked: str, body: bytes) -> dict[str, str]:
        digest, at = hashlib.sha256(body), datetime.now(UTC)
        headers = {
            "host": self._place.netloc,
            "x-amz-content-sha256": digest.hexdigest(),
            "x-amz-date": f"{at:%Y%m%dT%H%M%SZ}",
        }
        if body:
            headers["x-amz-checksum-sha256"] = base64.b64encode(digest.digest()).decode()
        named = sorted(headers)
        lines = "".join(f"{name}:{headers[name]}\n" for name in named)
        request = "\n".join((method, where, asked, lines, ";".join(named), digest.hexdigest()))
        scope = f"{at:%Y%m%d}/{self._terms.region}/s3/aws4_request"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{self._terms.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashed}".encode(), "sha256")
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._terms.account}/{scope}, SignedHeaders={';'.join(named)}, "
            f"Signature={signature.hex()}"
        )
        return headers

    def _whole(self, key: str) -> str:
        return f"{self._terms.prefix}/{key}" if self._terms.prefix else key

    @staticmethod
    def _require(answer: BaseHTTPResponse) -> None:
        if answer.status >= HTTPStatus.BAD_REQUEST:
            _refused(answer)


def object_key(digest: Digest) -> str:
    """Where an object is, below the prefix of its node."""
    return f"{OBJECTS}/{digest[:2]}/{digest}"


def _refused(answer: BaseHTTPResponse) -> NoReturn:
    code = _CODE.search(answer.data)
    raise BrokenInputError(
        ErrorCode.UNAVAILABLE,
        "the bucket does not do what it was asked",
        found=code.group(1).decode() if code else str(answer.status),
        do="see whether the account has the rights that docs/operations.md lists, and whether the bucket locks objects",
    )


def _date_of(answer: BaseHTTPResponse) -> Instant:
    """The server's own clock."""
    return _instant(answer.headers.get("Date", ""), parsedate_to_datetime)


def _instant(text: str, read: Callable[[str], datetime] = datetime.fromisoformat) -> Instant:
    try:
        instant = read(text)
    except ValueError:
        _not_understood()
    if instant.tzinfo is None:
        _not_understood()
    return instant


def _entries(page: BaseHTTPResponse, name: str, *wanted: str) -> Iterator[tuple[str, ...]]:
    """What each element of that name says of what is wanted, in that order."""
    for element in _read(page.data).iter():
        if _bare(element) == name:
            told = {_bare(child): child.text or "" for child in element}
            if not told.keys() >= set(wanted):
                _not_understood()
            yield tuple(told[each] for each in wanted)


def _texts(data: bytes, name: str) -> list[str]:
    return [element.text or "" for element in _read(data).iter() if _bare(element) == name]


def _bare(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _read(data: bytes) -> ET.Element:
    """Declarations, which no answer has, could blow up whoever reads them."""
    try:
        return ET.fromstring(b"" if b"<!" in data else data)  # noqa: S314  # no declarations
    except ET.ParseError:
        _not_understood()


def _not_understood() -> NoReturn:
    raise BrokenInputError(
        ErrorCode.UNAVAILABLE,
        "the bucket's answer is none of its protocol",
        do="see whether the settings name a server of the S3 protocol, and nothing in between answers for it",
    )
