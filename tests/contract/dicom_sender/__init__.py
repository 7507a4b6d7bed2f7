"""One contract for every `DicomPeers`."""
