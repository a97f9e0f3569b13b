import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { type FileServer, startFileServer } from "./file-server.ts";
import { bytes, type Fetching, sha256, startFetching } from "./support.ts";

const CONTENT = bytes(300_000);

describe("a source behind HTTP", () => {
  let server: FileServer;
  let fetching: Fetching;
  beforeEach(async () => {
    [server, fetching] = await Promise.all([startFileServer(), startFetching()]);
  });
  afterEach(() => Promise.all([server.close(), fetching.close()]));

  const read = (file: string) => readFile(path.join(fetching.root, "m", "1", file));

  it("becomes a version with the graph at its place, and a record of where it is from", async () => {
    server.files.set("/dir/a%20graph.onnx", { content: CONTENT });
    const { version, record, wasThere } = await fetching.fetch(`${server.url}/dir/a%20graph.onnx`);
    expect({ version, wasThere }).to.deep.equal({ version: "1", wasThere: false });
    expect(await read("model.onnx")).to.deep.equal(CONTENT);
    expect(record.digest).to.equal(sha256(CONTENT));
    expect(JSON.parse((await read("source.json")).toString())).to.deep.equal(record);
    expect(await readdir(path.join(fetching.root, "m"))).to.deep.equal(["1"]);
  });

  it("is not fetched again, and never overwrites another version", async () => {
    server.files.set("/a.onnx", { content: CONTENT });
    server.files.set("/b.onnx", { content: bytes(10) });
    await fetching.fetch(`${server.url}/a.onnx`);
    expect(await fetching.fetch(`${server.url}/a.onnx`)).to.include({ wasThere: true });
    expect(await fetching.fetch(`${server.url}/moved.onnx`, { sha256: sha256(CONTENT) })).to.include({
      wasThere: true,
    });
    expect(server.requests).to.have.lengthOf(1);
    expect(await fetching.failure(`${server.url}/b.onnx`)).to.match(/m version 1 exists already .* never overwritten/);
    expect(await fetching.fetch(`${server.url}/b.onnx`, { version: "next" })).to.include({ version: "2" });
  });

  it("continues where the connection broke", async () => {
    const content = bytes(8_000_000);
    const faults = [{ cutAfter: 4_000_000 }, { cutAfter: 2_000_000 }];
    server.files.set("/a.onnx", { content, etag: '"1"', faults });
    const { record } = await fetching.fetch(`${server.url}/a.onnx`);
    expect(record.digest).to.equal(sha256(content));
    const starts = server.requests.map(({ range }) => Number(/\d+/.exec(range ?? "0")?.[0]));
    expect(starts[0]).to.equal(0);
    expect(starts[1]).to.be.within(1, 4_000_000);
    expect(starts[2]).to.be.within((starts[1] ?? 0) + 1, 6_000_000);
    expect(fetching.log.join("\n")).to.match(
      /a\.onnx: \d+ MiB; .*the connection to 127\.0\.0\.1:\d+ failed .*: trying again/,
    );
  });

  it("begins anew if the server has no ranges, or does not say what its content is", async () => {
    for (const [name, more] of Object.entries({
      none: { ranges: false, etag: '"1"' },
      unnamed: {},
      weak: { etag: 'W/"1"' },
    })) {
      server.files.set(`/${name}`, { content: CONTENT, faults: [{ cutAfter: 100_000 }], ...more });
      const { record } = await fetching.fetch(`${server.url}/${name}`, { version: "next" });
      expect(record.digest, name).to.equal(sha256(CONTENT));
    }
  });

  it("never mixes two contents of the same name", async () => {
    const other = bytes(300_000, 7);
    const file = { content: CONTENT, etag: '"1"', faults: [{ cutAfter: 100_000 }] };
    server.files.set("/a.onnx", file);
    const log = (line: string) => {
      if (line.includes("trying again")) Object.assign(file, { content: other, etag: '"2"' });
    };
    const { record } = await fetching.fetch(`${server.url}/a.onnx`, { log });
    expect(record.digest).to.equal(sha256(other));
  });

  it("is taken up by the next process after one was killed", async () => {
    const content = bytes(8_000_000);
    server.files.set("/a.onnx", { content, etag: '"1"', faults: [{ cutAfter: 6_000_000 }] });
    expect(await fetching.failure(`${server.url}/a.onnx`, { attempts: 1 })).to.include("gave up after 1 attempts");
    expect(await readdir(path.join(fetching.root, "m"))).to.deep.equal([".fetch-1"]);
    await fetching.fetch(`${server.url}/a.onnx`);
    expect(Number(/\d+/.exec(server.requests.at(-1)?.range ?? "0")?.[0])).to.be.greaterThan(0);
    expect(sha256(await read("model.onnx"))).to.equal(sha256(content));
  });

  it("that is silent is given up in time", async () => {
    server.files.set("/a.onnx", { content: CONTENT, etag: '"1"', faults: [{ stallAfter: 1000 }] });
    await fetching.fetch(`${server.url}/a.onnx`, { stallMs: 100 });
    expect(fetching.log.join("\n")).to.match(/127\.0\.0\.1:\d+ sent nothing for 0\.1 s: trying again/);
    server.files.set("/b.onnx", {
      content: CONTENT,
      faults: [{ stallAfter: 0 }, { stallAfter: 0 }, { stallAfter: 0 }],
    });
    expect(await fetching.failure(`${server.url}/b.onnx`, { stallMs: 50, version: "2" })).to.match(
      /sent nothing for 0\.05 s; gave up after 3 attempts: check that the source can be reached$/,
    );
  });

  it("that ends too early is noticed, by its digest if by nothing else", async () => {
    server.files.set("/a.onnx", { content: CONTENT, faults: [{ endAfter: 1000 }] });
    const { record } = await fetching.fetch(`${server.url}/a.onnx`);
    expect(record.files[0]?.bytes).to.equal(1000);
    server.files.set("/b.onnx", { content: CONTENT, faults: [{ endAfter: 1000 }] });
    const message = await fetching.failure(`${server.url}/b.onnx`, { version: "2", sha256: sha256(CONTENT) });
    expect(message).to.match(/its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}: it has changed under its name/);
    await fetching.fetch(`${server.url}/b.onnx`, { version: "2", sha256: sha256(CONTENT) });
  });

  it("is refused if its content has changed under the pinned name, and the folder stays as it is", async () => {
    server.files.set("/a.onnx", { content: bytes(10) });
    const pin = { sha256: sha256(CONTENT) };
    expect(await fetching.failure(`${server.url}/a.onnx`, pin)).to.include("it has changed under its name");
    expect(await readdir(path.join(fetching.root, "m"))).to.deep.equal([]);
    server.files.set("/a.onnx", { content: CONTENT });
    await fetching.fetch(`${server.url}/a.onnx`, pin);
  });

  it("is reached through redirects, without credentials for other hosts", async () => {
    const other = await startFileServer();
    try {
      server.redirects.set("/a.onnx", "/b.onnx");
      server.redirects.set("/b.onnx", `${other.url}/c.onnx?signature=1`);
      other.files.set("/c.onnx?signature=1", { content: CONTENT });
      await fetching.fetch(`${server.url}/a.onnx`, { environment: { SOURCE_TOKEN: "secret" } });
      expect(server.requests.map(({ authorization }) => authorization)).to.deep.equal([
        "Bearer secret",
        "Bearer secret",
      ]);
      expect(other.requests.map(({ authorization }) => authorization)).to.deep.equal([undefined]);
      server.redirects.set("/loop", "/loop");
      expect(await fetching.failure(`${server.url}/loop`, { version: "2" })).to.include("more than 10 redirects");
      server.redirects.set("/file", "file:///etc/passwd");
      expect(await fetching.failure(`${server.url}/file`, { version: "2" })).to.include("is not followed");
    } finally {
      await other.close();
    }
  });

  it("takes a token or a password, and says plainly that they are wrong", async () => {
    const basic = `Basic ${Buffer.from("me:pass").toString("base64")}`;
    server.files.set("/a.onnx", { content: CONTENT, authorization: basic });
    const hint = "the credentials are missing, wrong or lack the permission: give SOURCE_TOKEN, or";
    expect(await fetching.failure(`${server.url}/a.onnx`)).to.include(`answers 401: ${hint}`);
    const environment = { SOURCE_USERNAME: "me", SOURCE_PASSWORD: "hunter2" };
    const message = await fetching.failure(`${server.url}/a.onnx`, { environment });
    expect(message).to.include(`answers 403: ${hint}`).and.not.include("hunter2");
    expect(server.requests).to.have.lengthOf(2);
    await fetching.fetch(`${server.url}/a.onnx`, { environment: { SOURCE_USERNAME: "me", SOURCE_PASSWORD: "pass" } });
  });

  it("is asked again if it is busy, and not if there is no such file", async () => {
    server.files.set("/a.onnx", { content: CONTENT, faults: [{ status: 503 }, { status: 429 }] });
    await fetching.fetch(`${server.url}/a.onnx`);
    const before = server.requests.length;
    expect(await fetching.failure(`${server.url}/none`, { version: "2" })).to.match(
      /answers 404: there is no such thing/,
    );
    expect(server.requests).to.have.lengthOf(before + 1);
  });

  it("can be a folder whose files are named", async () => {
    server.files.set("/dir/model.onnx", { content: CONTENT });
    server.files.set("/dir/model.onnx.data", { content: bytes(1000) });
    const files = ["model.onnx", "model.onnx.data"];
    const { record } = await fetching.fetch(`${server.url}/dir/`, { files });
    expect(record.files.map((file) => file.path)).to.deep.equal(files);
    const lines = files.map((name, index) => `${sha256(index === 0 ? CONTENT : bytes(1000))}  ${name}\n`).join("");
    expect(record.digest).to.equal(sha256(Buffer.from(lines)));
    expect(await fetching.failure(`${server.url}/dir/`, { version: "2" })).to.include("which HTTP cannot list");
  });

  it("is fetched once by several processes at a time", async () => {
    server.files.set("/a.onnx", { content: CONTENT });
    const all = await Promise.all([1, 2, 3].map(() => fetching.fetch(`${server.url}/a.onnx`)));
    expect(all.filter(({ wasThere }) => !wasThere)).to.have.lengthOf(1);
    expect(server.requests).to.have.lengthOf(1);
  });

  it("may be a version of another registry, which keeps its metadata under its new name", async () => {
    const metadata = { name: "other", version: "7", framework: "onnx", description: "kept" };
    server.files.set("/v/model.onnx", { content: CONTENT });
    const artifact = { file: "model.onnx", sha256: sha256(CONTENT), bytes: CONTENT.length };
    server.files.set("/v/metadata.json", { content: Buffer.from(JSON.stringify({ ...metadata, artifact })) });
    await fetching.fetch(`${server.url}/v/`, { files: ["model.onnx", "metadata.json"] });
    expect(JSON.parse((await read("metadata.json")).toString())).to.include({
      name: "m",
      version: "1",
      description: "kept",
    });
    const index = JSON.parse(await readFile(path.join(fetching.root, "registry", "models.json"), "utf8"));
    expect(index.models).to.deep.equal([{ name: "m", versions: ["1"], latest: "1" }]);
  });
});
