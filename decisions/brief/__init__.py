"""The brief: what the catalogue and its studies say of chosen mitigations, to be taken away."""
