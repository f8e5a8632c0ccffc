"""Synthetic skin under a dermatoscope: tone, light, texture, hairs and the rim of the lens.

Every function draws from the generator it is given and from nothing else.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

__all__ = ["HEIGHT", "WIDTH", "Look", "draw_look", "grid", "hairs", "noise", "rim", "skin"]

WIDTH, HEIGHT = 160, 120  # pixels
_TONES = np.array(
    [[226, 184, 174], [214, 178, 190], [204, 176, 152], [222, 146, 130], [196, 160, 168]],
    dtype=np.float32,
)
_FINE = 2  # hairs are drawn at this many times the resolution, then averaged

Field = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Look:
    """What a patient's pictures share: the skin and the camera.

    tone: RGB, 0 to 255. light: strength of the uneven illumination. mottle: strength of the
    blotches. hairiness: mean number of hairs. lens: radius of the dark rim, in units of the
    picture's height; 0 is no rim.
    """

    tone: tuple[float, float, float]
    light: float
    mottle: float
    hairiness: float
    lens: float


def draw_look(rng: np.random.Generator) -> Look:
    """Draw one patient's skin and camera."""
    weights = rng.dirichlet(np.full(len(_TONES), 0.35))
    tone = weights @ _TONES * rng.uniform(0.86, 1.08) + rng.normal(0, 5, 3)
    return Look(
        tone=(float(tone[0]), float(tone[1]), float(tone[2])),
        light=float(rng.uniform(0.02, 0.14)),
        mottle=float(rng.uniform(2.0, 7.0)),
        hairiness=float(rng.choice([0.0, 2.0, 9.0], p=[0.5, 0.35, 0.15])),
        lens=float(rng.uniform(0.60, 0.78)) if rng.random() < 0.25 else 0.0,
    )


def grid() -> tuple[Field, Field]:
    """Give x and y of every pixel, `(HEIGHT, WIDTH)` each, in picture heights from the centre."""
    x = (np.arange(WIDTH, dtype=np.float32) - (WIDTH - 1) / 2) / HEIGHT
    y = (np.arange(HEIGHT, dtype=np.float32) - (HEIGHT - 1) / 2) / HEIGHT
    across, down = np.meshgrid(x, y)
    return across.astype(np.float32), down.astype(np.float32)


def noise(rng: np.random.Generator, cells: int) -> Field:
    """Give a smooth random field about zero, `(HEIGHT, WIDTH)`, with `cells` bumps in a row."""
    coarse = rng.standard_normal((max(2, cells * HEIGHT // WIDTH), cells), dtype=np.float32)
    smooth = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32)


def skin(look: Look, rng: np.random.Generator) -> Field:
    """Give bare skin, `(HEIGHT, WIDTH, 3)`, 0 to 255."""
    x, y = grid()
    angle = rng.uniform(0, 2 * np.pi)
    light = 1 + look.light * (np.cos(angle) * x + np.sin(angle) * y) * 2
    light -= 0.35 * look.light * (x * x + y * y) * 4
    blush = look.mottle * (noise(rng, 5) + 0.7 * noise(rng, 14))
    pores = 1.5 * noise(rng, 50) + 1.0 * noise(rng, 100)
    tint = np.array([0.5, 1.0, 0.9], dtype=np.float32)  # blood takes green and blue first
    base = np.array(look.tone, dtype=np.float32) + blush[..., None] * tint + pores[..., None]
    return np.asarray(base * light[..., None], dtype=np.float32)


def hairs(picture: Field, look: Look, rng: np.random.Generator) -> Field:
    """Lay dark curved hairs over a picture."""
    count = int(rng.poisson(look.hairiness))
    if count == 0:
        return picture
    mask = Image.new("L", (WIDTH * _FINE, HEIGHT * _FINE))
    draw = ImageDraw.Draw(mask)
    heading = rng.uniform(0, np.pi)
    for _ in range(count):
        draw.line(_hair(heading, rng), fill=int(rng.integers(110, 230)), width=_FINE, joint="curve")
    covered = np.asarray(mask.reduce(_FINE), dtype=np.float32)[..., None] / 255
    colour = np.array([62, 44, 40], dtype=np.float32)
    return (picture * (1 - covered) + colour * covered).astype(np.float32)


def _hair(heading: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Give the points of one bent hair, in the pixels of the finer mask."""
    angle = heading + rng.normal(0, 0.5)
    middle = rng.uniform([0, 0], [WIDTH * _FINE, HEIGHT * _FINE])
    along = np.array([np.cos(angle), np.sin(angle)])
    half = rng.uniform(0.15, 0.7) * HEIGHT * _FINE
    bend = rng.normal(0, 0.18) * half
    t = np.linspace(-1, 1, 12)[:, None]
    points = middle + t * half * along + (t * t - 0.5) * bend * np.array([-along[1], along[0]])
    return [(float(px), float(py)) for px, py in points]


def rim(picture: Field, look: Look) -> Field:
    """Darken what lies outside the lens, or only the corners where the lens is wide."""
    x, y = grid()
    radius = np.sqrt(x * x + y * y)
    if look.lens == 0:
        shade = 1 - 0.25 * np.clip(radius - 0.55, 0, None)
    else:
        shade = 0.05 + 0.95 / (1 + np.exp(np.clip((radius - look.lens) * 60, -40, 40)))
    return (picture * shade[..., None]).astype(np.float32)
