"""SOP classes and transfer syntaxes that services have in common."""

VERIFICATION = "1.2.840.10008.1.1"
UNCOMPRESSED = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")
"""How data sets without pixels are encoded; nobody needs to deflate them."""
