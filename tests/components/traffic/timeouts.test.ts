import { expect } from "chai";
import { unsupportedSettings } from "../../../components/traffic/gateway-capabilities.ts";
import { Traffic } from "../../../components/traffic/traffic.ts";
import { only, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const gateway = { name: "gw", namespace: "gw-system" } as const;
const args = { namespace: "ml", stable: { service: "v1", port: 80 } } as const;

describe("the timeout of a route", () => {
  const rule = async (name: string, implementation: "traefik" | "envoy-gateway", timeoutSeconds: number) => {
    const made = await record(
      () => new Traffic(name, { ...args, gateway: { ...gateway, implementation }, timeoutSeconds }),
    );
    return (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules[0];
  };

  it("is none with 0, by the Gateway API's own zero", async () => {
    expect((await rule("to-none", "envoy-gateway", 0)).timeouts).to.deep.equal({ request: "0s" });
    expect((await rule("to-some", "envoy-gateway", 20)).timeouts).to.deep.equal({ request: "20s" });
  });

  it("is not written for Traefik, which has none", async () => {
    expect(await rule("to-traefik", "traefik", 0)).to.not.have.property("timeouts");
  });

  it("cannot be turned off at an Ingress", () => {
    const ingress = {
      api: "Ingress",
      implementation: "ingress-nginx",
      ingressClassName: "nginx",
      namespace: "n",
    } as const;
    expect(unsupportedSettings(ingress, { path: "/", timeoutSeconds: 0 })).to.deep.equal([
      {
        path: "timeoutSeconds",
        message:
          "is 0, and a controller of Ingresses closes a connection without data after some time; set the longest pause in seconds",
      },
    ]);
    expect(unsupportedSettings(ingress, { path: "/", timeoutSeconds: 60 })).to.deep.equal([]);
  });
});
