import { field, items, UNKNOWN } from "../objects/fields.ts";
import { describeObject, type KubernetesObject, matches, violation } from "../objects/object.ts";
import { containersOf, podSpecOf, volumesOf } from "../objects/pods.ts";

/**
 * Folders of the node that a pod may mount, as `<kind> <namespace>/<name> <path>`; `*` matches any characters. The GPU
 * device plugins register with the kubelet in the kubelet's folder; a plugin with another name needs another entry.
 */
export const HOST_PATHS = [
  "DaemonSet kube-system/nvidia-device-plugin-daemonset /var/lib/kubelet/device-plugins",
  "DaemonSet kube-system/amdgpu-device-plugin-daemonset /var/lib/kubelet/device-plugins",
  "DaemonSet kube-system/amdgpu-device-plugin-daemonset /sys",
] as const;

/** Settings that give a pod more access to its node than a container needs. */
export function podSecurityViolations(object: KubernetesObject, hostPaths: readonly string[] = HOST_PATHS): string[] {
  return [...podViolations(object), ...containerViolations(object), ...hostPathViolations(object, hostPaths)];
}

function podViolations(object: KubernetesObject): string[] {
  const pod = podSpecOf(object);
  if (pod === undefined) return [];
  const shared = ["hostNetwork", "hostPID", "hostIPC"]
    .filter((name) => field(pod.fields, name) === true)
    .map((name) => violation(object, `${pod.path}.${name}`, "shares the node's own with the pod; remove it"));
  return [...shared, ...userViolations(object, pod.path, pod.fields)];
}

function containerViolations(object: KubernetesObject): string[] {
  return containersOf(object).flatMap(({ path, fields }) => {
    const where = `${path}.securityContext`;
    const context = field(fields, "securityContext");
    const added = items(field(context, "capabilities", "add"));
    const escalation = field(context, "allowPrivilegeEscalation");
    const escalates = object.patch ? escalation === true : escalation !== false && escalation !== UNKNOWN;
    return [
      ...(field(context, "privileged") === true
        ? [violation(object, `${where}.privileged`, "gives the container all of the node; remove it")]
        : []),
      ...(escalates
        ? [violation(object, `${where}.allowPrivilegeEscalation`, `is ${escalation ?? "not set"}; set it to false`)]
        : []),
      ...(added.length > 0
        ? [violation(object, `${where}.capabilities.add`, `adds ${added.map(String).join(", ")}; add none`)]
        : []),
      ...userViolations(object, path, fields),
    ];
  });
}

/** The parts of a security context that pods and containers share. */
function userViolations(object: KubernetesObject, path: string, fields: unknown): string[] {
  const where = `${path}.securityContext`;
  const context = field(fields, "securityContext");
  return [
    ...(field(context, "runAsUser") === 0
      ? [violation(object, `${where}.runAsUser`, "0 is root; name another user, such as 1000")]
      : []),
    ...(field(context, "windowsOptions", "hostProcess") === true
      ? [violation(object, `${where}.windowsOptions.hostProcess`, "runs on the node itself; remove it")]
      : []),
  ];
}

function hostPathViolations(object: KubernetesObject, allowed: readonly string[]): string[] {
  return volumesOf(object).flatMap(({ path, fields }) => {
    const hostPath = field(fields, "hostPath");
    if (hostPath === undefined || hostPath === null || hostPath === UNKNOWN) return [];
    const folder = field(hostPath, "path");
    if (folder === UNKNOWN || matches(allowed, `${describeObject(object)} ${folder}`)) return [];
    return [
      violation(object, `${path}.hostPath`, `mounts ${folder} of the node; use a PersistentVolumeClaim or an emptyDir`),
    ];
  });
}
