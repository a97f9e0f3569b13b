import { CONTAINER, CRON_CONTAINER, carries } from "./document.ts";

describe("the stack ml-platform", () => {
  carries("ml-platform", {
    "Namespace ml-platform": { "metadata.labels.name": "ml-platform" },
    "ConfigMap ml-config": { data: { N_ESTIMATORS: "100", MAX_DEPTH: "10" } },
    "PersistentVolumeClaim models-pvc": {
      "spec.accessModes": ["ReadWriteOnce"],
      "spec.resources.requests.storage": "1Gi",
    },
    "Job training-job": {
      "spec.backoffLimit": 3,
      "spec.activeDeadlineSeconds": 600,
      "spec.template.spec.restartPolicy": "Never",
      [`${CONTAINER}.resources.requests`]: { cpu: "500m", memory: "512Mi" },
      [`${CONTAINER}.volumeMounts[0].mountPath`]: "/models",
      [`${CONTAINER}.envFrom`]: [{ configMapRef: { name: "ml-config" } }],
      [`${CONTAINER}.args[0]`]: "train",
      [`${CONTAINER}.args[1]`]: "--task=timeseries",
    },
    "CronJob training-cronjob": {
      "spec.schedule": "0 2 * * 0",
      "spec.concurrencyPolicy": "Forbid",
      "spec.successfulJobsHistoryLimit": 3,
      [`${CRON_CONTAINER}.args[1]`]: "--task=timeseries",
      [`${CRON_CONTAINER}.envFrom`]: [{ configMapRef: { name: "ml-config" } }],
    },
    "Deployment api-deployment": {
      "spec.replicas": 2,
      [`${CONTAINER}.ports[0].containerPort`]: 8000,
      [`${CONTAINER}.imagePullPolicy`]: "Never",
      [`${CONTAINER}.volumeMounts[0]`]: { name: "models", mountPath: "/models", readOnly: true },
      [`${CONTAINER}.resources.requests.memory`]: "256Mi",
      [`${CONTAINER}.resources.limits.memory`]: "512Mi",
      [`${CONTAINER}.livenessProbe.httpGet.path`]: "/health",
      [`${CONTAINER}.livenessProbe.periodSeconds`]: 10,
      [`${CONTAINER}.readinessProbe.httpGet.path`]: "/ready",
      [`${CONTAINER}.readinessProbe.periodSeconds`]: 5,
    },
    "Service api-service": {
      "spec.type": "NodePort",
      "spec.ports[0].port": 8000,
      "spec.ports[0].nodePort": 30800,
    },
    "HorizontalPodAutoscaler api-hpa": {
      "spec.scaleTargetRef.name": "api-deployment",
      "spec.minReplicas": 2,
      "spec.maxReplicas": 5,
      "spec.metrics[0].resource": { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
    },
  });
});
