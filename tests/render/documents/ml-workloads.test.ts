import { CONTAINER, CRON_CONTAINER, carries } from "./document.ts";

const NGINX = "nginx.ingress.kubernetes.io";

const training = {
  [`${CONTAINER}.name`]: "trainer",
  [`${CONTAINER}.resources`]: { requests: { cpu: "2", memory: "4Gi" }, limits: { cpu: "4", memory: "8Gi" } },
  [`${CONTAINER}.volumeMounts[0].mountPath`]: "/models",
  [`${CONTAINER}.volumeMounts[1].mountPath`]: "/data",
  "spec.template.spec.volumes[0].persistentVolumeClaim.claimName": "models-pvc",
  "spec.template.spec.volumes[1].persistentVolumeClaim.claimName": "training-data-pvc",
};

const server = {
  [`${CONTAINER}.name`]: "model-server",
  [`${CONTAINER}.ports[0]`]: { name: "http", containerPort: 8080 },
  [`${CONTAINER}.resources`]: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
  [`${CONTAINER}.volumeMounts[0]`]: { name: "models", mountPath: "/models", readOnly: true },
  [`${CONTAINER}.livenessProbe.httpGet.path`]: "/health",
  [`${CONTAINER}.livenessProbe.initialDelaySeconds`]: 30,
  [`${CONTAINER}.livenessProbe.periodSeconds`]: 10,
  [`${CONTAINER}.readinessProbe.httpGet.path`]: "/ready",
  [`${CONTAINER}.readinessProbe.initialDelaySeconds`]: 10,
  [`${CONTAINER}.readinessProbe.periodSeconds`]: 5,
};

const service = (version: string) => ({
  "metadata.namespace": "ml-workloads",
  "spec.type": "ClusterIP",
  "spec.selector": { app: "ml-model", version },
  "spec.ports[0].name": "http",
  "spec.ports[0].port": 80,
});

const route = (service: string) => ({
  "spec.ingressClassName": "nginx",
  "spec.rules[0].host": "ml-model.example.com",
  "spec.rules[0].http.paths[0].path": "/",
  "spec.rules[0].http.paths[0].pathType": "Prefix",
  "spec.rules[0].http.paths[0].backend": { service: { name: service, port: { number: 80 } } },
});

describe("the stack ml-workloads", () => {
  carries("ml-workloads", {
    "Namespace ml-workloads": {
      "metadata.labels.name": "ml-workloads",
      "metadata.labels.environment": "production",
    },
    "ResourceQuota ml-quota": {
      "spec.hard": {
        "requests.cpu": "20",
        "requests.memory": "40Gi",
        "requests.nvidia.com/gpu": "4",
        "limits.cpu": "40",
        "limits.memory": "80Gi",
        "limits.nvidia.com/gpu": "4",
        persistentvolumeclaims: "5",
        pods: "50",
      },
    },
    "LimitRange ml-limit-range": {
      "spec.limits[0]": {
        type: "Container",
        max: { cpu: "8", memory: "16Gi" },
        min: { cpu: "100m", memory: "128Mi" },
        default: { cpu: "1", memory: "1Gi" },
        defaultRequest: { cpu: "500m", memory: "512Mi" },
      },
      "spec.limits[1]": {
        type: "Pod",
        max: { cpu: "16", memory: "32Gi" },
        min: { cpu: "100m", memory: "128Mi" },
      },
    },
    "PersistentVolumeClaim models-pvc": {
      "spec.accessModes": ["ReadWriteMany"],
      "spec.storageClassName": "standard",
      "spec.resources.requests.storage": "50Gi",
    },
    "PersistentVolumeClaim training-data-pvc": {
      "spec.accessModes": ["ReadWriteMany"],
      "spec.storageClassName": "standard",
      "spec.resources.requests.storage": "100Gi",
    },
    "Job storage-init": {
      "spec.template.spec.restartPolicy": "OnFailure",
      [`${CONTAINER}.name`]: "init",
      [`${CONTAINER}.volumeMounts[0].mountPath`]: "/models",
      "spec.template.spec.volumes[0].persistentVolumeClaim.claimName": "models-pvc",
    },
    "Deployment model-v1": {
      "metadata.labels.app": "ml-model",
      "metadata.labels.version": "v1",
      "metadata.labels.component": "model-server",
      "metadata.labels.model-version": "1.0.0",
      "metadata.labels.commit-sha": "abc123",
      "metadata.labels.trained-date": "2025-01-15",
      "spec.replicas": 3,
      "spec.selector.matchLabels": { app: "ml-model", version: "v1" },
      ...server,
      [`${CONTAINER}.env[0]`]: { name: "MODEL_NAME", value: "sentiment-classifier" },
      [`${CONTAINER}.env[1]`]: { name: "MODEL_VERSION", value: "1" },
      [`${CONTAINER}.env[2]`]: { name: "MODEL_DIR", value: "/models" },
    },
    "Deployment model-v2": {
      "spec.replicas": 1,
      "spec.selector.matchLabels": { app: "ml-model", version: "v2" },
      ...server,
      [`${CONTAINER}.env[1]`]: { name: "MODEL_VERSION", value: "2" },
    },
    "Service model-v1-service": service("v1"),
    "Service model-v2-service": service("v2"),
    "HorizontalPodAutoscaler model-v1-hpa": {
      "spec.scaleTargetRef.name": "model-v1",
      "spec.minReplicas": 2,
      "spec.maxReplicas": 10,
      "spec.metrics[0].resource": { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
      "spec.metrics[1].resource": { name: "memory", target: { type: "Utilization", averageUtilization: 80 } },
      "spec.behavior.scaleDown": {
        stabilizationWindowSeconds: 300,
        policies: [{ type: "Percent", value: 50, periodSeconds: 60 }],
      },
      "spec.behavior.scaleUp": {
        stabilizationWindowSeconds: 60,
        policies: [{ type: "Percent", value: 100, periodSeconds: 60 }],
      },
    },
    "PodDisruptionBudget model-v1-pdb": {
      "spec.minAvailable": 2,
      "spec.selector.matchLabels": { app: "ml-model", version: "v1" },
    },
    "Job model-training-simple": {
      "metadata.labels.job-type": "training",
      "spec.backoffLimit": 3,
      "spec.template.metadata.labels.job-type": "training",
      "spec.template.spec.restartPolicy": "OnFailure",
      ...training,
    },
    "CronJob scheduled-model-training": {
      "spec.schedule": "0 2 * * *",
      "spec.jobTemplate.spec.template.spec.restartPolicy": "OnFailure",
      [`${CRON_CONTAINER}.name`]: "trainer",
      [`${CRON_CONTAINER}.resources`]: training[`${CONTAINER}.resources`],
      [`${CRON_CONTAINER}.args[3]`]: "--when-new-data",
    },
    "Job distributed-training": {
      "metadata.labels.job-type": "distributed-training",
      "spec.parallelism": 4,
      "spec.completions": 4,
      "spec.template.spec.restartPolicy": "OnFailure",
      [`${CONTAINER}.name`]: "worker",
      [`${CONTAINER}.resources`]: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } },
    },
    "Job gpu-training-job": {
      "metadata.labels.job-type": "gpu-training",
      "spec.template.spec.restartPolicy": "OnFailure",
      "spec.template.spec.nodeSelector": { accelerator: "nvidia-gpu" },
      "spec.template.spec.tolerations": [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
      [`${CONTAINER}.name`]: "gpu-trainer",
      // The walkthrough's limit is 32Gi, twice the maximum of its own limit range.
      [`${CONTAINER}.resources`]: {
        requests: { cpu: "4", memory: "16Gi", "nvidia.com/gpu": "1" },
        limits: { cpu: "8", memory: "16Gi", "nvidia.com/gpu": "1" },
      },
    },
    "DaemonSet nvidia-device-plugin-daemonset": {
      "metadata.namespace": "kube-system",
      [`${CONTAINER}.image`]: "nvcr.io/nvidia/k8s-device-plugin:v0.14.0",
      "spec.template.spec.nodeSelector": { accelerator: "nvidia-gpu" },
    },
    "Ingress model-production": route("model-v1-service"),
    "Ingress model-canary": {
      ...route("model-v2-service"),
      [`metadata.annotations["${NGINX}/canary"]`]: "true",
      [`metadata.annotations["${NGINX}/canary-weight"]`]: "25",
      // The walkthrough has a third Ingress for the header, but a controller keeps only one canary for each path.
      [`metadata.annotations["${NGINX}/canary-by-header"]`]: "X-Model-Version",
      [`metadata.annotations["${NGINX}/canary-by-header-value"]`]: "v2",
    },
    "Job model-load-test": {
      "spec.parallelism": 5,
      "spec.completions": 5,
      "spec.template.spec.restartPolicy": "Never",
    },
  });
});
