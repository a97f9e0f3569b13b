import { expect } from "chai";
import fc from "fast-check";
import { checkStack } from "../../config/index.ts";
import { generatedStacks } from "./generated-stacks.ts";

describe("generated stack files", () => {
  it("are accepted, or rejected with one line for each problem that names the path of a setting", () => {
    let accepted = 0;
    const property = fc.property(generatedStacks(), (settings) => {
      const { stack, problems, warnings } = checkStack(settings);
      if (problems.length === 0) accepted++;
      expect(stack !== undefined || problems.length > 0).to.equal(true);
      for (const { path, message } of problems) {
        expect(path).to.match(/^[a-zA-Z]+(\.|\[|$)/);
        expect(message).to.match(/^[^\n]{10,}$/);
        expect(Object.keys({ ...settings, gateway: {}, storage: {}, images: {} }), `${path}: ${message}`).to.include(
          /^[a-zA-Z]+/.exec(path)?.[0],
        );
      }
      for (const warning of warnings) expect(warning).to.match(/^[a-zA-Z][^\n]+: [^\n]+$/);
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
    // Otherwise the property says nothing of stacks that are accepted.
    expect(accepted).to.be.above(10);
  });
});
