"""What an operator chooses. Built once in a composition root and handed down; no module reads the environment.

Every field is set by `CONSILIUM_<GROUP>__<FIELD>` (for example `CONSILIUM_HTTP__PORT=9000`); `CONSILIUM_HOME`,
`DATABASE_URL` and `REDIS_URL` have short names because people expect them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1024 * 1024


class Group(BaseModel):
    """A named part of the settings: frozen, and strict about names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Http(Group):
    """The door."""

    host: str = "127.0.0.1"
    """Address to listen on. `0.0.0.0` opens the service to the network."""
    port: int = Field(8000, ge=1, le=65535)
    """TCP port of the HTTP ingress."""
    body_bytes: int = Field(2 * MIB, ge=1024)
    """Largest JSON body, bytes. Above it: 413."""
    messages: int = Field(256, ge=1)
    """Most messages in one chat request. Above it: 413."""
    message_chars: int = Field(200_000, ge=1)
    """Most characters in one message. Above it: 413."""
    inputs: int = Field(256, ge=1)
    """Most texts in one embeddings request. Above it: 413."""
    search_k: int = Field(100, ge=1)
    """Most passages one search may ask for."""


class Cluster(Group):
    """Ray."""

    address: str = "local"
    """`local` starts a cluster on this machine; `auto` or `host:port` joins one."""
    namespace: str = "consilium"
    """Ray namespace of the named actors; two installations on one cluster need two."""
    dashboard_port: int = Field(8265, ge=0, le=65535)
    """TCP port of the Ray dashboard."""
    cpus: int | None = Field(None, ge=1)
    """CPUs that Ray may plan with; None takes the machine's."""
    object_store_bytes: int = Field(256 * MIB, ge=80 * MIB)
    """Shared memory for Ray's object store, bytes."""
    stop_timeout_s: float = Field(20.0, gt=0)
    """Seconds to wait for an orderly stop before processes are ended."""


class Database(Group):
    """Where truth lives."""

    url: str = ""
    """SQLAlchemy URL; empty means SQLite under the home folder. `DATABASE_URL` sets it too."""
    replicas: tuple[str, ...] = ()
    """SQLAlchemy URLs of PostgreSQL's hot standbys, a JSON list. What people look at is read there once it arrived."""
    pool_size: int = Field(5, ge=1)
    """Connections that each process keeps open once it has needed them."""
    pool_min: int = Field(1, ge=0)
    """Connections opened ahead, with the first one; at most `pool_size`."""
    pool_overflow: int = Field(0, ge=0)
    """Connections above `pool_size` that a burst may open; closed when given back."""
    pool_recycle_s: float = Field(1800.0, gt=0)
    """Seconds after which a connection is replaced when next taken: firewalls forget idle ones."""
    pool_pre_ping: bool = True
    """Whether a connection is tried before it is handed out (PostgreSQL): a restarted server is then not noticed."""
    pool_timeout_s: float = Field(5.0, gt=0)
    """Seconds to wait for a free connection before 503."""
    pool_lease_s: float = Field(60.0, gt=0)
    """Seconds a connection may be held before that is logged as a leak, with the place that took it."""
    slow_ms: float = Field(200.0, ge=0)
    """Milliseconds above which a statement is kept with its plan."""
    slow_kept: int = Field(100, ge=1)
    """Slow statements, and repeated ones, that each process remembers."""
    repeated: int = Field(10, ge=2)
    """Runs of one statement within one request from which it is reported as N+1."""
    query_cache_bytes: int = Field(16 * MIB, ge=0)
    """Memory of each process for answers of read queries, bytes; 0 reads each time."""
    statement_timeout_s: float = Field(30.0, gt=0)
    """Seconds after which a statement is cancelled."""

    @model_validator(mode="after")
    def _warm_within_size(self) -> Self:
        if self.pool_min > self.pool_size:
            raise ValueError("database.pool_min is larger than database.pool_size")
        return self


class Redis(Group):
    """Shared memory of the cluster: generation journals today, L2 cache and mail tomorrow."""

    url: str = ""
    """An existing Redis; empty starts a supervised server. `REDIS_URL` sets it too."""
    memory_bytes: int = Field(64 * MIB, ge=8 * MIB)
    """`maxmemory` of the supervised server, bytes."""
    timeout_s: float = Field(0.5, gt=0)
    """Seconds before a call to Redis is given up and the work goes on without it."""


class Kept(Group):
    """How one kind of value is kept."""

    strategy: Literal["fixed", "sliding", "adaptive", "none"] = "fixed"
    """`sliding` counts from the last hit, `adaptive` is longer for what is hot and dear, `none` keeps nothing."""
    ttl_s: float = Field(gt=0, le=4 * 3600)
    """Seconds a value lives."""
    near_bytes: int = Field(16 * MIB, ge=64 * 1024)
    """Room in the memory of each process (L1), bytes."""


class Cache(Group):
    """What is kept of what was made."""

    answers: Kept = Kept(ttl_s=900.0)
    evidence: Kept = Kept(ttl_s=1800.0)
    embeddings: Kept = Kept(ttl_s=3600.0, near_bytes=8 * MIB)
    responses: Kept = Kept(ttl_s=1800.0)
    """HTTP responses; a rule may give another lifetime."""
    rules_file: Path | None = None
    """JSON file with the rules for HTTP responses; None takes those that come with the service."""
    trust_s: float = Field(0.05, gt=0, le=5.0)
    """Seconds for which a process believes what it last read of changes. A change is acknowledged that much later."""
    timeout_s: float = Field(0.3, gt=0)
    """Seconds before a call to the database is given up by the cache, and the work goes on without it."""
    compress_bytes: int = Field(1024, ge=0)
    """Entries and HTTP responses above this are compressed, bytes."""
    dear_ms: float = Field(250.0, ge=0)
    """Milliseconds from which a value was dear to make and goes to the database too (L3)."""


class Documents(Group):
    """What may be uploaded, and what reading it may cost."""

    upload_bytes: int = Field(64 * MIB, ge=1024)
    """Largest file, bytes. Above it: 413."""
    pages: int = Field(2000, ge=1)
    """Most pages, slides or sheets in one document. Above it: 413."""
    chars: int = Field(20_000_000, ge=1000)
    """Most characters of Markdown one document may become. Above it: 413."""
    unpacked_bytes: int = Field(512 * MIB, ge=MIB)
    """Most bytes that a zipped format (DOCX, XLSX, EPUB, …) may unpack to."""
    parse_timeout_s: float = Field(60.0, gt=0)
    """Wall-clock seconds for reading one file (first pass)."""
    layout_timeout_s: float = Field(1800.0, gt=0)
    """Wall-clock seconds for the slower layout pass behind it; 0 pages are lost when it runs out."""
    parse_memory_bytes: int = Field(2048 * MIB, ge=256 * MIB)
    """Address space of a reader process, bytes."""
    readers: int = Field(1, ge=1, le=64)
    """Reader processes for first passes, started when needed."""
    reader_idle_s: float = Field(60.0, ge=0)
    """Seconds after which an idle reader process ends."""
    layout: bool = True
    """Whether PDFs get the layout pass in the background."""
    upload_wait_s: float = Field(2.0, ge=0)
    """Seconds an upload waits for `ready` before it answers 202 with a task."""
    pending: int = Field(64, ge=1)
    """Documents that may wait for indexing. Above it: 429."""
    files_url: str = ""
    """fsspec URL of the folder that holds the originals; empty means `files/` under the home folder."""


class Library(Group):
    """Search."""

    shards: int = Field(1, ge=1, le=256)
    """LibraryShard actors. A changed number moves documents at the next start."""


class Embeddings(Group):
    """Text to vectors."""

    engine: Literal["auto", "minilm", "wordllama", "hashing"] = "auto"
    """`auto` takes MiniLM when its package is installed, else wordllama. `hashing` is for tests: words, no meaning."""
    threads: int = Field(2, ge=1)
    """Threads of one ONNX Runtime session."""
    batch: int = Field(32, ge=1)
    """Texts in one forward pass."""


class Assistant(Group):
    """Questions and answers."""

    ongoing: int = Field(64, ge=1)
    """Generations one replica runs at once. Above it calls queue."""
    queued: int = Field(256, ge=1)
    """Calls that may queue for a replica. Above it: 503 with Retry-After."""
    replicas: int = Field(1, ge=1)
    """Fewest assistant replicas."""
    max_replicas: int = Field(2, ge=1)
    """Most assistant replicas under load."""
    journal_ttl_s: float = Field(3600.0, gt=0)
    """Seconds a finished generation can be replayed."""
    timeout_s: float = Field(120.0, gt=0)
    """Seconds one generation may take."""


class Console(Group):
    """The web console."""

    enabled: bool = True
    """Whether `make run` starts it (needs the `console` extra)."""


def driven(url: str) -> str:
    """Return a database's URL with the driver that is installed."""
    scheme, _, rest = url.partition("://")
    drivers = {"postgres": "postgresql+asyncpg", "postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
    return f"{drivers.get(scheme, scheme)}://{rest}"


class Settings(BaseSettings):
    """Everything above, plus where state lives."""

    model_config = SettingsConfigDict(
        env_prefix="CONSILIUM_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    home: Annotated[Path, AfterValidator(Path.absolute)] = Field(default=Path(".consilium"), validate_default=True)
    """Folder of all state on this machine; made absolute, because actors work elsewhere."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe level that is logged."""
    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    redis_url: str = Field("", validation_alias=AliasChoices("REDIS_URL", "redis_url"))

    http: Http = Http()
    cluster: Cluster = Cluster()
    database: Database = Database()
    redis: Redis = Redis()
    cache: Cache = Cache()
    documents: Documents = Documents()
    library: Library = Library()
    embeddings: Embeddings = Embeddings()
    assistant: Assistant = Assistant()
    console: Console = Console()

    @model_validator(mode="after")
    def _fenced(self) -> Self:
        if self.database.replicas and not self.database.query_cache_bytes:
            # Without the fence a page may come from a late standby, and be kept as if it were the newest.
            raise ValueError("database.replicas needs database.query_cache_bytes above 0")
        return self

    @property
    def truth_url(self) -> str:
        """SQLAlchemy URL of the database, with the driver that is installed."""
        url = self.database.url or self.database_url
        return driven(url) if url else f"sqlite+aiosqlite:///{self.home / 'consilium.db'}"

    @property
    def shared_redis_url(self) -> str:
        """URL of an operator's own Redis, or empty."""
        return self.redis.url or self.redis_url

    @property
    def originals_url(self) -> str:
        """URL (fsspec) of the folder that holds uploaded files."""
        return self.documents.files_url or f"file://{self.home / 'files'}"

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that change with any setting: the tail of every actor's name."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]
