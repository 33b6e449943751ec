"""Keys: equal for equal inputs, different for everything else, and never without an owner."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.cache import keys

TEXT: keys.Kind[str] = keys.Kind("text", str.encode, bytes.decode, len)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN, PLAIN)
def test_keys_are_equal_exactly_when_their_inputs_are(one: object, other: object) -> None:
    same = repr(_sorted(one)) == repr(_sorted(other))
    assert (keys.of(TEXT, keys.SHARED, one).digest == keys.of(TEXT, keys.SHARED, other).digest) is same


def test_tenant_and_user_are_part_of_it() -> None:
    owners = [keys.Owner(tenant, user) for tenant in ("a", "b", "ab") for user in ("", "a", "b", "bb")]
    assert len({keys.of(TEXT, owner, "x").digest for owner in owners}) == len(owners)


def test_kinds_and_their_versions_do_not_meet() -> None:
    newer = keys.Kind("text", str.encode, bytes.decode, len, version=2)
    other = keys.Kind("other", str.encode, bytes.decode, len)
    assert len({keys.of(kind, keys.SHARED, "x").digest for kind in (TEXT, newer, other)}) == 3


def test_the_border_between_inputs_counts() -> None:
    assert keys.of(TEXT, keys.SHARED, "a", "b").digest != keys.of(TEXT, keys.SHARED, "ab").digest
    assert keys.of(TEXT, keys.SHARED, b"a").digest != keys.of(TEXT, keys.SHARED, "a").digest


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return sorted((key, repr(_sorted(one))) for key, one in value.items()), "dict"
    return [_sorted(one) for one in value] if isinstance(value, list) else value
