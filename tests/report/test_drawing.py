from html import escape
from xml.etree import ElementTree

from mel.report import Exhibit, banner, document, drawing, style


def _draw(label: str, png: bool = False):
    with drawing(2, 1, "a figure", png=png) as canvas:
        canvas.figure.add_subplot().plot([0, 1], label=label)
        canvas.figure.axes[0].set_title(label)
    return canvas


def test_a_drawing_is_a_figure_for_those_who_see_and_those_who_hear() -> None:
    root = ElementTree.fromstring(_draw("one").svg)
    assert root.tag.endswith("svg")
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "a figure")


def test_the_same_drawing_gives_the_same_bytes() -> None:
    one, other = _draw("one", png=True), _draw("one", png=True)
    assert (one.svg, one.png) == (other.svg, other.png)
    assert _draw("another").svg != one.svg


def test_a_png_is_made_only_when_asked_for() -> None:
    assert _draw("one").png == b""
    assert _draw("one", png=True).png.startswith(b"\x89PNG")


def test_a_name_is_a_name_and_no_formula() -> None:
    ElementTree.fromstring(_draw(r"$\frac{1}{2$ <b> 痣").svg)


def test_only_synthetic_data_have_the_banner() -> None:
    assert "Synthetic data." in banner(synthetic=True)
    assert banner(synthetic=False) == ""


def test_the_style_asks_the_network_for_nothing() -> None:
    assert "url(" not in style()
    assert "@import" not in style()


def test_every_page_has_one_head_one_foot_and_dark_colours() -> None:
    """Whatever is on it: `$` and braces in a body are text."""
    page = document(
        "<p>$5 {x}</p>",
        title="t",
        kicker="k",
        heading="h",
        lead="l",
        synthetic=True,
        more=".x { top: 0 }",
    )
    for once in ("<head>", "<title>t</title>", "<h1>h</h1>", "<p>$5 {x}</p>", "No diagnosis"):
        assert page.count(once) == 1
    assert page.index("Synthetic data.") < page.index("<h1>")
    assert page.index(".x { top: 0 }") < page.index("</style>")
    assert "prefers-color-scheme: dark" in page


def test_an_exhibit_is_a_figure_with_its_table_and_takes_no_tags_from_a_text() -> None:
    text, drawn = "<b>x</b>", _draw("one")
    shown = Exhibit("one", text, text, drawn, ("What", "How much"), [(text, "7")], wide=True).html()
    assert text not in shown
    assert shown.count(escape(text)) == 3
    assert drawn.svg in shown
    assert '<th scope="col" class="number">How much</th>' in shown
    assert '<td class="number">7</td>' in shown
    assert '<figure class="wide">' in shown
    assert Exhibit("one", "t", "n", drawn, ("What",), []).html().startswith("<figure><")
