// Read by ONNX Runtime when it is loaded: it must neither send anything nor write an identifier to the home directory.
process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
