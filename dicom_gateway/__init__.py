"""The DICOM gateway: associations, admission, spool, index."""
