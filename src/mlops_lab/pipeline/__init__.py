"""The pure core: features, training and evaluation as functions of values, without I/O."""
