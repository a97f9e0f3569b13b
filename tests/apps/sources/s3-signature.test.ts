import { expect } from "chai";
import { listS3 } from "../../../apps/sources/places/s3.ts";
import { parseSource } from "../../../apps/sources/source.ts";
import { isSigned, type SignedRequest } from "./s3-signature.ts";

/** Amazon's own examples, with the keys of its documentation. */
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const KEY = "AKIAIOSFODNN7EXAMPLE";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST = "examplebucket.s3.amazonaws.com";

function example(path: string, headers: Record<string, string>, signature: string): SignedRequest {
  const all = { ...headers, host: HOST, "x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z" };
  const names = Object.keys(all).sort().join(";");
  const credential = `${KEY}/20130524/us-east-1/s3/aws4_request`;
  return {
    method: "GET",
    url: new URL(`https://${HOST}${path}`),
    headers: {
      ...all,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
    },
  };
}

const EXAMPLES = {
  "GET Object": example(
    "/test.txt",
    { range: "bytes=0-9" },
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ),
  "GET Bucket Lifecycle": example(
    "/?lifecycle",
    {},
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ),
  "Get Bucket (List Objects)": example(
    "/?max-keys=2&prefix=J",
    {},
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ),
};

describe("the signature of a request to S3", () => {
  it("is checked here as in Amazon's examples", () => {
    for (const [name, request] of Object.entries(EXAMPLES)) {
      expect(isSigned(request, SECRET), name).to.equal(true);
      expect(isSigned(request, `${SECRET}x`), name).to.equal(false);
      expect(isSigned({ ...request, method: "PUT" }, SECRET), name).to.equal(false);
    }
  });

  it("is right for every kind of key, endpoint and region", async () => {
    const names = [
      "model.onnx",
      "a b+c/ü (1)*~!'.onnx",
      "q?a=b&c#d%20e.onnx",
      "deep/er//empty.onnx",
      "日本/モデル.onnx",
    ];
    for (const [name, endpoint, region] of names.flatMap((one) => [
      [one, undefined, "eu-west-1"] as const,
      [one, "http://127.0.0.1:9000", undefined] as const,
      [one, "https://storage.example.com/s3/", "auto"] as const,
    ])) {
      const environment = {
        ...{ AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET },
        ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint }),
        ...(region === undefined ? {} : { AWS_REGION: region }),
      };
      const request = await signedRequest(name, environment);
      const what = `${name} at ${endpoint} in ${region}`;
      expect(isSigned(request, SECRET), what).to.equal(true);
      expect(isSigned(request, `${SECRET}x`), what).to.equal(false);
      expect(request.headers["authorization"], what).to.include(`/${region ?? "us-east-1"}/s3/aws4_request`);
    }
  });

  it("covers the token of temporary credentials", async () => {
    const environment = { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: "token" };
    const request = await signedRequest("model.onnx", environment);
    expect(isSigned(request, SECRET)).to.equal(true);
    const changed = { ...request.headers, "x-amz-security-token": "another" };
    expect(isSigned({ ...request, headers: changed }, SECRET)).to.equal(false);
  });
});

/** The request for an object, as it leaves for the network. */
async function signedRequest(key: string, environment: NodeJS.ProcessEnv): Promise<SignedRequest> {
  const source = { ...parseSource("s3://bucket/key"), key };
  if (source.kind !== "s3") throw new Error("not a source in S3");
  const [file] = await listS3(source, { text: `s3://bucket/${key}`, environment, stallMs: 1000 });
  if (file === undefined) throw new Error("no file");
  const { url, headers = {} } = await file.request();
  return { method: "GET", url, headers: { ...headers, host: url.host } };
}
