"""What each society brings: counted, weighted, imported, frozen, and held against its people."""
