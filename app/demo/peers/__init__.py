"""What stands around the platform: modalities that send, nodes of hospitals and centres."""
