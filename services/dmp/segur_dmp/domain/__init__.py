"""Pure rules of the DMP: who may do what, who sees which document."""
