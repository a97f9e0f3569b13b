import { Problem } from "./problem.ts";

/**
 * The promise's outcome, or Problem 504 where it has none by the deadline.
 *
 * @param deadline On the clock of `performance.now()`, in milliseconds.
 */
export function before<T>(deadline: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Problem(504, "timeout", "the model did not answer in time")),
      Math.max(0, deadline - performance.now()),
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
