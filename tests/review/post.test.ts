import { expect } from "chai";
import { UserError } from "../../common/errors.ts";
import { postComment, pullRequestOf } from "../../review/comment/post.ts";
import { type GitHub, startGitHub } from "./github.ts";

describe("posting the comment", () => {
  let github: GitHub;
  const target = () => ({ api: github.url, repository: "team/models", number: 7, token: "t0ken" });

  beforeEach(async () => {
    github = await startGitHub();
  });
  afterEach(() => github.close());

  it("adds one comment per stack, and updates it from then on", async () => {
    expect(await postComment(target(), "<!-- dev -->\none")).to.equal("created");
    expect(await postComment(target(), "<!-- prod -->\nother")).to.equal("created");
    expect(await postComment(target(), "<!-- dev -->\ntwo")).to.equal("updated");
    expect(github.comments.map(({ body }) => body)).to.deep.equal(["<!-- dev -->\ntwo", "<!-- prod -->\nother"]);
    expect(github.tokens).to.deep.equal(new Set(["Bearer t0ken"]));
  });

  it("finds its comment after many others, and does not touch a copy made by a person", async () => {
    for (let index = 0; index < 150; index += 1) github.add("Looks good", "User");
    github.add("<!-- dev -->\ncopied", "User");
    const mine = github.add("<!-- dev -->\none", "Bot");
    expect(await postComment(target(), "<!-- dev -->\ntwo")).to.equal("updated");
    expect(mine.body).to.equal("<!-- dev -->\ntwo");
    expect(github.comments.filter(({ body }) => body.includes("copied"))).to.have.length(1);
  });

  it("does not fail if the token may not write, as for a fork", async () => {
    github.readOnly = true;
    expect(await postComment(target(), "<!-- dev -->\none")).to.equal("forbidden");
    expect(github.comments).to.deep.equal([]);
  });

  it("says which variables are missing outside of a workflow", async () => {
    const error = await pullRequestOf({}).catch((failure: unknown) => failure);
    expect(error).to.be.instanceOf(UserError);
    expect(String(error)).to.contain("GITHUB_TOKEN");
  });
});
