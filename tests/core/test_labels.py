"""Label values: whatever comes in, something any reader takes comes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_perf.registry.labels import MAX_LENGTH, check_label_names, check_metric_name, clean

anything = st.one_of(
    st.text(st.characters(codec=None)), st.text("\ud800\udfff\x00\x1f\x7f\x85a", max_size=600)
)


@given(anything)
def test_clean_labels_are_valid_utf_8(value: str) -> None:
    """A cleaned label encodes as UTF-8, has no control character and a bounded length."""
    cleaned = clean(value)

    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in cleaned)
    assert len(cleaned) <= MAX_LENGTH


@given(anything)
def test_cleaning_twice_changes_nothing(value: str) -> None:
    """A cleaned label is clean."""
    assert clean(value) == clean(clean(value))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=MAX_LENGTH))
def test_fit_labels_stay_as_they_are(value: str) -> None:
    """A label that needs no cleaning is not touched."""
    assert value == clean(value)


def test_other_objects_are_labels_by_their_string() -> None:
    """A number is the label of its digits."""
    assert clean(404) == "404"


@pytest.mark.parametrize("name", ["", "1a", "a-b", "a b", "ü", 5, None, "a\n"], ids=repr)
def test_wrong_metric_names_are_refused(name: object) -> None:
    """A metric name that Prometheus does not take is an error that shows it."""
    with pytest.raises(ValueError, match="metric name"):
        check_metric_name(name)


@pytest.mark.parametrize("names", [["1a"], ["__a"], ["a", "a"], [""], [5], "ab", ["le"]], ids=repr)
def test_wrong_label_names_are_refused(names: list[str]) -> None:
    """Label names that are invalid, reserved or given twice are an error."""
    with pytest.raises(ValueError, match="label"):
        check_label_names(names, reserved=("le",))
