import { whenParentEnds } from "./parent.ts";

/** Loaded before a program or policy pack with `--import`: ends it together with the language host that started it. */
whenParentEnds(() => process.kill(process.pid, "SIGKILL"));
