/** Environment variable with the process id of the parent; a process that starts plugins sets it. */
export const PARENT_PID = "PLUGIN_PARENT_PID";

/**
 * Calls `gone` when the parent process has ended for any reason: a process whose parent is killed gets another parent but no
 * signal. The parent's process id comes from the environment, because the parent may end before this is called.
 */
export function whenParentEnds(gone: () => void): void {
  const parent = Number(process.env[PARENT_PID] ?? process.ppid);
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    gone();
  }, 250);
  watch.unref();
}
