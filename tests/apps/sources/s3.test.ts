import { expect } from "chai";
import { type FileServer, startFileServer } from "./file-server.ts";
import { bytes, type Fetching, sha256, startFetching } from "./support.ts";

const GRAPH = bytes(50_000);
const KEYS = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" };

/** Signatures are tested in s3-signature.test.ts, what a real server does in real-s3.test.ts. */
describe("a source in S3", () => {
  let server: FileServer;
  let fetching: Fetching;
  let environment: Record<string, string>;
  beforeEach(async () => {
    [server, fetching] = await Promise.all([startFileServer(), startFetching()]);
    environment = { AWS_ENDPOINT_URL: server.url };
  });
  afterEach(() => Promise.all([server.close(), fetching.close()]));

  const list = (entries: readonly (readonly [string, number])[], more = "") =>
    Buffer.from(
      `<?xml version="1.0"?><ListBucketResult><EncodingType>url</EncodingType>${more}${entries
        .map(([key, size]) => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`)
        .join("")}</ListBucketResult>`,
    );
  const query = "encoding-type=url&list-type=2&prefix=models%2F1%2F";

  it("is an object, fetched without a signature if there are no credentials", async () => {
    server.files.set("/bucket/a%2Bb%25%28c%29/model.onnx", { content: GRAPH });
    const { record } = await fetching.fetch("s3://bucket/a+b%(c)/model.onnx", { environment });
    expect(record.digest).to.equal(sha256(GRAPH));
  });

  it("is everything below a prefix, over several pages of the list", async () => {
    const next = "<IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken>";
    server.files.set(`/bucket/?${query}`, {
      content: list(
        [
          ["models/1/", 0],
          ["models/1/model.onnx", GRAPH.length],
        ],
        next,
      ),
    });
    server.files.set(`/bucket/?${query}&continuation-token=t%261`, {
      content: list([["models/1/sub/a+b%2Bc.json", 2]]),
    });
    server.files.set("/bucket/models/1/model.onnx", { content: GRAPH });
    server.files.set("/bucket/models/1/sub/a%20b%2Bc.json", { content: Buffer.from("{}") });
    const { record } = await fetching.fetch("s3://bucket/models/1/", { environment });
    expect(record.files.map((file) => file.path)).to.deep.equal(["model.onnx", "sub/a b+c.json"]);
  });

  it("is signed with the credentials", async () => {
    server.files.set("/bucket/model.onnx", { content: GRAPH });
    await fetching.fetch("s3://bucket/model.onnx", {
      environment: { ...environment, ...KEYS, AWS_REGION: "eu-west-1" },
    });
    expect(server.requests[0]?.authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
    );
  });

  it("says plainly what is wrong", async () => {
    const denied = { status: 403, body: "<Error><Code>SignatureDoesNotMatch</Code></Error>" };
    server.files.set("/bucket/a.onnx", { content: GRAPH, faults: [denied] });
    expect(await fetching.failure("s3://bucket/a.onnx", { environment: { ...environment, ...KEYS } })).to.match(
      /answers 403 \(SignatureDoesNotMatch\): the credentials are missing, wrong or lack the permission: give AWS_ACCESS_KEY_ID and/,
    );
    const moved = { status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } };
    server.files.set("/bucket/b.onnx", { content: GRAPH, faults: [moved] });
    expect(await fetching.failure("s3://bucket/b.onnx", { environment })).to.include(
      "the bucket is in the region eu-west-1: set AWS_REGION=eu-west-1",
    );
    server.files.set(`/bucket/?${query}`, { content: list([]) });
    expect(await fetching.failure("s3://bucket/models/1/", { environment })).to.include(
      "there is no object below this prefix",
    );
    expect(
      await fetching.failure("s3://bucket/a", { environment: { ...environment, AWS_ACCESS_KEY_ID: "id" } }),
    ).to.include("one of the two keys is missing");
    expect(await fetching.failure("s3://bucket/a", { environment: { AWS_ENDPOINT_URL: "host:9000:1" } })).to.include(
      "is not a URL",
    );
  });
});
