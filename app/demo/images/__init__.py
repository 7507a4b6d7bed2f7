"""The images of the demo: real files that come with pydicom, and a generated CT."""
