import type { PodSecurityLevel } from "../../../components/platform/resolve.ts";
import type { ConfigProblem } from "../problem.ts";
import { type Fields, fields, itemsOf } from "./fields.ts";

interface Rule {
  readonly path: string;
  readonly message: string;
  /** Level from which on the rule holds. */
  readonly level: "baseline" | "restricted";
}

/** Sources of volumes that the level `restricted` allows. */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/** Capabilities that the level `baseline` lets a container add. */
const BASELINE_CAPABILITIES = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/**
 * What the namespace's Pod Security level would refuse about a pod. The API server accepts the workload, and then refuses each
 * of its pods, which only events say.
 *
 * @param path path of the pod template in the settings
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityProblems(template: unknown, level: PodSecurityLevel, path: string): ConfigProblem[] {
  if (level === "privileged") return [];
  const spec = fields(fields(template)["spec"]);
  const context = fields(spec["securityContext"]);
  const containers = (["initContainers", "containers"] as const).flatMap((list) =>
    itemsOf(spec[list]).map((item) => ({ item, path: `${path}.spec.${list}[name=${String(item["name"])}]` })),
  );
  return [
    ...hostRules(spec, `${path}.spec`),
    ...volumeRules(spec, `${path}.spec`),
    ...userRules(context, `${path}.spec.securityContext`),
    ...containers.flatMap(({ item, path: place }) => containerRules(item, context, place)),
  ]
    .filter((rule) => rule.level === "baseline" || level === "restricted")
    .map(({ path: place, message }) => ({
      path: place,
      message: `${message}, or the pods are refused; namespace.podSecurity is ${level}`,
    }));
}

function hostRules(spec: Fields, path: string): Rule[] {
  return ["hostNetwork", "hostPID", "hostIPC"]
    .filter((name) => spec[name] === true)
    .map((name) => ({ path: `${path}.${name}`, message: "must not be true", level: "baseline" }));
}

function volumeRules(spec: Fields, path: string): Rule[] {
  return itemsOf(spec["volumes"]).flatMap(({ name, ...sources }) =>
    Object.keys(sources)
      .filter((source) => !VOLUMES.includes(source))
      .map(
        (source): Rule => ({
          path: `${path}.volumes[name=${String(name)}].${source}`,
          message: "must not be mounted",
          level: source === "hostPath" ? "baseline" : "restricted",
        }),
      ),
  );
}

function userRules(context: Fields, path: string): Rule[] {
  return context["runAsUser"] === 0
    ? [{ path: `${path}.runAsUser`, message: "must be another user than root", level: "restricted" }]
    : [];
}

function containerRules(container: Fields, pod: Fields, path: string): Rule[] {
  const context = fields(container["securityContext"]);
  const place = `${path}.securityContext`;
  const capabilities = fields(context["capabilities"]);
  const added = list(capabilities["add"]);
  const rule = (broken: boolean, field: string, message: string, level: Rule["level"]): Rule[] =>
    broken ? [{ path: `${place}.${field}`, message, level }] : [];
  const seccomp = fields(context["seccompProfile"] ?? pod["seccompProfile"])["type"];
  return [
    ...rule(context["privileged"] === true, "privileged", "must not be true", "baseline"),
    ...rule(
      added.some((capability) => !BASELINE_CAPABILITIES.includes(capability)),
      "capabilities.add",
      `must not have ${added.filter((capability) => !BASELINE_CAPABILITIES.includes(capability)).join(", ")}`,
      "baseline",
    ),
    ...itemsOf(container["ports"]).flatMap(({ containerPort, hostPort }): Rule[] =>
      hostPort === undefined || hostPort === 0
        ? []
        : [
            {
              path: `${path}.ports[containerPort=${String(containerPort)}].hostPort`,
              message: "must not be set",
              level: "baseline",
            },
          ],
    ),
    ...rule(seccomp === "Unconfined", "seccompProfile.type", "must not be Unconfined", "baseline"),
    ...rule(context["allowPrivilegeEscalation"] !== false, "allowPrivilegeEscalation", "must be false", "restricted"),
    ...rule(!list(capabilities["drop"]).includes("ALL"), "capabilities.drop", "must have ALL", "restricted"),
    ...rule(
      added.some((capability) => capability !== "NET_BIND_SERVICE"),
      "capabilities.add",
      "must have NET_BIND_SERVICE only",
      "restricted",
    ),
    ...rule((context["runAsNonRoot"] ?? pod["runAsNonRoot"]) !== true, "runAsNonRoot", "must be true", "restricted"),
    ...rule(
      seccomp !== "RuntimeDefault" && seccomp !== "Localhost",
      "seccompProfile.type",
      "must be RuntimeDefault or Localhost",
      "restricted",
    ),
    ...userRules(context, place),
  ];
}

function list(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
