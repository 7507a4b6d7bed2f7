"""DICOM as a client: C-STORE out, echo of peers."""
