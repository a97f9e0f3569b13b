import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { parseIgnore } from "../../cluster/images/ignore.ts";
import { copiedSources, imageHash, imageNames } from "../../cluster/images/inputs.ts";
import { UserError } from "../../common/errors.ts";
import { chooseDelivery } from "../../engine/up/external-images.ts";
import { usesOneImage } from "../../engine/up/one-image.ts";

describe("the files that a Dockerfile copies", () => {
  it("are the sources of COPY and ADD from the context", () => {
    const dockerfile = [
      "FROM node:24-slim AS build",
      "COPY package.json package-lock.json ./",
      "COPY --chown=1000:1000 apps/a apps/a",
      "ADD data.tar \\",
      "    /data/",
      'COPY ["with space", "/x"]',
      "FROM node:24-slim",
      "COPY --from=build /app /app",
      "RUN echo COPY nothing",
    ].join("\n");
    expect(copiedSources(dockerfile)).to.deep.equal([
      "package.json",
      "package-lock.json",
      "apps/a",
      "data.tar",
      "with space",
    ]);
  });
});

describe(".dockerignore", () => {
  it("excludes files that match a pattern, and the last matching pattern decides", () => {
    const ignored = parseIgnore("# comment\n**/node_modules\n*.md\n!README.md\n/build/\n");
    expect(ignored("node_modules/a/b.js")).to.equal(true);
    expect(ignored("apps/x/node_modules/a")).to.equal(true);
    expect(ignored("NOTES.md")).to.equal(true);
    expect(ignored("README.md")).to.equal(false);
    expect(ignored("build/out.js")).to.equal(true);
    expect(ignored("apps/main.ts")).to.equal(false);
  });
});

describe("the content hash of an image", () => {
  let context = "";
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), text);
  };
  const hash = (base = "base-1") => imageHash(context, "Dockerfile", base);

  beforeEach(() => {
    context = mkdtempSync(join(tmpdir(), "context-"));
    write("Dockerfile", "FROM x\nCOPY app /app\n");
    write("app/main.ts", "1");
    write("app/deep/more.ts", "2");
    write("other/file", "3");
  });
  afterEach(() => rmSync(context, { recursive: true, force: true }));

  it("uses the Dockerfile's own ignore file if there is one, as Docker does", () => {
    write(".dockerignore", "app/main.ts\n");
    write("Dockerfile.dockerignore", "*\n!app\napp/deep\n");
    const before = hash();
    write("app/deep/more.ts", "changed");
    expect(hash()).to.equal(before);
    write("app/main.ts", "changed");
    expect(hash()).to.not.equal(before);
  });

  it("is the same for the same content", () => {
    const before = hash();
    expect(before).to.match(/^[0-9a-f]{12}$/);
    write("app/main.ts", "1");
    expect(hash()).to.equal(before);
  });

  it("changes with the Dockerfile, a file's content, name or mode, and the base", () => {
    const seen = [hash(), hash("base-2")];
    write("app/deep/more.ts", "changed");
    seen.push(hash());
    write("app/new.ts", "");
    seen.push(hash());
    chmodSync(join(context, "app/new.ts"), 0o755);
    seen.push(hash());
    write("Dockerfile", "FROM x\nCOPY app /app\nUSER 1000\n");
    seen.push(hash());
    expect(new Set(seen).size).to.equal(seen.length);
  });

  it("does not depend on files that are ignored or not copied", () => {
    write(".dockerignore", "**/node_modules\n");
    const before = hash();
    write("other/file", "changed");
    write("app/node_modules/x.js", "");
    expect(hash()).to.equal(before);
  });
});

describe("how another cluster gets images", () => {
  it("is through the given registry, otherwise with the load command of kind or minikube", () => {
    expect(chooseDelivery("kind-dev", undefined)).to.deep.equal({ kind: "kind", cluster: "dev" });
    expect(chooseDelivery("minikube", undefined)).to.deep.equal({ kind: "minikube", profile: "minikube" });
    expect(chooseDelivery("k3d-dev", undefined)).to.deep.equal({ kind: "k3d", cluster: "dev" });
    expect(chooseDelivery("kind-dev", "registry.example/team/")).to.deep.equal({
      kind: "registry",
      prefix: "registry.example/team",
    });
  });

  it("is an error that names the option if there is no way", () => {
    expect(() => chooseDelivery("production", undefined)).to.throw(UserError, "--registry HOST/PREFIX");
  });
});

describe("the images of a stack", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "images-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const usesOne = (images: string) => {
    const file = join(folder, "Pulumi.test.yaml");
    writeFileSync(file, `config:\n  ml-platform:images: ${images}\n`);
    return usesOneImage("test", [file]);
  };

  it("are a single image if both apps have the same reference, or are marked as combined", async () => {
    expect(await usesOne("{ inference: iris-ml:1, trainer: iris-ml:1 }")).to.equal(true);
    expect(await usesOne("{ registry: registry.example.com, combined: true }")).to.equal(true);
    expect(imageNames(true)).to.deep.equal({ inference: "combined", trainer: "combined" });
  });

  it("are otherwise one per app", async () => {
    expect(await usesOne("{ inference: inference:1, trainer: trainer:1 }")).to.equal(false);
    expect(await usesOne("{ registry: registry.example.com }")).to.equal(false);
    expect(await usesOneImage("dev")).to.equal(false);
    expect(imageNames(false)).to.deep.equal({ inference: "inference", trainer: "trainer" });
  });

  it("cannot be determined if the stack file is missing, and the error names the file", async () => {
    const error = await usesOneImage("none", [join(folder, "none.yaml")]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(UserError);
    expect(String(error)).to.include("none.yaml: there is no such file");
  });
});
