import { expect } from "chai";
import { COMMENT_LIMIT, composeComment, markerOf } from "../../review/comment/compose.ts";
import { diffManifests } from "../../review/objects/manifest-diff.ts";
import { code, fenceFor } from "../../review/text/markdown.ts";
import { object, reviewOf, stack } from "./support.ts";

const compose = (review: Parameters<typeof composeComment>[0]) => composeComment(review, COMMENT_LIMIT, "the summary");
const config = (name: string, value: string) => object("Service", name, { spec: { value } });

describe("the comment on a pull request", () => {
  it("begins with its marker and a summary", () => {
    const [first, title] = compose(
      reviewOf([config("a", "1"), config("b", "1")], [config("a", "2"), config("c", "1")]),
    ).split("\n");
    expect(first).to.equal(markerOf("dev"));
    expect(title).to.equal("### Stack `dev`: 1 created, 1 updated, 1 deleted");
    expect(compose(reviewOf([config("a", "1")], [config("a", "1")]))).to.contain("Stack `dev`: nothing changes");
  });

  it("lists dangers first, then the changes in words, quota, cost and objects, with collapsed details", () => {
    const text = compose(
      reviewOf([object("PersistentVolumeClaim", "models")], [config("a", "1")], { manifestDiff: ["+a", "-b"] }),
    );
    const order = [
      "#### Do not miss",
      "#### Quota",
      "#### Cost",
      "#### Objects",
      "<summary>Each object",
      "<summary>Manifest diff",
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.to.include(-1);
    expect(places).to.deep.equal(places.toSorted((a, b) => a - b));
    expect(text).to.contain("🛑 **Data loss**: `PersistentVolumeClaim` `models` is deleted");
  });

  it("separates changes pending on the base from changes by the pull request", () => {
    const { changes = [] } = reviewOf([], [config("mine", "1"), config("waiting", "1")]);
    const marked = changes.map((change) => ({ ...change, pending: change.name === "waiting" }));
    const preview = { changes: marked, errors: [] };
    const text = compose(reviewOf([], [], { changes: marked, preview, basePreview: preview }));
    expect(text).to.contain("1 created (1 more wait on the base already)");
    expect(text.indexOf("`waiting`")).to.be.above(text.indexOf("<summary>Already pending on the base (1)"));
  });

  it("contains the available numbers if the stack is rejected", () => {
    const refused = {
      config: stack({}),
      problems: ["Pulumi.dev.yaml: namespace.quota: the stack can ask for 9"],
      missing: false,
    };
    const review = reviewOf([], []);
    const text = compose({
      ...review,
      stackFiles: { base: refused, head: refused },
      rendered: { base: {}, head: { error: "refused" } },
      changes: undefined,
    });
    expect(text).to.contain("what changes cannot be told");
    expect(text).to.contain("the stack can ask for 9");
    expect(text).to.contain("#### Cost");
  });

  it("says so if the base's stack file is invalid for the pull request's program", () => {
    const review = reviewOf([], []);
    const base = { problems: ["Pulumi.dev.yaml: colour: unknown setting"], missing: false };
    const text = compose({ ...review, stackFiles: { ...review.stackFiles, base } });
    expect(text).to.contain("The base's stack file does not fit");
    expect(text).to.contain("`Pulumi.dev.yaml: colour: unknown setting`");
    expect(text).to.contain("**A month:** not known →");
    expect(text).not.to.contain("is **new**");
  });

  it("shows errors of the engine and policy violations", () => {
    const preview = { changes: [], errors: ["error: no cluster"] };
    const violations = [
      { mandatory: true, text: "policy digests: iris: has a tag" },
      { mandatory: false, text: "policy advice: iris: could be better" },
    ];
    const text = compose(reviewOf([], [], { preview, basePreview: preview, violations }));
    expect(text).to.contain("#### What is wrong\n\n```\npolicy digests: iris: has a tag\nerror: no cluster\n```");
    expect(text).to.contain("- Advice: `policy advice: iris: could be better`");
  });
});

describe("text from others in a comment", () => {
  const HOSTILE = "`` @everyone <img src=x> | [a](b) \u202e\n# title";

  it("is not rendered as Markdown, HTML or a mention", () => {
    expect(code(HOSTILE)).to.equal("``` `` @everyone <img src=x> | [a](b)  # title ```");
    expect(code("a`b")).to.equal("``a`b``");
    expect(code("")).to.equal("(empty)");
    expect(code("x".repeat(500))).to.have.length(122);
  });

  it("does not end the fence that contains it", () => {
    const text = compose(reviewOf([], [], { manifestDiff: ["+ ````", "+ </details>"] }));
    expect(fenceFor(["a ```` b"])).to.equal("`````");
    expect(text).to.contain("`````diff\n+ ````\n+ </details>\n`````\n");
  });

  it("is escaped in every name and value", () => {
    const text = compose(
      reviewOf(
        [object("Service", "a", { spec: { type: "a" } })],
        [object("Service", "a", { spec: { type: HOSTILE } })],
      ),
    );
    expect(text).not.to.match(/^# title/m);
    expect(text).to.contain("→ ``` `` @everyone");
  });
});

describe("a comment that is too long", () => {
  const many = (value: string) =>
    Array.from({ length: 2000 }, (_none, index) => config(`service-with-a-long-name-${index}`, value));
  const diff = Array.from({ length: 5000 }, (_none, index) => `+ line ${index}`);

  it("is cut to GitHub's limit, says so, and stays well-formed", () => {
    const text = compose(reviewOf(many("1"), many("2"), { manifestDiff: diff }));
    expect(text.length).to.be.at.most(COMMENT_LIMIT);
    expect(text).to.match(
      /\*\*Shortened:\*\* +\d+ of 2000 lines of “Objects” are left out; the summary has them all\./,
    );
    expect(text).to.contain("of 5000 lines of “Manifest diff” are left out");
    for (const part of ["#### Cost", "<summary>Manifest diff"]) expect(text, part).to.contain(part);
    expect(text.match(/<details>/g)).to.have.length(text.match(/<\/details>/g)?.length ?? 0);
    expect((text.match(/^```/gm) ?? []).length % 2).to.equal(0);
  });

  it("is not cut if it fits", () => {
    const text = composeComment(reviewOf(many("1"), many("2"), { manifestDiff: diff }), 1 << 24, "nothing");
    expect(text).not.to.contain("Shortened");
    expect(text).to.contain("service-with-a-long-name-1999");
    expect(text).to.contain("+ line 4999");
  });

  it("has no overlong lines", async () => {
    const lines = await diffManifests([], [object("ConfigMap", "board", { data: { json: "x".repeat(100_000) } })]);
    const text = compose(reviewOf([], [], { manifestDiff: lines }));
    expect(Math.max(...text.split("\n").map(({ length }) => length))).to.be.below(500);
  });
});

describe("images in a comment", () => {
  it("are the deployed and the previewed ones, with their digests", () => {
    const server = (image: string) =>
      object("Deployment", "iris", { spec: { template: { spec: { containers: [{ name: "server", image }] } } } });
    const [was, is] = [server("team/inference:dev@sha256:aaaa"), server("team/inference:dev@sha256:bbbb")];
    const { changes = [] } = reviewOf([was], [is]);
    // The rendered manifests of both sides have only the tag.
    const plain = [server("team/inference:dev")];
    const preview = { changes, errors: [] };
    expect(compose(reviewOf(plain, plain, { changes, preview, basePreview: preview }))).to.contain(
      "**Image** of Deployment `iris`: `team/inference:dev@sha256:aaaa` → `team/inference:dev@sha256:bbbb`",
    );
  });
});
