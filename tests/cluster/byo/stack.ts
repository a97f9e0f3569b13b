import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { LiveObject } from "../../../cluster/kubectl.ts";
import type { Cluster } from "../support/cluster.ts";

/** Requests and limits for a machine with two cores. */
const RESOURCES = "{ requests: { cpu: 50m, memory: 128Mi }, limits: { cpu: 1, memory: 512Mi } }";

/** What a team has before it brings its own server: a namespace, a volume with a model of the project's trainer, the gateway. */
export function platform(namespace: string): string {
  return `config:
  ml-platform:environment: test
  ml-platform:images: { registry: registry.example.com/ml }
  ml-platform:namespace: { name: ${namespace} }
  ml-platform:storage:
    models: { name: models, size: 100Mi }
    init: { seed: [{ model: half_plus_two, version: "1", task: half_plus_two }], resources: ${RESOURCES} }
  ml-platform:gateway: { name: ml-gateway, namespace: gateway-system, implementation: traefik }
  ml-platform:modelDefaults: { resources: ${RESOURCES} }
`;
}

/** The lines that a team writes to have its image served, split with the project's own server, and scaled. */
export function ownServer(image: string): string {
  return `config:
  ml-platform:configMaps: { half: { data: { half.conf: offset=2 } } }
  ml-platform:models:
    - model: half_plus_two
      versions:
        - version: "1"
        - version: "2"
          image: ${image}
          container: { port: 8000, metricsPath: /metrics/ }
          probes: { readiness: { path: /healthz } }
          files: { /etc/half.conf: { configMap: half, key: half.conf } }
          environment: { SETTINGS: /etc/half.conf }
          autoscaling: { minReplicas: 1, maxReplicas: 2 }
      traffic: { hosts: [byo.example.com], path: /half, stable: "1", canary: "2", canaryWeight: 30, timeoutSeconds: 0 }
`;
}

/** A trainer of two workers that publishes another version of the seeded model, and both versions served over gRPC. */
export function ownTrainer(image: string, canaryWeight: number): string {
  return `config:
  ml-platform:training:
    jobs:
      - name: fit
        image: ${image}
        command: [python3, fit.py]
        model: half_plus_two
        workers: 2
        environment: { VERSION: "2" }
        resources: ${RESOURCES}
  ml-platform:models:
    - model: half_plus_two
      versions: [{ version: "1", container: { ports: { grpc: 8001 } } }, { version: "2", container: { ports: { grpc: 8001 } } }]
      traffic:
        { hosts: [http.trainer.example.com], grpc: { hosts: [trainer.example.com] }, stable: "1", canary: "2", canaryWeight: ${canaryWeight} }
`;
}

/** What no setting reaches: a sidecar, a patch of the route, and an object of the team's own. */
export function hatch(image: string): string {
  return `config:
  ml-platform:models:
    - model: half_plus_two
      versions:
        - version: "2"
          pod:
            spec:
              containers:
                - name: watcher
                  image: ${image}
                  command: [python3, -c, "import signal; print(open('/etc/half.conf').read(), flush=True); signal.sigwait({signal.SIGTERM})"]
                  resources: { requests: { cpu: 10m, memory: 32Mi }, limits: { cpu: 100m, memory: 64Mi } }
                  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
                  volumeMounts: [{ name: shared, mountPath: /etc/half.conf, subPath: half.conf }]
              volumes: [{ name: shared, configMap: { name: watched } }]
  ml-platform:patches:
    - target: { kind: HTTPRoute, name: half-plus-two }
      patch: { metadata: { annotations: { team.example.com/owner: risk } } }
  ml-platform:extraObjects:
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: watched }, data: { half.conf: seen by the sidecar } }
`;
}

let files = 0;

/** Writes stack files, and returns the arguments of `up` for them. */
export async function configFiles({ folder }: Pick<Cluster, "folder">, ...texts: readonly string[]): Promise<string[]> {
  const written = texts.map(async (text) => {
    files += 1;
    const file = path.join(folder, `own-${files}.yaml`);
    await writeFile(file, text);
    return ["--config-file", file];
  });
  return (await Promise.all(written)).flat();
}

/** Objects in a namespace, by a `kubectl get`. */
export function getIn({ kubectl }: Cluster, namespace: string) {
  return (...args: readonly string[]): Promise<readonly LiveObject[]> =>
    kubectl.get([...args, `--namespace=${namespace}`]);
}
