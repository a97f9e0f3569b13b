import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { readStackFiles, StackFileError } from "../../render/stack-file.ts";

describe("a stack file", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "stack-file-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function read(content: string | Uint8Array): Promise<unknown> {
    const file = path.join(folder, "Pulumi.it.yaml");
    await writeFile(file, content);
    return (await readStackFiles("ml-platform", [file]))["config"];
  }

  /** What is wrong with a file, without the file's name. */
  async function problemsOf(content: string | Uint8Array): Promise<string[]> {
    try {
      await read(content);
    } catch (error) {
      if (!(error instanceof StackFileError)) throw error;
      return error.message.split("\n").map((line) => line.replace(`${path.join(folder, "Pulumi.it.yaml")}: `, ""));
    }
    return [];
  }

  it("has merge keys resolved, one after another, with the item's own settings on top", async () => {
    const yaml = `config:
  models:
    - versions:
        - &base { version: "1", replicas: 2, resources: { limits: { cpu: "1" } } }
        - &more { <<: *base, version: "2", replicas: 3 }
        - { version: "3", <<: [*more, *base] }
`;
    const limits = { limits: { cpu: "1" } };
    expect(await read(yaml)).to.deep.equal({
      "ml-platform:models": [
        {
          versions: [
            { version: "1", replicas: 2, resources: limits },
            { version: "2", replicas: 3, resources: limits },
            { version: "3", replicas: 3, resources: limits },
          ],
        },
      ],
    });
  });

  it("may use one anchor hundreds of times", async () => {
    const items = Array.from({ length: 500 }, () => "    - *labels").join("\n");
    const config = await read(`config:\n  a: &labels { team: risk }\n  b:\n${items}\n`);
    expect((config as { "ml-platform:b": unknown[] })["ml-platform:b"]).to.have.length(500);
  });

  const text = "config:\r\n  ml-platform:environment: Prüfung\r\n";
  const swapped = (utf16: Buffer) => Buffer.from(utf16).swap16();
  const encodings: [string, Uint8Array][] = [
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${text}`)],
    ["UTF-16, little end first", Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["UTF-16, big end first", swapped(Buffer.from(`\uFEFF${text}`, "utf16le"))],
    ["UTF-16 without a byte order mark", Buffer.from(text, "utf16le")],
  ];
  for (const [encoding, bytes] of encodings) {
    it(`may be ${encoding}`, async () => {
      expect(await read(bytes)).to.deep.equal({ "ml-platform:environment": "Prüfung" });
    });
  }

  const mistakes: [string, string | Uint8Array, string[]][] = [
    ["an older encoding", Buffer.from(text, "latin1"), ["is neither UTF-8 nor UTF-16; save it as UTF-8"]],
    [
      "a tab",
      "config:\n\tcanaryWeight: 1\n",
      ["line 2: is indented with a tab, which YAML does not allow; use spaces"],
    ],
    ["a key twice", "config:\n  a:b: 1\n  a:b: 2\n", ["line 3: a:b is given twice; keep one"]],
    ["a number and a text as one key", 'config:\n  a: { 1: x, "1": y }\n', ["line 2: 1 is given twice; keep one"]],
    ["two documents", "config: {}\n---\nconfig: {}\n", ["has 2 documents, separated by ---; keep one"]],
    [
      "another program's tag",
      "config:\n  a: !env HOME\n",
      ["line 2: the tag !env means nothing here; write the value itself"],
    ],
    ["bytes", "config:\n  a: !!binary aGk=\n", ["line 2: the tag !!binary means nothing here; write the value itself"]],
    [
      "keys without values",
      "config:\n  models:\n  a: { b: [1, { c: }] }\n",
      [
        "models is empty; give it a value, or null to remove an earlier file's",
        "a.b[1].c is empty; give it a value, or null to remove an earlier file's",
      ],
    ],
    [
      "a setting beside config",
      "ml-platform:canaryWeight: 9\nconfig: {}\n",
      ["ml-platform:canaryWeight: is not read beside config; indent it, so that it is under config"],
    ],
    [
      "the environment beside config",
      "environment: prod\nconfig: {}\n",
      ["environment: beside config it lists environments of Pulumi ESC; write ml-platform:environment under config"],
    ],
    [
      "a key with and without the project's name",
      "config:\n  canaryWeight: 1\n  ml-platform:canaryWeight: 2\n",
      ["canaryWeight is given twice, with and without ml-platform: before it; keep one"],
    ],
  ];
  for (const [what, content, problems] of mistakes) {
    it(`is rejected with ${what}`, async () => {
      expect(await problemsOf(content)).to.deep.equal(problems);
    });
  }

  it("may be empty, end with ---, set null, say what a value is, and hold what Pulumi keeps beside config", async () => {
    expect(await read("")).to.deep.equal({});
    expect(await read("config: { a: !!str 1 }\nencryptionsalt: v1:abc\n---\n")).to.deep.equal({ "ml-platform:a": "1" });
    expect(await read("config: { a: null, b: ~, c: 2 }\nenvironment: [shared]\n")).to.deep.equal({
      "ml-platform:c": 2,
    });
  });
});
