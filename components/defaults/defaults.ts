/** Longest request body: the default of `MAX_BODY_BYTES` of the inference server, 32 MiB. */
const BODY_LIMIT = "32Mi";

/**
 * Every default of the components and of a stack, each in this one place. The `resolve…` functions beside the components
 * fill them in; the configuration schema quotes them; the checks, the cost estimate and the manifests read what was resolved.
 */
export const defaults = {
  namespace: { podSecurity: "restricted", create: true, assignsUser: false },
  images: { commit: "unknown", combined: false, context: ".", platforms: ["linux/amd64"] },
  secrets: { randomLength: 32 },
  storage: {
    claim: { accessMode: "ReadWriteMany" },
    protect: false,
    init: { backoffLimit: 3, activeDeadlineSeconds: 600 },
  },
  /** One version of a model. */
  version: {
    bodyLimit: BODY_LIMIT,
    replicas: 1,
    resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
    container: { name: "model-server", port: 8080, metricsPort: 9090 },
    rollout: {
      maxSurge: 1,
      maxUnavailable: 0,
      // Gateways that do not know yet that the pod is terminating can still reach it.
      drainSeconds: 5,
      terminationGracePeriodSeconds: 30,
      preStopSeconds: 0,
      revisionHistoryLimit: 10,
    },
    /**
     * A model may take two minutes to load (startup). A pod leaves the traffic after three failed checks (readiness), and is
     * restarted only when the process itself no longer answers (liveness).
     */
    probes: {
      startup: { path: "/ready", periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 120 },
      readiness: { path: "/ready", periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 3 },
      liveness: { path: "/health", periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    },
    topologySpread: [{ topologyKey: "topology.kubernetes.io/zone" }, { topologyKey: "kubernetes.io/hostname" }],
  },
  /** What differs for a version with an image of one's own. */
  ownServer: {
    // Most servers stop accepting connections on SIGTERM, while gateways still send them requests.
    rollout: { drainSeconds: 0, preStopSeconds: 5 },
  },
  metricsPath: "/metrics",
  /** A model that its pods fetch. Ten minutes are 2 GB at 4 MB/s. */
  source: { storage: "pod", imageVolume: false, deadlineSeconds: 600 },
  topologySpread: { maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" },
  toleration: { operator: "Exists" },
  service: { type: "ClusterIP", port: 80, skipAwait: false },
  autoscaling: { cpuUtilization: 70 },
  gateway: { api: "HTTPRoute", ingressNamespace: "ingress-nginx" },
  /** The route of one model. */
  traffic: {
    path: "/",
    canaryWeight: 0,
    attempts: 8,
    rateLimit: { requestsPerSecond: 100, burstMultiplier: 5 },
    tls: { redirect: false },
    mirror: { percent: 100 },
  },
  /** The rollout of a canary, step by step. */
  canaryRollout: {
    steps: [1, 5, 10, 25, 50],
    confidence: 0.95,
    minRequests: 0,
    deadlineSeconds: 21_600,
    evidence: "server",
    margins: { errors: 0.005, slow: 0.01 },
    slowSeconds: 1,
    freezeDays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    timeZone: "UTC",
  },
  apiGateway: {
    name: "api-gateway",
    /** nginx without root, listening on an unprivileged port. */
    image: "docker.io/nginxinc/nginx-unprivileged:1.29",
    replicas: 2,
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "200m", memory: "128Mi" } },
    rollout: {
      maxSurge: 1,
      maxUnavailable: 0,
      drainSeconds: 5,
      terminationGracePeriodSeconds: 45,
      revisionHistoryLimit: 10,
    },
    connectTimeoutSeconds: 10,
    readTimeoutSeconds: 30,
    bodyLimit: BODY_LIMIT,
    attempts: 8,
    workerConnections: 1024,
    probes: {
      readiness: { path: "/health", initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 3 },
      liveness: { path: "/health", initialDelaySeconds: 10, periodSeconds: 15, timeoutSeconds: 3 },
    },
    /** Least space for request bodies that nginx buffers, its generated key file and its marks. */
    temporarySpace: "256Mi",
    /** Longest request bodies that have room at once. */
    bufferedBodies: 8,
  },
  /** Any Job of the trainer. */
  trainerJob: {
    container: "trainer",
    resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { cpu: "1", memory: "1Gi" } },
    restartPolicy: "OnFailure",
    backoffLimit: 3,
    activeDeadlineSeconds: 3600,
  },
  training: { sequential: false, masterPort: 29_500 },
  trainingJob: { run: 1, skipAwait: false },
  schedule: { concurrencyPolicy: "Forbid", successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
  loadTest: {
    name: "load-test",
    run: 1,
    path: "/predict",
    body: { text: "This product is amazing!" },
    clients: 5,
    requests: 100,
    delayMilliseconds: 100,
    timeoutSeconds: 30,
    minSuccess: 0.99,
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "200m", memory: "256Mi" } },
    activeDeadlineSeconds: 600,
    skipAwait: false,
  },
  gpuPool: {
    resource: "nvidia.com/gpu",
    label: "accelerator",
    /** Node Feature Discovery sets no label without a domain. */
    discoveredLabel: "ml-platform/accelerator",
    taint: { value: "present", effect: "NoSchedule" },
    devicePlugin: {
      namespace: "kube-system",
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "200m", memory: "256Mi" } },
    },
    nvidia: {
      label: "nvidia-gpu",
      taint: "nvidia.com/gpu",
      plugin: { name: "nvidia-device-plugin-daemonset", image: "nvcr.io/nvidia/k8s-device-plugin:v0.17.4" },
    },
    amd: {
      label: "amd-gpu",
      taint: "amd.com/gpu",
      plugin: { name: "amdgpu-device-plugin-daemonset", image: "docker.io/rocm/k8s-device-plugin:1.31.0.11" },
    },
  },
  monitoring: {
    /** The Service that the Prometheus operator makes. */
    prometheus: { service: "prometheus-operated", port: 9090 },
    intervalSeconds: 30,
    dashboards: true,
    dashboardLabels: { grafana_dashboard: "1" },
    alerts: {
      errorRatio: 0.05,
      latencySeconds: 1,
      canaryErrorRatio: 0.02,
      canaryLatencyFactor: 1.5,
      quotaRatio: 0.9,
      volumeRatio: 0.85,
      forSeconds: 300,
    },
  },
  networkPolicies: { enabled: false },
  /**
   * CPU and storage as in the cost example of the guide that the `ml-workloads` stack follows; memory and GPU (one NVIDIA T4)
   * are rounded list prices of the large clouds. Put in your own.
   */
  prices: { currency: "USD", cpuHour: 0.04, memoryGiBHour: 0.005, gpuHour: 0.35, storageGiBMonth: 0.1 },
} as const;
