"""The main job, played from outside: over HTTP and DICOM only."""
