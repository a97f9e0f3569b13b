// The SDK requires this file through ts-node, which would compile a .ts entry as CommonJS; an import is left to Node.
import "./index.ts";
