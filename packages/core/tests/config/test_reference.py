"""The reference page of settings is made of the sections themselves."""

from __future__ import annotations

from pymacaron.config.reference import Setting, settings_page, settings_table
from pymacaron.config.settings import Settings, setting
from pymacaron.plugins.records import ConfigSection


class Line(Settings):
    colour: str = setting("red", description="Of the line.")


class DrawSettings(Settings):
    draw_secret: str = setting(description="Signs | drawings.", example="a|b", secret=True, min_length=4)
    draw_line: Line = setting(Line(), description="How to draw.")
    draw_sizes: list[int] | None = setting(None, description="In\npixels.", example=[1, 2])


DRAW = ConfigSection("draw", f"{__name__}:DrawSettings")
CORE = ConfigSection("core", "pymacaron.config.core:CoreConfig")


def test_the_table_has_a_row_for_each_key_nested_ones_dotted() -> None:
    assert settings_table([DRAW])[:3] == [
        Setting("draw", "draw_secret", "text of at least 4 characters", True, "", "Signs | drawings.", "a|b", True),
        Setting("draw", "draw_line", "a mapping of colour", False, "", "How to draw.", "", False),
        Setting("draw", "draw_line.colour", "text", False, "red", "Of the line.", "", False),
    ]


def test_the_page_is_markdown_by_section() -> None:
    assert settings_page(settings_table([DRAW]), {"draw": "shop-drawing"}) == (
        "# Settings\n\n"
        "The keys of `pym-config.yaml`, by the section that declares them. Written by `pym config docs`.\n\n"
        "## draw\n\nOf shop-drawing.\n\n"
        "| Key | Type | Default | Description | Example | Secret |\n"
        "|---|---|---|---|---|---|\n"
        "| `draw_secret` | text of at least 4 characters | required | Signs \\| drawings. | `a\\|b` | yes |\n"
        "| `draw_line` | a mapping of colour |  | How to draw. |  |  |\n"
        "| `draw_line.colour` | text | `red` | Of the line. |  |  |\n"
        "| `draw_sizes` | a list of integers |  | In pixels. | `[1, 2]` |  |\n"
    )


def test_every_key_of_core_has_a_description_and_an_example() -> None:
    rows = settings_table([CORE, DRAW])
    assert [row.section for row in rows] == sorted(row.section for row in rows)
    assert [row.key for row in rows if row.section == "core" and not (row.description and row.example)] == []
