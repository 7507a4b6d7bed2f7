"""DICOM as a client: send objects (C-STORE), ask who is there (C-ECHO)."""
