"""What a chart shows and where: read from the SVG, for every chart that could go wrong."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from bot.drawing.font import fonts
from bot.drawing.svg import BAR, NAME, OTHERS, OWN, WIDTH, svg
from bot.language import languages
from handlers.kit.chart import Chart
from tests.chat import ZONE
from tests.drawing.charts import CHARTS, LONG, SEVEN

VI = languages(ZONE)["vi"]
Element = ElementTree.Element


def drawn(chart: Chart) -> Element:
    return ElementTree.fromstring(svg(chart, VI).encode())  # noqa: S314


def texts(picture: Element) -> list[Element]:
    return [each for each in picture if each.tag.endswith("text")]


def bars(picture: Element) -> list[Element]:
    return [each for each in picture if each.get("height") == str(BAR) and each.get("fill") in (OTHERS, OWN)]


def span(text: Element) -> tuple[float, float]:
    usual, bold = fonts()
    font = bold if text.get("font-weight") else usual
    x, width = float(text.get("x", "")), font.width(text.text or "", float(text.get("font-size", "")))
    return (x - width, x) if text.get("text-anchor") else (x, x + width)


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_leaves_the_picture_or_lies_over_something_else(name: str) -> None:
    picture = drawn(CHARTS[name])
    height = float(picture.get("height", ""))
    assert picture.get("width") == str(WIDTH)
    assert WIDTH + height <= 10_000
    assert max(WIDTH / height, height / WIDTH) <= 20
    for text in texts(picture):
        left, right = span(text)
        assert left >= 0
        assert right <= WIDTH
        assert 0 < float(text.get("y", "")) <= height
    for bar in bars(picture):
        assert float(bar.get("x", "")) >= 0
        assert float(bar.get("x", "")) + float(bar.get("width", "")) <= WIDTH
    lines: dict[str, list[tuple[float, float]]] = {}
    for text in texts(picture):
        lines.setdefault(text.get("y", ""), []).append(span(text))
    for spans in lines.values():
        assert all(left[1] <= right[0] for left, right in pairwise(sorted(spans)))
    # No figure touches a bar: it stands above, with air between.
    for bar in bars(picture):
        top = float(bar.get("y", ""))
        assert all(not top - 2 < float(text.get("y", "")) < top + BAR - 2 for text in texts(picture))


def test_names_and_figures_are_large_enough_for_a_phone() -> None:
    said = {text.text: float(text.get("font-size", "")) for text in texts(drawn(SEVEN))}
    assert NAME >= 27
    assert said["Tuyên Quang"] == said["881,22"] == NAME
    assert min(said.values()) >= 27


def test_bars_are_as_long_as_their_figures_and_begin_at_zero() -> None:
    lengths = [float(bar.get("width", "")) for bar in bars(drawn(SEVEN))]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] / lengths[0] == pytest.approx(404.71 / 881.22, abs=0.002)
    above, below = bars(drawn(CHARTS["below zero"]))
    assert float(below.get("x", "")) + float(below.get("width", "")) == pytest.approx(float(above.get("x", "")))
    assert float(below.get("width", "")) / float(above.get("width", "")) == pytest.approx(3, abs=0.01)
    assert bars(drawn(CHARTS["all zero"])) == []


def test_the_own_line_is_told_by_more_than_its_colour() -> None:
    own = next(text for text in texts(drawn(SEVEN)) if text.text == "Lạng Sơn")
    other = next(text for text in texts(drawn(SEVEN)) if text.text == "Lào Cai")
    assert own.get("font-weight") == "700"
    assert other.get("font-weight") is None


def test_a_change_of_rank_is_an_arrow_with_its_number() -> None:
    picture = drawn(SEVEN)
    arrows = [each for each in picture if each.tag.endswith("polygon")]
    assert len(arrows) == 4
    up = [tuple(map(float, point.split(","))) for point in arrows[0].get("points", "").split()]
    down = [tuple(map(float, point.split(","))) for point in arrows[-1].get("points", "").split()]
    assert up[2][1] < up[0][1]
    assert down[2][1] > down[0][1]
    assert not {"▲", "▼"} & set("".join(text.text or "" for text in texts(picture)))
    assert [each for each in drawn(CHARTS["one unit"]) if each.tag.endswith("polygon")] == []


def test_signs_and_long_names_are_whole() -> None:
    said = " ".join(text.text or "" for text in texts(drawn(CHARTS["signs"])))
    assert "A & B <c> \"d\" 'e' ]]>" in said
    assert "Điểm & <hạng>" in said
    long = " ".join(text.text or "" for text in texts(drawn(CHARTS["long names"])))
    assert LONG in long
    assert "12.345.678,90 triệu đồng" in long


def test_the_same_chart_gives_the_same_text_and_another_language_another_one() -> None:
    assert svg(SEVEN, VI) == svg(SEVEN, VI)
    assert svg(SEVEN, VI) != svg(SEVEN, languages(ZONE)["en"])
