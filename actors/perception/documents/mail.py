"""E-mail (RFC 5322, MIME) to Markdown: who, when, what, and each attachment that can be read as a further page."""

from __future__ import annotations

import email
import email.message
import email.policy
import email.utils

from actors import errors, messages
from actors.perception.documents import hygiene, kinds, markup, sources

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_SEALED = {"multipart/encrypted": "PGP", "application/pkcs7-mime": "S/MIME", "application/x-pkcs7-mime": "S/MIME"}
ATTACHMENTS = 50
"""Most attachments that are opened; the rest is listed only."""


def read(source: sources.Source) -> messages.Parsed:
    """Read a message. Raises Unsupported when it is encrypted."""
    message = email.message_from_bytes(source.data, policy=email.policy.default)
    sealed = _SEALED.get(message.get_content_type())
    if sealed and message.get_param("smime-type", "enveloped-data") != "signed-data":
        raise errors.Unsupported(
            f"This message is encrypted ({sealed}). Decrypt it in your mail program and upload it again.",
            "encrypted_message",
            "file",
        )
    headers = {name: _header(message, name) for name in _HEADERS}
    if not any(headers.values()):
        raise sources.malformed("it has no header of an e-mail")
    attachments = list(message.iter_attachments()) if message.is_multipart() else []
    lines = [f"# {headers['Subject'] or 'E-mail message'}", ""]
    lines += [f"- {name}: {value}" for name, value in headers.items() if value and name != "Subject"]
    lines += ["", _body(message), ""]
    if attachments:
        lines += ["## Attachments", ""]
        lines += [f"- {_filename(part)} ({part.get_content_type()})" for part in attachments]
    pages = sources.Pages(source.limits)
    pages.add("\n".join(lines), "Message")
    for part in attachments[:ATTACHMENTS]:
        _attached(part, source, pages)
    facts = {"author": headers["From"], "recipient": headers["To"], "created": headers["Date"]}
    return pages.parsed(kinds.EML.media_type, headers["Subject"], facts)


def _header(message: email.message.EmailMessage, name: str) -> str:
    """Return a header's text; what the parser cannot make sense of is returned as it stands."""
    try:
        return hygiene.line(str(message.get(name, "")))
    except (ValueError, IndexError, AttributeError, TypeError):
        raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
        return hygiene.line(str(raw))


def _body(message: email.message.EmailMessage) -> str:
    plain = message.get_body(("plain",))
    rich = message.get_body(("html",))
    text = _content(plain).decode("utf-8", "replace").strip() if plain is not None else ""
    if rich is not None and len(text) < 200:
        marked = markup.blocks(markup.document(_content(rich)))
        text = marked if len(marked) > len(text) else text
    return text


def _content(part: email.message.MIMEPart) -> bytes:
    """Return a part's bytes; text parts as UTF-8, whatever charset they claim."""
    try:
        content = part.get_content()
    except (LookupError, ValueError, KeyError, AttributeError):
        payload = part.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""
    if isinstance(content, email.message.Message):
        return content.as_bytes()
    return content.encode("utf-8", "replace") if isinstance(content, str) else bytes(content)


def _filename(part: email.message.EmailMessage) -> str:
    return hygiene.line(part.get_filename() or "") or "attachment"


def _attached(part: email.message.EmailMessage, source: sources.Source, pages: sources.Pages) -> None:
    """Add the pages of an attachment; one that cannot be read stays what the list says of it."""
    if source.nested is None:
        return
    name = _filename(part)
    charset = "; charset=utf-8" if part.get_content_maintype() == "text" else ""
    inner = sources.Source(_content(part), name, source.limits, part.get_content_type() + charset)
    try:
        parsed = source.nested(inner)
    except (errors.Unsupported, errors.Unreadable):
        return
    for page in parsed.pages:
        pages.add(page.markdown, f"{name}: {page.label}" if page.label else name)
