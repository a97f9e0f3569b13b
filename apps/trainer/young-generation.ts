import { setFlagsFromString } from "node:v8";

// Most of what training makes lives in typed arrays, outside V8's heap, and the rest is short-lived: 1 MB of young
// generation is as fast as the 16 MB and more that it would grow to, most of which a fit touches only once.
setFlagsFromString("--semi-space-growth-factor=1");
