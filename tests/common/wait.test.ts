import { expect } from "chai";
import { waitFor } from "../../common/wait.ts";

describe("waiting", () => {
  it("ends with the first value", async () => {
    let calls = 0;
    expect(await waitFor(() => (++calls === 3 ? calls : undefined), { interval: 1 })).to.equal(3);
  });

  it("checks at least once, and returns undefined on a timeout", async () => {
    let calls = 0;
    expect(await waitFor(() => void calls++, { interval: 1, timeout: -1 })).to.equal(undefined);
    expect(calls).to.equal(1);
  });

  it("ends with an error if the check throws", async () => {
    const error = await waitFor(() => Promise.reject(new Error("broken"))).catch((failure: unknown) => failure);
    expect(String(error)).to.equal("Error: broken");
  });

  it("ends between two checks if it is aborted", async () => {
    const abort = new AbortController();
    const waiting = waitFor(() => undefined, { interval: 60_000, signal: abort.signal });
    abort.abort();
    expect(await waiting).to.equal(undefined);
  });
});
