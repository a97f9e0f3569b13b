import { expect } from "chai";
import { browser } from "../../support/chromium.ts";
import { startTestServer } from "../inference/support/server.ts";

describe("the documentation page in a browser", () => {
  it("shows the model's fields, sends a prediction and shows the response, without requests to other hosts", async function () {
    const { context, close } = await browser(this);
    const server = await startTestServer({ model: "iris" });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(`${server.url}/docs`);

      const operation = page
        .locator(".opblock-post")
        .filter({ has: page.locator('[data-path="/predict"]') })
        .first();
      await operation.locator(".opblock-summary-control").click();
      const body = operation.locator("textarea").first();
      await body.waitFor();
      const example = await body.inputValue();
      for (const field of ["sepal_length", "sepal_width", "petal_length", "petal_width"]) {
        expect(example).to.include(field);
      }
      await body.fill('{"sepal_length": 6.7, "sepal_width": 3.0, "petal_length": 5.2, "petal_width": 2.3}');
      await operation.locator("button.execute").click();
      const answer = operation.locator(".live-responses-table");
      await answer.getByText("virginica").first().waitFor();

      expect(complaints).to.deep.equal([]);
      expect(asked.length).to.be.greaterThan(2);
      expect(asked.filter((url) => !url.startsWith(`${server.url}/`) && !/^(data|blob):/.test(url))).to.deep.equal([]);
    } finally {
      await close();
      await server.stop();
    }
  });
});
