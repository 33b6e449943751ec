"""Every error that may leave a folder; knows nothing of HTTP beyond the class of blame.

ConsiliumError
├── CallerError            the caller can mend it                     4xx
│   ├── Invalid            a field is missing or makes no sense       400
│   ├── NotFound           no such thing, or no longer                404
│   ├── Conflict           somebody else is changing it               409
│   ├── TooLarge           over a limit that is a setting             413
│   ├── Unsupported        a kind of input that nothing here reads    415
│   └── Unreadable         the file is damaged, empty or hostile      422
│       └── PasswordNeeded encrypted, and the password lacks or fails 422
├── Overloaded             come back later: a queue is full           429
└── Unavailable            a dependency is down or not installed      503

`code` is the machine's word for it (`snake_case`, stable), `param` the field at fault.
Arguments are positional and forwarded to `Exception`, or Ray could not carry them home.
"""

from __future__ import annotations


class ConsiliumError(Exception):
    """Root of the tree. `message` is written for the caller and names what to change."""

    def __init__(self, message: str, code: str = "internal", param: str | None = None) -> None:
        super().__init__(message, code, param)
        self.message = message
        self.code = code
        self.param = param

    def __str__(self) -> str:
        return self.message


class CallerError(ConsiliumError):
    """The request is at fault, not the service."""


class Invalid(CallerError):
    """A field is missing, or its value makes no sense."""


class NotFound(CallerError):
    """There is no such thing, or it is gone."""


class Conflict(CallerError):
    """The thing is being changed by somebody else."""


class TooLarge(CallerError):
    """Over a limit; the message names the limit and its setting."""


class Unsupported(CallerError):
    """No engine here reads this kind of input."""


class Unreadable(CallerError):
    """The file is damaged, empty, hostile or too costly to read."""


class PasswordNeeded(Unreadable):
    """The file is encrypted and no password, or a wrong one, was given."""


class Overloaded(ConsiliumError):
    """A queue is full; retry after `retry_after_s` seconds."""

    def __init__(
        self, message: str, code: str = "overloaded", param: str | None = None, retry_after_s: float = 1.0
    ) -> None:
        super().__init__(message, code, param)
        self.args = (message, code, param, retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(ConsiliumError):
    """A dependency is down or not installed; the message says which and what to do."""

    def __init__(
        self, message: str, code: str = "unavailable", param: str | None = None, retry_after_s: float = 5.0
    ) -> None:
        super().__init__(message, code, param)
        self.args = (message, code, param, retry_after_s)
        self.retry_after_s = retry_after_s
