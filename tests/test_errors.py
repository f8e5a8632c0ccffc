"""The end of a message helps and stays short."""

from mel.errors import near


def test_a_near_name_is_offered() -> None:
    assert near("sax", ["sex", "age"]) == "did you mean 'sex'?"


def test_a_long_list_is_cut_after_twelve_names() -> None:
    names = [f"name{n:02}" for n in range(15)]
    assert near("?", names) == f"known: {', '.join(names[:12])} … and 3 more"
    assert near("?", names[:12]) == f"known: {', '.join(names[:12])}"
