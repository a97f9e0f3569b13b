import { expect } from "chai";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { routeShare } from "../../engine/status/routes.ts";

function ingress(service: string, annotations: Record<string, string> = {}, path = "/"): LiveObject {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: `i-${service}`, namespace: "ml", annotations },
    spec: { rules: [{ host: "model.example.com", http: { paths: [{ path, pathType: "Prefix", backend }] } }] },
  };
}
const canary = (weight: number, path?: string) =>
  ingress(
    "v2",
    {
      "nginx.ingress.kubernetes.io/canary": "true",
      "nginx.ingress.kubernetes.io/canary-weight": String(weight),
    },
    path,
  );
const share = (service: string, ...routes: LiveObject[]) => routeShare(new Set([service]), routes);

describe("the share of a Service behind Ingresses", () => {
  it("is the canary's weight, or the rest for the stable version", () => {
    const routes = [ingress("v1"), canary(25)];
    expect(share("v2", ...routes)).to.deep.equal({ percent: 25, path: "/", host: "model.example.com" });
    expect(share("v1", ...routes)).to.deep.equal({ percent: 75, path: "/", host: "model.example.com" });
    expect(share("v3", ...routes)).to.equal(undefined);
  });

  it("is a fraction of a percent if the weights have another total", () => {
    const fine = canary(5);
    const annotations = { ...fine.metadata.annotations, "nginx.ingress.kubernetes.io/canary-weight-total": "1000" };
    const routes = [ingress("v1"), { ...fine, metadata: { ...fine.metadata, annotations } }];
    expect(share("v2", ...routes)?.percent).to.equal(0.5);
    expect(share("v1", ...routes)?.percent).to.equal(99.5);
  });

  it("is 100 % without a canary on the same path", () => {
    expect(share("v1", ingress("v1"))?.percent).to.equal(100);
    expect(share("v1", ingress("v1"), canary(25, "/other"))?.percent).to.equal(100);
  });

  it("has the plain path prefix if the path is rewritten", () => {
    expect(share("v1", ingress("v1", {}, "/iris(/|$)(.*)"))?.path).to.equal("/iris");
  });
});
