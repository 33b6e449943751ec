"""Encrypted Office files [MS-OFFCRYPTO]: a zip in an OLE container, opened with a password. Knows no format inside.

Agile encryption (Office 2010 and later, §2.3.4.10) and standard encryption (Office 2007, §2.3.4.5), both with AES.
"""

from __future__ import annotations

import base64
import hashlib
import io
import struct

import xlrd.compdoc
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from actors import errors
from actors.perception.documents import archives, ooxml, sources

SPINS = 1_000_000
"""Most rounds of hashing that a file may ask for; Office asks for 100 000."""
_HASHES = {"SHA1", "SHA256", "SHA384", "SHA512"}
_SEGMENT = 4096
_VERIFIER = bytes.fromhex("fea7d2763b4b9e79")
_VERIFIER_HASH = bytes.fromhex("d7aa0f6d3061344e")
_KEY = bytes.fromhex("146e0be7abacd0d6")


def opened(data: bytes, password: str | None) -> bytes:
    """Return the zip inside. Raises PasswordNeeded, Unsupported or Unreadable."""
    if not password:
        raise errors.PasswordNeeded(
            "The file is encrypted. Send its password as `password`.", "password_required", "password"
        )
    container = xlrd.compdoc.CompDoc(data, logfile=io.StringIO())
    info, package = (container.get_named_stream(name) for name in ("EncryptionInfo", "EncryptedPackage"))
    if info is None or package is None or len(info) < 16 or len(package) < 8:
        raise sources.damaged("its encrypted package is incomplete")
    major, minor = struct.unpack_from("<HH", info)
    try:
        if (major, minor) == (4, 4):
            plain = _agile(info[8:], package[8:], password)
        elif major in {2, 3, 4} and minor == 2:
            plain = _standard(info[8:], package[8:], password)
        else:
            raise errors.Unsupported(
                "This file is encrypted in a way that is not known here. Save it without a password.",
                "encrypted_office",
                "file",
            )
    except (struct.error, ValueError, KeyError) as broken:
        raise sources.damaged("its encryption cannot be understood") from broken
    return plain[: struct.unpack_from("<Q", package)[0]]


def _agile(info: bytes, package: bytes, password: str) -> bytes:
    root = archives.parse(info, "EncryptionInfo")
    found = {archives.local(element): dict(element.attrib) for element in root.iter()}
    data, lock = found["keyData"], found["encryptedKey"]
    spins = ooxml.integer(lock["spinCount"], SPINS + 1)
    if spins > SPINS or not {data["hashAlgorithm"], lock["hashAlgorithm"]} <= _HASHES:
        raise ValueError("more rounds or another hash than Office uses")
    salt, bits = base64.b64decode(lock["saltValue"]), ooxml.integer(lock["keyBits"], 0)
    name = lock["hashAlgorithm"].lower()
    digest = hashlib.new(name, salt + password.encode("utf-16-le")).digest()
    for spin in range(spins):
        digest = hashlib.new(name, struct.pack("<I", spin) + digest).digest()

    def unlocked(field: str, purpose: bytes) -> bytes:
        key = _fitted(hashlib.new(name, digest + purpose).digest(), bits // 8)
        return _cbc(key, _fitted(salt, 16), base64.b64decode(lock[field]))

    verifier = hashlib.new(name, unlocked("encryptedVerifierHashInput", _VERIFIER)[: len(salt)]).digest()
    if unlocked("encryptedVerifierHashValue", _VERIFIER_HASH)[: len(verifier)] != verifier:
        raise _wrong()
    key = unlocked("encryptedKeyValue", _KEY)[: ooxml.integer(data["keyBits"], 0) // 8]
    salt, name = base64.b64decode(data["saltValue"]), data["hashAlgorithm"].lower()
    return b"".join(
        _cbc(
            key,
            _fitted(hashlib.new(name, salt + struct.pack("<I", number)).digest(), 16),
            _padded(package[start : start + _SEGMENT]),
        )
        for number, start in enumerate(range(0, len(package), _SEGMENT))
    )


def _standard(info: bytes, package: bytes, password: str) -> bytes:
    (size,) = struct.unpack_from("<I", info)
    bits = struct.unpack_from("<I", info, 4 + 16)[0]
    salt_size, salt, verifier, _, verifier_hash = struct.unpack_from("<I16s16sI32s", info, 4 + size)
    digest = hashlib.sha1(salt[:salt_size] + password.encode("utf-16-le")).digest()
    for spin in range(50_000):
        digest = hashlib.sha1(struct.pack("<I", spin) + digest).digest()
    digest = hashlib.sha1(digest + bytes(4)).digest()
    halves = [
        hashlib.sha1(bytes(a ^ b for a, b in zip(_fitted(digest, 64, 0), bytes([pad]) * 64, strict=True))).digest()
        for pad in (0x36, 0x5C)
    ]
    cipher = Cipher(algorithms.AES(b"".join(halves)[: bits // 8]), modes.ECB())
    plain = cipher.decryptor().update(verifier)
    if cipher.decryptor().update(verifier_hash)[:20] != hashlib.sha1(plain).digest():
        raise _wrong()
    return cipher.decryptor().update(_padded(package))


def _wrong() -> errors.PasswordNeeded:
    return errors.PasswordNeeded("The password is wrong.", "password_wrong", "password")


def _cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(start)).decryptor().update(data)


def _fitted(data: bytes, size: int, filler: int = 0x36) -> bytes:
    return data[:size].ljust(size, bytes([filler]))


def _padded(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // 16) * 16, b"\0")
