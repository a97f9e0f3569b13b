// The SDK loads this file through ts-node, which would compile a .ts entry as CommonJS. Imports are loaded by Node.js.
import "./main.ts";
