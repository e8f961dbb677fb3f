"""Text encoders in onnxruntime, which on processors is faster than torch and gives the same features."""
