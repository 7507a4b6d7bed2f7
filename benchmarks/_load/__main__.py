"""Bring a crowd: `python -m benchmarks._load HOST PORT --associations 200 --images 20`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

import uvloop

from benchmarks._load.crowd import Crowd, Result, come
from benchmarks._load.recording import Image


def main(arguments: Sequence[str]) -> int:
    """Bring one crowd; 0 if every image was acknowledged and nothing was refused."""
    options = _read_options(arguments)
    crowd = Crowd(**{name: getattr(options, name) for name in Crowd.__slots__})
    image = Image.read(options.image) if options.image else _make_image(options.side)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(come(crowd, image=image, host=options.host, port=options.port))
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(result)), encoding="utf-8")
    else:
        _tell(result)
    return 1 if result.failures else 0


def _make_image(side: int) -> Image:
    # Loading what makes images takes longer than a small crowd; whoever has one is spared it.
    from benchmarks._load.image import make_image  # noqa: PLC0415

    return make_image(side)


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks._load",
        description="Open associations at once, and store images of fresh UIDs over each.",
    )
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--associations", type=int, default=200)
    parser.add_argument("--images", type=int, default=20, help="over each association")
    parser.add_argument("--stalled", type=int, default=0, help="more, that stall within a PDU")
    parser.add_argument("--side", type=int, default=136, help="rows and columns of a fresh image")
    parser.add_argument("--image", type=Path, help="an encoded image instead of a fresh one")
    parser.add_argument("--calling", default="VALLON_CT1")
    parser.add_argument("--called", default="ASTREINTE")
    parser.add_argument("--patience-s", type=float, default=120.0, help="for all of it")
    parser.add_argument("--json", type=Path, help="write all that was found into this file")
    return parser.parse_args(arguments)


def _tell(result: Result) -> None:
    images = [each for stored in result.stored for each in stored.image_s]
    print(
        f"{len(result.stored)} associations accepted in {result.opened_s:.3f} s; {len(images)} "
        f"images acknowledged in {result.stored_s:.3f} s; {result.stalled} stalled"
    )
    if images:
        each_s = median(stored.stored_s for stored in result.stored)
        print(f"  {len(images) / result.stored_s:.0f} images a second")
        print(f"  an association took {each_s:.3f} s, an image {median(images):.4f} s (medians)")
    for failure in result.failures:
        print(f"  FAILED  {failure}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
