import { expect } from "chai";
import { execa } from "execa";
import { HEAP_FLAG } from "../../../../apps/inference/heap.ts";

describe("the heap of the server", () => {
  it("grows by a flag that this V8 supports; it would ignore an unknown flag silently", async () => {
    const { stdout } = await execa(process.execPath, ["--v8-options"]);
    const [name = ""] = HEAP_FLAG.split("=");

    expect(stdout).to.match(new RegExp(`^ *${name} `, "m"));
    await execa(process.execPath, [HEAP_FLAG, "--eval", ""]);
  });
});
