"""One contract for every `DicomSender`."""
