"""How the console looks: colours, type and the style sheet. Everything is local; no font is fetched from anywhere."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors

STYLE = Path(__file__).with_name("console.css")

FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]

PINE = colors.Color(
    name="pine",
    c50="#eff6f4",
    c100="#d8ebe5",
    c200="#b3d7cd",
    c300="#85bcae",
    c400="#579c8c",
    c500="#3c8172",
    c600="#2d685c",
    c700="#27544b",
    c800="#23443e",
    c900="#203934",
    c950="#0e1f1c",
)


def theme() -> gr.themes.Base:
    """Return the theme, light and dark."""
    return gr.themes.Base(
        primary_hue=PINE,
        secondary_hue=PINE,
        neutral_hue=colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=FONT,
        font_mono=MONO,
    ).set(
        body_background_fill="#faf9f7",
        body_background_fill_dark="#171a19",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1f2422",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1f2422",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500",
        button_primary_background_fill_hover_dark="*primary_400",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        block_border_width="1px",
        block_shadow="none",
    )
