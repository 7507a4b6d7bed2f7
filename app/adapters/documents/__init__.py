"""Documents of a signed report: PDF, DICOM Encapsulated PDF, DICOM Basic Text SR."""
