"""Methods that tune the surrogate: a vector is how its parameters change when it learns an entity's outputs."""
