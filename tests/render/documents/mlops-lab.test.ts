import { expect } from "chai";
import { objectsOf } from "../stacks.ts";
import { CONTAINER, carries, find, valueAt } from "./document.ts";

describe("the stack mlops-lab", () => {
  carries("mlops-lab", {
    "Namespace mlops-lab": { "metadata.labels.environment": "development" },
    "Deployment ml-inference": {
      "metadata.namespace": "mlops-lab",
      "metadata.labels.app": "ml-inference",
      "metadata.labels.tier": "backend",
      'metadata.annotations["kubernetes.io/change-cause"]': "Initial deployment - half_plus_two v1",
      "spec.replicas": 3,
      "spec.strategy": { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      "spec.selector.matchLabels": { app: "ml-inference" },
      "spec.template.metadata.labels.tier": "backend",
      "spec.template.metadata.labels.version": "v1",
      "spec.template.spec.terminationGracePeriodSeconds": 30,
      [`${CONTAINER}.name`]: "ml-model",
      [`${CONTAINER}.ports[0]`]: { name: "http", containerPort: 5000 },
      [`${CONTAINER}.resources`]: {
        requests: { cpu: "50m", memory: "64Mi" },
        limits: { cpu: "100m", memory: "128Mi" },
      },
      [`${CONTAINER}.readinessProbe.initialDelaySeconds`]: 5,
      [`${CONTAINER}.readinessProbe.periodSeconds`]: 10,
      [`${CONTAINER}.livenessProbe.initialDelaySeconds`]: 10,
      [`${CONTAINER}.livenessProbe.periodSeconds`]: 15,
      [`${CONTAINER}.lifecycle.preStop.sleep.seconds`]: 10,
      [`${CONTAINER}.envFrom`]: [{ configMapRef: { name: "shared-config" } }, { configMapRef: { name: "ml-config" } }],
    },
    "Service ml-inference-service": {
      "spec.type": "ClusterIP",
      "spec.selector": { app: "ml-inference" },
      "spec.ports[0].name": "http",
      "spec.ports[0].port": 5000,
    },
    "ConfigMap shared-config": {
      data: { ENVIRONMENT: "development", LOG_LEVEL: "info", MODEL_NAME: "half_plus_two", REQUEST_TIMEOUT_MS: "30000" },
    },
    "ConfigMap ml-config": { data: { INTRA_OP_THREADS: "2", MAX_BATCH_SIZE: "32" } },
    "Secret api-credentials": { "stringData.API_KEY": "", "stringData.JWT_SECRET": "" },
    "Secret ml-registry-credentials": { "stringData.REGISTRY_USER": "mlops-user", "stringData.REGISTRY_PASSWORD": "" },
    "HorizontalPodAutoscaler ml-inference-hpa": {
      "spec.scaleTargetRef.name": "ml-inference",
      "spec.minReplicas": 2,
      "spec.maxReplicas": 8,
      "spec.metrics": [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
      ],
      "spec.behavior.scaleDown": {
        stabilizationWindowSeconds: 60,
        policies: [{ type: "Percent", value: 25, periodSeconds: 60 }],
      },
      "spec.behavior.scaleUp": {
        stabilizationWindowSeconds: 0,
        policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
      },
    },
    "Deployment php-apache": {
      "spec.replicas": 1,
      "spec.selector.matchLabels": { run: "php-apache" },
      [`${CONTAINER}.resources.requests.cpu`]: "200m",
      [`${CONTAINER}.resources.limits.cpu`]: "500m",
    },
    "Service php-apache": { "spec.selector": { run: "php-apache" }, "spec.ports[0].port": 80 },
    "HorizontalPodAutoscaler php-apache-hpa": {
      "spec.scaleTargetRef.name": "php-apache",
      "spec.minReplicas": 1,
      "spec.maxReplicas": 5,
      "spec.metrics[0].resource.target.averageUtilization": 50,
      "spec.behavior.scaleDown.stabilizationWindowSeconds": 30,
      "spec.behavior.scaleUp.stabilizationWindowSeconds": 0,
    },
    "Deployment api-gateway": {
      "metadata.labels.app": "api-gateway",
      "spec.replicas": 2,
      "spec.selector.matchLabels.app": "api-gateway",
      [`${CONTAINER}.name`]: "nginx",
      [`${CONTAINER}.resources`]: {
        requests: { cpu: "100m", memory: "64Mi" },
        limits: { cpu: "200m", memory: "128Mi" },
      },
      [`${CONTAINER}.readinessProbe.httpGet.path`]: "/health",
      [`${CONTAINER}.livenessProbe.httpGet.path`]: "/health",
    },
    "Service api-gateway-service": {
      "spec.type": "NodePort",
      "spec.ports[0].name": "http",
      "spec.ports[0].port": 80,
      "spec.ports[0].nodePort": 30080,
    },
    "HorizontalPodAutoscaler api-gateway-hpa": {
      "spec.scaleTargetRef.name": "api-gateway",
      "spec.minReplicas": 2,
      "spec.maxReplicas": 6,
      "spec.metrics": [
        { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
      ],
    },
  });

  it("has the walkthrough's nginx.conf: the same paths, headers and timeouts", async () => {
    const config = find(await objectsOf("mlops-lab"), "ConfigMap gateway-config");
    const text = String(valueAt(config, 'data["nginx.conf"]'));
    for (const line of [
      /worker_connections 1024;/,
      /\/health\$ \{[^}]*return 200 "Gateway OK\\n"/,
      /\/status\$ \{[^}]*return 200 "API Gateway v1\.0\\nBackend: ml-inference-service:5000/,
      /location = \/predict \{/,
      /server ml-inference-service:5000/,
      /proxy_set_header Host \$host;/,
      /proxy_set_header X-Real-IP \$remote_addr;/,
      /proxy_set_header X-Request-ID \$/,
      /proxy_connect_timeout 10s;/,
      /proxy_read_timeout 30s;/,
    ]) {
      expect(text).to.match(line);
    }
  });

  it("takes the API key of the gateway from its Secret", async () => {
    const gateway = find(await objectsOf("mlops-lab"), "Deployment api-gateway");
    const variables = valueAt(gateway, `${CONTAINER}.env`);
    const secretKeyRef = { name: "api-credentials", key: "API_KEY" };
    expect(variables).to.deep.include({ name: "API_KEY", valueFrom: { secretKeyRef } });
  });
});
