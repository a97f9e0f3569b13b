import { expect } from "chai";
import { objectsOf } from "../stacks.ts";
import { CONTAINER, carries, find, valueAt } from "./document.ts";

const NGINX = "nginx.ingress.kubernetes.io";

describe("the stack ml-serving", () => {
  carries("ml-serving", {
    "Namespace ml-serving": { "metadata.labels.name": "ml-serving" },
    "ConfigMap model-api-config": {
      data: { LOG_LEVEL: "info", MAX_BODY_BYTES: String(10 * 1024 * 1024), REQUEST_TIMEOUT_MS: "30000" },
    },
    "Deployment model-api": {
      "metadata.namespace": "ml-serving",
      "spec.replicas": 3,
      "spec.strategy": { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      "spec.selector.matchLabels": { app: "model-api" },
      [`${CONTAINER}.name`]: "model-api",
      [`${CONTAINER}.ports`]: [
        { name: "http", containerPort: 5000 },
        { name: "metrics", containerPort: 8000 },
      ],
      [`${CONTAINER}.resources`]: {
        requests: { cpu: "500m", memory: "1Gi" },
        limits: { cpu: "1000m", memory: "2Gi" },
      },
      [`${CONTAINER}.livenessProbe.httpGet.path`]: "/health",
      [`${CONTAINER}.livenessProbe.initialDelaySeconds`]: 30,
      [`${CONTAINER}.livenessProbe.periodSeconds`]: 10,
      [`${CONTAINER}.livenessProbe.timeoutSeconds`]: 5,
      [`${CONTAINER}.readinessProbe.httpGet.path`]: "/health",
      [`${CONTAINER}.readinessProbe.initialDelaySeconds`]: 20,
      [`${CONTAINER}.readinessProbe.periodSeconds`]: 5,
      [`${CONTAINER}.readinessProbe.timeoutSeconds`]: 3,
      [`${CONTAINER}.envFrom[0].configMapRef.name`]: "model-api-config",
      "spec.template.spec.securityContext.runAsNonRoot": true,
      "spec.template.spec.securityContext.runAsUser": 1000,
      "spec.template.spec.securityContext.fsGroup": 1000,
      [`${CONTAINER}.securityContext.allowPrivilegeEscalation`]: false,
      [`${CONTAINER}.securityContext.capabilities.drop`]: ["ALL"],
      [`${CONTAINER}.securityContext.readOnlyRootFilesystem`]: true,
      "spec.template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution": [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: "topology.kubernetes.io/zone",
            labelSelector: { matchLabels: { app: "model-api" } },
          },
        },
      ],
    },
    "Service model-api": {
      "spec.type": "ClusterIP",
      "spec.selector": { app: "model-api" },
      "spec.ports": [
        { name: "http", port: 80, targetPort: "http" },
        { name: "metrics", port: 8000, targetPort: "metrics" },
      ],
    },
    "Service model-api-lb": {
      "spec.type": "LoadBalancer",
      "spec.selector": { app: "model-api" },
      "spec.ports": [{ name: "http", port: 80, targetPort: "http" }],
    },
    "HorizontalPodAutoscaler model-api-hpa": {
      "spec.scaleTargetRef.name": "model-api",
      "spec.minReplicas": 3,
      "spec.maxReplicas": 10,
      "spec.metrics[0].resource": { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
      "spec.metrics[1].resource": { name: "memory", target: { type: "Utilization", averageUtilization: 80 } },
      "spec.behavior.scaleUp": {
        policies: [
          { type: "Percent", value: 100, periodSeconds: 30 },
          { type: "Pods", value: 2, periodSeconds: 30 },
        ],
        selectPolicy: "Max",
      },
      "spec.behavior.scaleDown.stabilizationWindowSeconds": 300,
      "spec.behavior.scaleDown.policies[0].value": 50,
    },
    "Ingress model-api-ingress": {
      "spec.ingressClassName": "nginx",
      "spec.rules[0].http.paths[0].path": "/",
      "spec.rules[0].http.paths[0].backend.service.name": "model-api",
      [`metadata.annotations["${NGINX}/limit-rps"]`]: "100",
      [`metadata.annotations["${NGINX}/proxy-body-size"]`]: "10m",
      [`metadata.annotations["${NGINX}/proxy-read-timeout"]`]: "30",
      [`metadata.annotations["${NGINX}/force-ssl-redirect"]`]: "false",
    },
    "PodDisruptionBudget model-api-pdb": {
      "spec.minAvailable": 2,
      "spec.selector.matchLabels": { app: "model-api" },
    },
    "NetworkPolicy model-api-netpol": {
      "spec.podSelector.matchLabels": { app: "model-api" },
      "spec.ingress[0].from[0].namespaceSelector.matchLabels": { name: "ingress-nginx" },
    },
  });

  it("is scraped every 30 seconds on its metrics port", async () => {
    const monitors = (await objectsOf("ml-serving")).filter(({ object }) => object.kind === "ServiceMonitor");
    const endpoints = monitors.flatMap(({ object }) => valueAt(object, "spec.endpoints") as object[]);
    expect(endpoints).to.deep.include({ port: "metrics", interval: "30s" });
  });
});

describe("the stack ml-serving with its production override", () => {
  const files = ["examples/Pulumi.ml-serving.yaml", "examples/Pulumi.ml-serving.production.yaml"];
  carries(
    "ml-serving",
    {
      "Deployment model-api": {
        "spec.replicas": 5,
        [`${CONTAINER}.resources.limits`]: { cpu: "2000m", memory: "4Gi" },
        [`${CONTAINER}.resources.requests`]: { cpu: "500m", memory: "1Gi" },
      },
      "HorizontalPodAutoscaler model-api-hpa": { "spec.minReplicas": 3, "spec.maxReplicas": 20 },
    },
    files,
  );

  it("differs in nothing else", async () => {
    const [before, after] = [await objectsOf("ml-serving"), await objectsOf("ml-serving", files)];
    const changed = after.filter(
      ({ object }, index) => JSON.stringify(object) !== JSON.stringify(before[index]?.object),
    );
    expect(changed.map(({ object }) => `${object.kind} ${object.metadata.name}`)).to.have.members([
      "Deployment model-api",
      "HorizontalPodAutoscaler model-api-hpa",
    ]);
    expect(valueAt(find(after, "Deployment model-api"), `${CONTAINER}.ports`)).to.have.length(2);
  });
});
