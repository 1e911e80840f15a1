import pytest

from serving.registry import Registry


class Named:
    name = "one"


def test_a_registry_holds_what_is_registered_in_that_order():
    registry = Registry("thing", {"b": 1})

    assert registry.register(2, "a") == 2
    assert list(registry.items()) == [("b", 1), ("a", 2)]


def test_what_has_a_name_is_registered_under_it():
    registry = Registry("thing")

    registry.register(Named)

    assert registry == {"one": Named}


def test_a_name_is_taken_once():
    registry = Registry("thing", {"a": 1})

    with pytest.raises(ValueError, match="There is a thing 'a' already."):
        registry.register(2, "a")
    assert registry == {"a": 1}
