import { whenParentEnds } from "./parent.ts";

/** Loaded ahead of a program or policy pack with `--import`: it then ends with the language host that started it. */
whenParentEnds(() => process.kill(process.pid, "SIGKILL"));
