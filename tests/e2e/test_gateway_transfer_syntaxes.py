"""DCMTK's storescu with each of its proposals: what it can send is taken as it sends it."""

from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest

from tests.e2e.gateway_process import (
    GatewayProcess,
    list_spooled,
    read_spooled,
    send,
    write_snapshot,
)
from tests.factories.dicom import write_ct_study

pytestmark = [pytest.mark.e2e, pytest.mark.peer]
PROPOSALS = [f"-x{each}" for each in "=ebisyxvwturd"]
#: These propose a video's syntax alone: an uncompressed image cannot be sent, and the file of
#: another program is not at hand. The context itself must be taken.
VIDEO = [f"-x{each}" for each in "mhnl23o45"]
#: Files of pydicom that are in the syntax that comes first in a proposal.
COMPRESSED = {
    "-xs": "SC_rgb_jpeg_gdcm.dcm",
    "-xy": "SC_rgb_dcmtk_+eb+cr.dcm",
    "-xx": "JPGExtended.dcm",
    "-xv": "MR_small_jp2klossless.dcm",
    "-xw": "JPEG2000.dcm",
    "-xt": "MR_small_jpeg_ls_lossless.dcm",
    "-xr": "MR_small_RLE.dcm",
    "-xd": "image_dfl.dcm",
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway without a database, for all proposals."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_snapshot(data_dir)
    with GatewayProcess(data_dir).running() as it:
        yield it


@pytest.mark.parametrize("option", PROPOSALS)
def test_an_uncompressed_image_arrives_by_each_proposal(
    tmp_path: Path, gateway: GatewayProcess, option: str
) -> None:
    written = write_ct_study(tmp_path / "ct", slices=1)

    send("storescu", gateway.port, option, *written.paths)

    assert len(read_spooled(gateway.layout)[written.sop_instance_uids[0]]) == 1


@pytest.mark.parametrize("option", VIDEO)
def test_a_proposal_of_video_alone_is_accepted(gateway: GatewayProcess, option: str) -> None:
    (path,) = (Path(pydicom.__file__).parent / "data").rglob("CT_small.dcm")

    # storescu says itself that it has no file for what we accepted.
    said = send("storescu", gateway.port, "-nh", "-v", option, path)

    assert "Association Accepted" in said


@pytest.mark.parametrize("option", sorted(COMPRESSED))
def test_a_compressed_image_is_taken_without_a_conversion(
    gateway: GatewayProcess, option: str
) -> None:
    (path,) = (Path(pydicom.__file__).parent / "data").rglob(COMPRESSED[option])
    read = pydicom.dcmread(path, stop_before_pixels=True)

    send("storescu", gateway.port, option, path)

    # Some of these files are one image in several syntaxes.
    kept = [pydicom.dcmread(each, stop_before_pixels=True) for each in list_spooled(gateway.layout)]
    assert read.file_meta.TransferSyntaxUID in {
        each.file_meta.TransferSyntaxUID
        for each in kept
        if each.SOPInstanceUID == read.SOPInstanceUID
    }
