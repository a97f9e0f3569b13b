import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { stackWith } from "../config/support.ts";
import { record } from "./recorder.ts";

describe("the provider of a stack", () => {
  it("is replaced, with all its objects, only for another cluster, not for a changed kubeconfig", async () => {
    const settings = stackWith({ cluster: { kubeconfig: "/tmp/kubeconfig", context: "prod", identifier: "prod-1" } });
    pulumi.runtime.setAllConfig(
      Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [
          `${pulumi.getProject()}:${key}`,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
    );
    const made = await record(async () => {
      await import("../../index.ts");
    });
    const provider = made.find(({ type }) => type === "pulumi:providers:kubernetes");
    expect(provider?.inputs).to.include({
      kubeconfig: "/tmp/kubeconfig",
      context: "prod",
      clusterIdentifier: "prod-1",
      enableServerSideApply: "true",
    });
    // A resource without an explicit provider would be created in the default cluster.
    expect(made.map(({ type }) => type)).to.include("kubernetes:core/v1:Namespace");
  });
});
