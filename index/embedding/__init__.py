"""Export, quantize and run the embedding model."""

import os

# Since 1.29 ONNX Runtime tells Microsoft about each session, unless this is set before it is loaded.
# https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
