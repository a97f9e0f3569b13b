import { expect } from "chai";
import { UNKNOWN } from "../../policy/objects/fields.ts";
import { resourceViolations } from "../../policy/rules/resources.ts";
import { GOOD_CONTAINER, object, podOf, workload } from "./support.ts";

describe("policy: containers have requests and limits", () => {
  const path = "Pod ml/x: spec.containers[0].resources";
  const cpu = "set what the container needs, such as 100m";
  const memory = "set what the container needs, such as 256Mi";

  it("accepts a container with requests and a memory limit", () => {
    expect(resourceViolations(podOf({}))).to.deep.equal([]);
  });

  it("names each of the three values that is missing", () => {
    expect(resourceViolations(podOf({ resources: undefined }))).to.deep.equal([
      `${path}.requests.cpu: is missing; ${cpu}`,
      `${path}.requests.memory: is missing; ${memory}`,
      `${path}.limits.memory: is missing; ${memory}`,
    ]);
  });

  it("counts a limit as the request, as Kubernetes does, but not a request as the limit", () => {
    expect(resourceViolations(podOf({ resources: { limits: { cpu: "1", memory: "1Gi" } } }))).to.deep.equal([]);
    expect(resourceViolations(podOf({ resources: { requests: { cpu: "1", memory: "1Gi" } } }))).to.deep.equal([
      `${path}.limits.memory: is missing; ${memory}`,
    ]);
  });

  for (const zero of ["0", 0, "0Mi", "0.0", "0e3"]) {
    it(`does not accept ${JSON.stringify(zero)} as a limit`, () => {
      const resources = { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: zero } };
      expect(resourceViolations(podOf({ resources }))).to.deep.equal([
        `${path}.limits.memory: ${zero} stands for none; ${memory}`,
      ]);
    });
  }

  it("accepts small quantities and plain numbers", () => {
    const resources = { requests: { cpu: 0.05, memory: "0.5Gi" }, limits: { memory: 1e9 } };
    expect(resourceViolations(podOf({ resources }))).to.deep.equal([]);
  });

  it("checks init containers and CronJobs, but not ephemeral containers", () => {
    const spec = {
      initContainers: [{ ...GOOD_CONTAINER, resources: { limits: { cpu: "1" } } }],
      containers: [GOOD_CONTAINER],
      ephemeralContainers: [{ name: "debug" }],
    };
    const where = "CronJob ml/x: spec.jobTemplate.spec.template.spec.initContainers[0].resources";
    expect(resourceViolations(object(workload("CronJob", spec)))).to.deep.equal([
      `${where}.requests.memory: is missing; ${memory}`,
      `${where}.limits.memory: is missing; ${memory}`,
    ]);
  });

  it("does not report fields that a patch omits, but checks those that it sets", () => {
    expect(resourceViolations(podOf({ resources: undefined }, { patch: true }))).to.deep.equal([]);
    expect(resourceViolations(podOf({ resources: { limits: { memory: "0" } } }, { patch: true }))).to.have.length(1);
  });

  it("accepts values that are not known yet in a preview", () => {
    expect(resourceViolations(podOf({ resources: UNKNOWN }))).to.deep.equal([]);
    expect(resourceViolations(podOf({ resources: { requests: UNKNOWN, limits: { memory: UNKNOWN } } }))).to.deep.equal(
      [],
    );
  });
});
