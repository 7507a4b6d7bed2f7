"""Files that people send: read as text, split into columns, refused with every fault of them."""
