import { expect } from "chai";
import { locate, locateProblems } from "../../render/locate.ts";

const LAYERS = [
  {
    file: "base.yaml",
    settings: {
      canaryWeight: 10,
      namespace: { quota: { hard: { pods: "5", "requests.nvidia.com/gpu": "1" } } },
      models: [
        { model: "iris", versions: [{ version: "1" }, { version: "2", replicas: 2 }] },
        { model: "other", versions: [{ version: "1" }], traffic: { hosts: ["a", "b"] } },
      ],
    },
  },
  {
    file: "over.yaml",
    settings: {
      models: [
        { model: "other", traffic: { hosts: ["c"] } },
        { model: "iris", versions: [{ version: "2", name: "x" }, { version: "3" }] },
      ],
      namespace: { quota: { hard: { "limits.cpu": "1" } } },
    },
  },
];

describe("the place of a setting in merged stack files", () => {
  const places: [string, string, string][] = [
    ["canaryWeight", "base.yaml", "canaryWeight"],
    ["namespace.quota.hard.limits.cpu", "over.yaml", "namespace.quota.hard.limits.cpu"],
    ["namespace.quota.hard.requests.nvidia.com/gpu", "base.yaml", "namespace.quota.hard.requests.nvidia.com/gpu"],
    ["models[0].versions[1].name", "over.yaml", "models[1].versions[0].name"],
    ["models[0].versions[1].replicas", "base.yaml", "models[0].versions[1].replicas"],
    ["models[0].versions[2].version", "over.yaml", "models[1].versions[1].version"],
    ["models[1].versions[0].replicas", "base.yaml", "models[1].versions[0].replicas"],
    ["models[1].traffic.hosts[0]", "over.yaml", "models[0].traffic.hosts[0]"],
    ["models[1].traffic.stable", "over.yaml", "models[0].traffic.stable"],
    ["storage", "over.yaml", "storage"],
  ];
  for (const [path, file, there] of places) {
    it(`${path} is ${there} of ${file}`, () => {
      expect(locate(LAYERS, path)).to.deep.equal({ file, path: there });
    });
  }

  it("replaces the paths in messages, and names another file than the setting's own", () => {
    const text = 'Pulumi.it.yaml: models[0].versions[2].name: "x" is already given at models[0].versions[0].name\nnote';
    expect(locateProblems(text, "Pulumi.it.yaml", LAYERS)).to.equal(
      'over.yaml: models[1].versions[1].name: "x" is already given at models[0].versions[0].name of base.yaml\nnote',
    );
    const other = "warning: Pulumi.it.yaml: canaryWeight is now weight";
    expect(locateProblems(other, "Pulumi.it.yaml", LAYERS)).to.equal("warning: base.yaml: canaryWeight is now weight");
    expect(locateProblems(other, "Pulumi.it.yaml", [])).to.equal(other);
  });
});
