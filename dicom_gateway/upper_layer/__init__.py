"""The DICOM upper layer protocol (PS3.8 §9): PDUs, association negotiation, state machine."""
