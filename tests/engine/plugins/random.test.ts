import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import provider from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import bcrypt from "bcryptjs";
import { expect } from "chai";
import fc from "fast-check";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { changedSettings, generatePassword, problems } from "../../../engine/plugins/random/password.ts";
import { ended, executable, insecure, type Plugin, reply, startPlugin, startUnderParent } from "./plugin.ts";

type Properties = Record<string, unknown>;

const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: unknown) => ({ [SIGNATURE]: SECRET, value });
const urn = (type: string) => `urn:pulumi:dev::tiny::ml:platform:Secrets$random:index/${type}::p`;
const PASSWORD = urn("randomPassword:RandomPassword");

describe("a random password", () => {
  const kinds = { Upper: /[A-Z]/g, Lower: /[a-z]/g, Numeric: /[0-9]/g, Special: /[^A-Za-z0-9]/g };
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

  it("has the given length, the minimum number of each kind, and no characters of other kinds", () => {
    const kind = fc.record({ allowed: fc.boolean(), minimum: fc.nat(5) });
    const settings = fc.record({
      Upper: kind,
      Lower: kind,
      Numeric: kind,
      Special: kind,
      more: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(settings, ({ more, ...each }) => {
        const entries = Object.entries(each);
        fc.pre(entries.some(([, { allowed }]) => allowed));
        const length = entries.reduce((sum, [, { minimum }]) => sum + minimum, more);
        const inputs = entries.map(([name, { allowed, minimum }]) => ({
          [name.toLowerCase()]: allowed,
          [`min${name}`]: minimum,
        }));
        const password = generatePassword(Object.assign({ length }, ...inputs));
        expect(password).to.have.lengthOf(length);
        for (const [name, { allowed, minimum }] of entries) {
          const found = count(password, kinds[name as keyof typeof kinds]);
          expect(found, name).to.be.at.least(minimum);
          if (!allowed) expect(found, name).to.equal(minimum);
        }
      }),
    );
  });

  it("uses only the given special characters", () => {
    const only = { length: 200, upper: false, lower: false, numeric: false, overrideSpecial: "_~é" };
    expect(generatePassword(only)).to.match(/^[_~é]{200}$/);
    expect(generatePassword({ ...only, overrideSpecial: undefined })).to.match(/^[!@#$%&*()\-_=+[\]{}<>:?]{200}$/);
  });

  it("is different each time, with uniformly distributed characters at each position", () => {
    const passwords = Array.from({ length: 10_000 }, () =>
      generatePassword({
        length: 5,
        upper: false,
        numeric: false,
        overrideSpecial: "_",
        minSpecial: 1,
        special: false,
      }),
    );
    for (let place = 0; place < 5; place++) {
      // 2,000 are expected; a difference of 400 is ten standard deviations.
      expect(passwords.filter((password) => password[place] === "_").length, `place ${place}`).to.be.closeTo(2000, 400);
    }
    const letters = passwords.join("").replaceAll("_", "");
    for (const letter of "abcdefghijklmnopqrstuvwxyz") {
      // 40,000 / 26 are expected; a difference of 400 is ten standard deviations.
      expect(letters.split(letter).length - 1, letter).to.be.closeTo(1538, 400);
    }
    expect(new Set(Array.from({ length: 1000 }, () => generatePassword({ length: 32 })))).to.have.lengthOf(1000);
  });

  it("cannot be shorter than the sum of its minimums, and needs at least one allowed character", () => {
    const properties = (inputs: Properties) => problems(inputs).map(({ property }) => property);
    expect(properties({ length: 16 })).to.deep.equal([]);
    expect(properties({ length: 3, minUpper: 2, minLower: 2 })).to.deep.equal(["length"]);
    expect(properties({ length: 0 })).to.deep.equal(["length"]);
    expect(properties({ length: 1.5 })).to.deep.equal(["length"]);
    expect(properties({ length: "16" })).to.deep.equal(["length"]);
    expect(properties({ length: 8, upper: false, lower: false, number: false, special: false })).to.deep.equal([
      "special",
    ]);
    expect(properties({ length: 8, number: true, numeric: false })).to.deep.equal(["number"]);
    expect(properties({ length: UNKNOWN })).to.deep.equal([]);
    expect(properties({ length: secret(UNKNOWN) })).to.deep.equal([]);
  });

  it("is replaced when a setting changes, and only then", () => {
    // The state of the released provider.
    const state = {
      __meta: '{"schema_version":"3"}',
      __pulumi_raw_state_delta: { obj: {} },
      ...{
        bcryptHash: secret("$2a$10$"),
        id: "none",
        length: 16,
        lower: true,
        minLower: 2,
        minNumeric: 0,
        minSpecial: 0,
      },
      ...{
        minUpper: 0,
        number: true,
        numeric: true,
        result: secret("x"),
        special: true,
        upper: true,
        keepers: { a: "1" },
      },
    };
    const inputs = { length: 16, minLower: 2, keepers: { a: "1" } };
    expect(changedSettings(state, inputs)).to.deep.equal([]);
    expect(changedSettings(state, { ...inputs, length: secret(16), number: true, special: true })).to.deep.equal([]);
    expect(changedSettings(state, { ...inputs, length: 17 })).to.deep.equal(["length"]);
    expect(changedSettings(state, { ...inputs, keepers: { a: secret("2") } })).to.deep.equal(["keepers"]);
    expect(changedSettings(state, { length: 16, keepers: { a: "1" } })).to.deep.equal(["minLower"]);
    expect(changedSettings(state, { ...inputs, number: false })).to.deep.equal(["numeric"]);
    expect(changedSettings(state, { ...inputs, overrideSpecial: "_" })).to.deep.equal(["overrideSpecial"]);
    expect(changedSettings(state, { ...inputs, length: UNKNOWN })).to.deep.equal(["length"]);
  });
});

describe("the random provider", () => {
  let plugin: Plugin;
  let client: InstanceType<typeof provider.ResourceProviderClient>;

  before(async () => {
    plugin = await startPlugin(executable("pulumi-resource-random"), "127.0.0.1:1");
    client = new provider.ResourceProviderClient(plugin.address, insecure);
  });

  after(async () => {
    client.close();
    plugin.process.kill("SIGINT");
    if (plugin.process.signalCode === null) await once(plugin.process, "exit");
  });

  it("has the version of the package that programs use", async () => {
    const info = await reply<{ getVersion(): string }>((done) => client.getPluginInfo(new empty.Empty(), done));
    const packageJson = path.resolve(import.meta.dirname, "../../../node_modules/@pulumi/random/package.json");
    expect(info.getVersion()).to.equal(JSON.parse(await readFile(packageJson, "utf8")).version);
  });

  it("has the state of the released provider, with the password and its hash as secrets", async () => {
    const { id, properties } = await create({ length: 24, special: false, keepers: { of: secret("a secret") } });
    expect(id).to.equal("none");
    const { result, bcryptHash, ...plain } = properties as { result: { value: string }; bcryptHash: { value: string } };
    expect(plain).to.deep.equal({
      ...{ __meta: '{"schema_version":"3"}', id: "none", keepers: { of: secret("a secret") }, length: 24, lower: true },
      ...{
        minLower: 0,
        minNumeric: 0,
        minSpecial: 0,
        minUpper: 0,
        number: true,
        numeric: true,
        special: false,
        upper: true,
      },
    });
    expect(result).to.deep.equal(secret(result.value));
    expect(result.value).to.match(/^[A-Za-z0-9]{24}$/);
    expect(bcryptHash).to.deep.equal(secret(bcryptHash.value));
    expect(bcryptHash.value).to.match(/^\$2[ab]\$10\$/);
    expect(await bcrypt.compare(result.value, bcryptHash.value)).to.equal(true);
  });

  it("sees no change in its own state, and a replacement for another length", async () => {
    const { properties } = await create({ length: 24 });
    const diff = async (news: Properties) => {
      const request = new messages.DiffRequest();
      request.setUrn(PASSWORD);
      request.setId("none");
      request.setOlds(struct.Struct.fromJavaScript(properties as never));
      request.setNews(struct.Struct.fromJavaScript(news as never));
      const response = await reply<{ toObject(): messages.DiffResponse.AsObject }>((done) =>
        client.diff(request, done),
      );
      return [response.toObject().changes, response.toObject().replacesList];
    };
    expect(await diff({ length: 24 })).to.deep.equal([messages.DiffResponse.DiffChanges.DIFF_NONE, []]);
    expect(await diff({ length: 25 })).to.deep.equal([messages.DiffResponse.DiffChanges.DIFF_SOME, ["length"]]);
  });

  it("returns the state on read, and supports delete", async () => {
    const { properties } = await create({ length: 24 });
    const read = new messages.ReadRequest();
    read.setUrn(PASSWORD);
    read.setId("none");
    read.setProperties(struct.Struct.fromJavaScript(properties as never));
    const state = await reply<{ getProperties(): { toJavaScript(): Properties } | undefined }>((done) =>
      client.read(read, done),
    );
    expect(state.getProperties()?.toJavaScript()).to.deep.equal(properties);

    const remove = new messages.DeleteRequest();
    remove.setUrn(PASSWORD);
    remove.setId("none");
    remove.setProperties(struct.Struct.fromJavaScript(properties as never));
    await reply((done) => client.delete(remove, done));
  });

  it("names a resource that it does not support, and where to get it", async () => {
    const request = new messages.CheckRequest();
    request.setUrn(urn("randomPet:RandomPet"));
    request.setOlds(new struct.Struct());
    request.setNews(new struct.Struct());
    const checked = await reply<{ toObject(): messages.CheckResponse.AsObject }>((done) => client.check(request, done));
    const [failure] = checked.toObject().failuresList;
    expect(failure?.reason).to.include("not random:index/randomPet:RandomPet").and.include("install the Pulumi CLI");
  });

  it("ends when its parent ends", async () => {
    const parent = await startUnderParent("pulumi-resource-random", "127.0.0.1:1");
    const pid = await parent.line(/^plugin (\d+)$/);
    parent.process.kill("SIGKILL");
    await ended(pid);
  });

  async function create(inputs: Properties): Promise<{ id: string; properties: Properties }> {
    const request = new messages.CreateRequest();
    request.setUrn(PASSWORD);
    request.setProperties(struct.Struct.fromJavaScript(inputs as never));
    const response = await reply<{ getId(): string; getProperties(): { toJavaScript(): Properties } | undefined }>(
      (done) => client.create(request, done),
    );
    return { id: response.getId(), properties: response.getProperties()?.toJavaScript() ?? {} };
  }
});
