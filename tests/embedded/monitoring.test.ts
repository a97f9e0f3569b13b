import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { monitoringImages, monitoringManifests, planMonitoring } from "../../cluster/addons/monitoring/index.ts";
import { monitoringTools } from "../../cluster/toolchain/monitoring.ts";
import { tools } from "../../cluster/toolchain/tools.ts";
import { UserError } from "../../common/errors.ts";
import { valueAt } from "../../engine/status/fields.ts";
import { checkPrometheus, prometheusHint } from "../../engine/up/monitoring.ts";
import type { KubernetesObject } from "../../render/rendered.ts";

const objects = parseAllDocuments(await monitoringManifests()).map((document) => document.toJS() as KubernetesObject);

function object(kind: string, name: string): KubernetesObject {
  const found = objects.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

describe("the monitoring add-on", () => {
  it("runs images of its own tools only, which no node can pull", () => {
    const references = Object.values(monitoringImages()).map(({ reference }) => reference);
    const text = JSON.stringify(objects);
    for (const reference of references) expect(text).to.contain(reference);
    expect(new Set(references).size).to.equal(references.length);
    const used = [...text.matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image);
    expect(references).to.include.members(used);
    expect(text.match(/"imagePullPolicy":"Never"/g)).to.have.length(used.length);
  });

  it("has the definition of each kind that it creates", () => {
    const files = [...tools.prometheusOperator.files, ...monitoringTools.operator.files].map(({ to }) => to);
    const kinds = objects.filter(({ apiVersion }) => apiVersion === "monitoring.coreos.com/v1").map(({ kind }) => kind);
    expect(kinds).to.include.members(["Prometheus", "Alertmanager", "ServiceMonitor", "PodMonitor"]);
    for (const kind of kinds) {
      const plural = `${kind.toLowerCase()}${kind.endsWith("s") ? "es" : "s"}`;
      expect(files).to.include(`crds/${plural}.yaml`);
    }
  });

  it("lets kube-state-metrics read what it is told to watch, and no Secrets", () => {
    const rules = valueAt(object("ClusterRole", "ml-platform:kube-state-metrics"), "rules") as {
      readonly resources: readonly string[];
      readonly verbs: readonly string[];
    }[];
    const [container] = valueAt(object("Deployment", "kube-state-metrics"), "spec.template.spec.containers") as {
      readonly args: readonly string[];
    }[];
    const resources = rules.flatMap((rule) => rule.resources).toSorted();
    expect(container?.args).to.deep.equal([`--resources=${resources.join(",")}`]);
    expect(resources).not.to.include("secrets");
    for (const { verbs } of rules) expect(verbs).to.deep.equal(["list", "watch"]);
  });

  it("selects monitors and rules of every stack, whatever their labels", () => {
    const spec = valueAt(object("Prometheus", "prometheus"), "spec") as Readonly<Record<string, unknown>>;
    for (const what of ["serviceMonitor", "rule", "podMonitor"]) {
      expect(spec[`${what}Selector`], what).to.deep.equal({});
      expect(spec[`${what}NamespaceSelector`], what).to.deep.equal({});
    }
  });

  it("is built from tools of its own", () => {
    expect(planMonitoring("/cache").map(({ tool }) => tool.name)).to.deep.equal([
      "prometheus",
      "alertmanager",
      "prometheus-operator",
      "kube-state-metrics",
    ]);
  });
});

describe("--prometheus", () => {
  it("says so if nothing of the stack is scraped", () => {
    expect(prometheusHint(undefined, "dev", "Pulumi.dev.yaml")).to.equal(
      "Prometheus scrapes the gateway, and nothing of stack dev: add monitoring: { namespace: monitoring } to Pulumi.dev.yaml, and run this again.",
    );
    expect(prometheusHint('{"namespace":"monitoring"}', "dev", "f.yaml")).to.equal(undefined);
  });

  it("is refused for a stack whose Prometheus is expected elsewhere, unless the stack names it", () => {
    expect(() => prometheusHint('{"namespace":"other"}', "dev", "f.yaml")).to.throw(
      UserError,
      'f.yaml: monitoring.namespace is "other", but --prometheus installs Prometheus in "monitoring": set it to "monitoring", or leave --prometheus out',
    );
    const named = '{"namespace":"other","prometheus":"http://prometheus.example"}';
    expect(prometheusHint(named, "dev", "f.yaml")).to.equal(undefined);
  });

  it("leaves mistakes in the setting to the stack's schema", () => {
    for (const text of ["text", "[]", "null", '{"namespace":1}']) {
      expect(prometheusHint(text, "dev", "f.yaml"), text).to.equal(undefined);
    }
  });

  it("is refused for another cluster", async () => {
    const error = await checkPrometheus({ stack: "dev", context: "kind-a", prometheus: true }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(UserError);
    expect((error as UserError).message).to.match(/^--prometheus is for the embedded cluster: /);
  });

  it("is not looked at without the flag", async () => {
    expect(await checkPrometheus({ stack: "no-such-stack" })).to.equal(undefined);
  });
});
