"""Every query on what arrived by DICOM."""
