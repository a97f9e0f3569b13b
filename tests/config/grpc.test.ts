import { expect } from "chai";
import { checkStack } from "../../config/index.ts";

const GRPC = { ports: { grpc: 8001 } };

function lines(traffic: object, { container = GRPC, gateway = {} }: { container?: object; gateway?: object } = {}) {
  const { problems } = checkStack({
    environment: "test",
    namespace: { name: "ml" },
    images: { inference: "i:1", trainer: "t:1" },
    storage: { models: { size: "1Gi" } },
    gateway: { name: "gw", namespace: "gw-system", implementation: "traefik", ...gateway },
    models: [
      {
        model: "iris",
        versions: [{ version: "1", container: GRPC }, { version: "2", container }, { version: "3" }],
        traffic: { stable: "1", canary: "2", hosts: ["ml.example.com"], ...traffic },
      },
    ],
  });
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("routes for gRPC", () => {
  it("are accepted with a port for it and hosts of their own", () => {
    expect(lines({ grpc: { hosts: ["grpc.example.com"] } })).to.deep.equal([]);
  });

  it("need the port at each version with a share", () => {
    expect(lines({ grpc: { hosts: ["grpc.example.com"] } }, { container: { ports: { admin: 9000 } } })).to.deep.equal([
      'models[0].versions[1].container: has no port grpc, and models[0].traffic.grpc sends calls to version "2"; set ports: {grpc: 8001}',
    ]);
  });

  it("need hosts that no HTTPRoute of the stack answers", () => {
    const place = "models[0].traffic.grpc.hosts[0]";
    const either = "and a gateway takes either the GRPCRoute or the HTTPRoute of models[0].traffic, which answers";
    expect(lines({ grpc: { hosts: ["ml.example.com"] } })).to.deep.equal([
      `${place}: is "ml.example.com", ${either} ml.example.com; choose another one`,
    ]);
    expect(lines({ hosts: ["*.example.com"], grpc: { hosts: ["grpc.example.com"] } })).to.deep.equal([
      `${place}: is "grpc.example.com", ${either} *.example.com; choose another one`,
    ]);
    expect(lines({ hosts: undefined, grpc: { hosts: ["grpc.example.com"] } })).to.deep.equal([
      `${place}: is "grpc.example.com", ${either} every host; set its hosts`,
    ]);
  });

  it("are rejected with an Ingress", () => {
    const { problems } = checkStack({
      environment: "test",
      namespace: { name: "ml" },
      images: { inference: "i:1", trainer: "t:1" },
      storage: { models: { size: "1Gi" } },
      gateway: { api: "Ingress", implementation: "traefik", ingressClassName: "traefik" },
      models: [
        {
          model: "iris",
          versions: [{ version: "1", container: GRPC }],
          traffic: { stable: "1", hosts: ["ml.example.com"], grpc: { hosts: ["grpc.example.com"] } },
        },
      ],
    });
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).to.deep.equal([
      "models[0].traffic.grpc: is not supported by traefik with Ingress: an Ingress has one protocol for all paths; leave it out, or use gateway.api HTTPRoute",
    ]);
  });
});
