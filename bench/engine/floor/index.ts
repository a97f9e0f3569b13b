import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Registers `FLOOR_RESOURCES` small ConfigMaps, to measure the minimum cost of the engine and the SDK for any program. */
const cluster = new pulumi.Config().requireObject<{ kubeconfig: string; identifier: string }>("cluster");
const provider = new k8s.Provider("cluster", {
  kubeconfig: cluster.kubeconfig,
  clusterIdentifier: cluster.identifier,
  enableServerSideApply: true,
});
for (let index = 0; index < Number(process.env["FLOOR_RESOURCES"]); index += 1) {
  const metadata = { name: `floor-${index}`, namespace: "many-models" };
  new k8s.core.v1.ConfigMap(`floor-${index}`, { metadata, data: { index: `${index}` } }, { provider });
}
