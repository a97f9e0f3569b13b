import { POD_TEMPLATE } from "../../../components/kubernetes/api/api.ts";
import { mergePatch } from "../../../components/kubernetes/api/merge.ts";
import { patchProblems } from "../../../components/kubernetes/api/problems.ts";
import { type PatchedPods, patchedPods } from "../../resolve/pods.ts";
import type { ResolvedStack } from "../../resolve/stack.ts";
import type { ConfigProblem } from "../problem.ts";
import { type Fields, fields, itemsOf } from "./fields.ts";
import { podSecurityProblems } from "./security.ts";

/** What Kubernetes would refuse or ignore about the pods of workloads with a `pod`. */
export function checkPods(stack: ResolvedStack): ConfigProblem[] {
  const { podSecurity } = stack.namespace;
  return patchedPods(stack).flatMap((pods) => {
    const path = `${pods.path}.pod`;
    const problems = patchProblems(pods.pod, pods.template, POD_TEMPLATE, path);
    // What has the wrong shape cannot be merged.
    if (problems.length > 0) return problems;
    const merged = mergePatch(pods.template, pods.pod, POD_TEMPLATE);
    return [
      ...metadataProblems(pods, path),
      ...containerProblems(pods, merged, path),
      ...volumeProblems(merged, path),
      ...podSecurityProblems(merged, podSecurity, path),
    ];
  });
}

/** A pod template's metadata is copied to the pods; only labels and annotations have an effect there. */
function metadataProblems({ pod, template }: PatchedPods, path: string): ConfigProblem[] {
  const metadata = fields(pod.metadata);
  const own = fields(fields(fields(template)["metadata"])["labels"]);
  return [
    ...Object.keys(metadata)
      .filter((key) => !["labels", "annotations"].includes(key))
      .map((key) => ({
        path: `${path}.metadata.${key}`,
        message: "has no effect on pods; set labels and annotations",
      })),
    ...Object.entries(fields(metadata["labels"]))
      .filter(([label, value]) => own[label] !== undefined && own[label] !== value)
      .map(([label]) => ({
        path: `${path}.metadata.labels.${label}`,
        message: `is "${own[label]}", and the pods are selected by it; leave it out`,
      })),
  ];
}

function containerProblems({ container }: PatchedPods, merged: unknown, path: string): ConfigProblem[] {
  const spec = fields(fields(merged)["spec"]);
  const lists = ["initContainers", "containers"] as const;
  const containers = lists.flatMap((list) => itemsOf(spec[list]).map((item, index) => ({ list, index, item })));
  const names = containers.map(({ item }) => item["name"]);
  const missing = itemsOf(spec["containers"]).some(({ name }) => name === container)
    ? []
    : [{ path: `${path}.spec.containers`, message: `takes the container "${container}" away, which the workload is` }];
  return [
    ...missing,
    ...containers.flatMap(({ list, item }, index) => {
      const place = `${path}.spec.${list}[name=${String(item["name"])}]`;
      return [
        ...(names.indexOf(item["name"]) < index ? [{ path: place, message: "has the name of another container" }] : []),
        ...(item["image"] === undefined ? [{ path: `${place}.image`, message: "is missing" }] : []),
        ...variableProblems(item, place),
        ...(list === "containers" && item["name"] !== container ? portProblems(item, spec, place) : []),
      ];
    }),
  ];
}

/** The containers of a pod share its address: two cannot listen on one port. */
function portProblems(container: Fields, spec: Fields, place: string): ConfigProblem[] {
  return itemsOf(container["ports"]).flatMap(({ containerPort, protocol = "TCP" }) => {
    const other = itemsOf(spec["containers"]).find(
      ({ name, ports }) =>
        name !== container["name"] &&
        itemsOf(ports).some(
          (port) => port["containerPort"] === containerPort && (port["protocol"] ?? "TCP") === protocol,
        ),
    );
    if (other === undefined) return [];
    const message = `is a port of the container "${String(other["name"])}" already; take another`;
    return [{ path: `${place}.ports[containerPort=${String(containerPort)}]`, message }];
  });
}

/** A variable has one source. */
function variableProblems(container: Fields, place: string): ConfigProblem[] {
  return itemsOf(container["env"]).flatMap(({ name, value, valueFrom }) =>
    value === undefined || valueFrom === undefined
      ? []
      : [
          {
            path: `${place}.env[name=${String(name)}]`,
            message: "has both value and valueFrom; set the one that is not wanted to null",
          },
        ],
  );
}

/** A volume has one source, and what is mounted exists. */
function volumeProblems(merged: unknown, path: string): ConfigProblem[] {
  const spec = fields(fields(merged)["spec"]);
  const volumes = itemsOf(spec["volumes"]);
  const known = new Set(volumes.map(({ name }) => name));
  const twice = volumes.flatMap(({ name, ...sources }) => {
    const given = Object.keys(sources);
    if (given.length < 2) return [];
    const message = `has several sources: ${given.join(", ")}; set the one that is not wanted to null`;
    return [{ path: `${path}.spec.volumes[name=${String(name)}]`, message }];
  });
  const lost = (["initContainers", "containers"] as const).flatMap((list) =>
    itemsOf(spec[list]).flatMap((container) =>
      itemsOf(container["volumeMounts"]).flatMap(({ name, mountPath }) =>
        known.has(name)
          ? []
          : [
              {
                path: `${path}.spec.${list}[name=${String(container["name"])}].volumeMounts[mountPath=${String(mountPath)}]`,
                message: `there is no volume "${String(name)}"; give it under ${path}.spec.volumes`,
              },
            ],
      ),
    ),
  );
  return [...twice, ...lost];
}
