import { expect } from "chai";
import { objectsOf } from "../stacks.ts";
import { CONTAINER, CRON_CONTAINER, carries } from "./document.ts";

describe("the stack ml-course", () => {
  carries("ml-course", {
    "Namespace ml-course": { "metadata.labels.name": "ml-course" },
    "PersistentVolumeClaim ml-model-pvc": {
      "spec.accessModes": ["ReadWriteOnce"],
      "spec.resources.requests.storage": "1Gi",
    },
    "Job iris-train-job": {
      "spec.backoffLimit": 2,
      "spec.template.spec.restartPolicy": "Never",
      [`${CONTAINER}.name`]: "iris-train",
      [`${CONTAINER}.imagePullPolicy`]: "IfNotPresent",
      [`${CONTAINER}.volumeMounts[0].mountPath`]: "/models",
      "spec.template.spec.volumes[0].persistentVolumeClaim.claimName": "ml-model-pvc",
    },
    "Deployment iris-api": {
      "metadata.namespace": "ml-course",
      "spec.replicas": 2,
      "spec.selector.matchLabels": { app: "iris-api" },
      [`${CONTAINER}.name`]: "iris-api",
      [`${CONTAINER}.imagePullPolicy`]: "IfNotPresent",
      [`${CONTAINER}.ports[0].containerPort`]: 8000,
      [`${CONTAINER}.resources`]: {
        requests: { cpu: "250m", memory: "256Mi" },
        limits: { cpu: "500m", memory: "512Mi" },
      },
      [`${CONTAINER}.envFrom`]: [
        { configMapRef: { name: "iris-api-config" } },
        { secretRef: { name: "iris-api-secret" } },
      ],
    },
    "Service iris-api-svc": {
      "spec.type": "NodePort",
      "spec.selector": { app: "iris-api" },
      "spec.ports[0].port": 80,
      "spec.ports[0].nodePort": 30080,
    },
    "CronJob iris-batch-predict": {
      "spec.schedule": "*/5 * * * *",
      "spec.jobTemplate.spec.template.spec.restartPolicy": "Never",
      [`${CRON_CONTAINER}.name`]: "iris-batch-predict",
      [`${CRON_CONTAINER}.args[0]`]: "batch-predict",
      [`${CRON_CONTAINER}.args[2]`]: "--synthetic=5",
      [`${CRON_CONTAINER}.volumeMounts[0].mountPath`]: "/models",
    },
    "ConfigMap iris-api-config": { "data.LOG_LEVEL": "info" },
    "Secret iris-api-secret": { type: "Opaque", "stringData.API_KEY": "" },
    "HorizontalPodAutoscaler iris-api-hpa": {
      "spec.scaleTargetRef.name": "iris-api",
      "spec.minReplicas": 2,
      "spec.maxReplicas": 5,
      "spec.metrics[0].resource": { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } },
    },
    "Job gpu-train-job": {
      [`${CONTAINER}.name`]: "gpu-train",
      [`${CONTAINER}.resources.limits["nvidia.com/gpu"]`]: "1",
    },
  });

  it("trains, serves and scores with one image", async () => {
    const containers = JSON.stringify(await objectsOf("ml-course")).matchAll(/"image":"([^"]+)"/g);
    expect(new Set([...containers].map(([, image]) => image))).to.deep.equal(new Set(["iris-ml:1.0.0"]));
  });
});
