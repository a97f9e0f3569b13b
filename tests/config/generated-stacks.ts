import fc from "fast-check";
import { z } from "zod";
import { StackSchema } from "../../config/schema/stack.ts";

/** The parts of a JSON schema that values are generated from. */
interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** Pieces of pod templates, one for each thing that people change. */
const POD_PIECES = [
  { metadata: { annotations: { "sidecar.istio.io/inject": "true" }, labels: { team: "ml" } } },
  { spec: { priorityClassName: "high", serviceAccountName: "models", runtimeClassName: null } },
  { spec: { tolerations: [{ key: "dedicated", operator: "Exists" }], nodeSelector: { disk: "ssd" } } },
  {
    spec: {
      containers: [
        {
          ...{ name: "proxy", image: "proxy:1", ports: [{ containerPort: 9001 }] },
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  },
  { spec: { volumes: [{ name: "scratch", emptyDir: { sizeLimit: "1Gi" } }], terminationGracePeriodSeconds: 90 } },
  { spec: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } }, hostAliases: [] } },
];

/** Metrics of autoscalers, one of each type. */
const METRICS = [
  { type: "Pods", pods: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "10" } } },
  { type: "External", external: { metric: { name: "queue" }, target: { type: "Value", value: "30" } } },
  {
    type: "Object",
    object: {
      describedObject: { apiVersion: "v1", kind: "Service", name: "queue" },
      metric: { name: "queue" },
      target: { type: "Value", value: 4 },
    },
  },
  {
    type: "ContainerResource",
    containerResource: {
      ...{ name: "cpu", container: "model-server" },
      target: { type: "Utilization", averageUtilization: 60 },
    },
  },
];

/** Values by the path of their setting, of which the schema says too little: names of other settings, texts of a certain form. */
const KNOWN: readonly [RegExp, fc.Arbitrary<unknown>][] = [
  [/\.(version|stable|canary|parent)$/, fc.constantFrom("1", "2")],
  [/\.versions\[\]\.version$/, fc.constantFrom("1", "2", "3")],
  [/^models\[\]\.(model|name|app)$/, fc.constantFrom("iris", "sentiment", "other_model")],
  [/\.model$/, fc.constantFrom("iris", "sentiment")],
  [/\.task$/, fc.constantFrom("iris", "sentiment")],
  [/\.configMaps\[\]$/, fc.constant("conf")],
  [/\.secrets\[\]$|\.secret$/, fc.constant("keys")],
  [/\.key$/, fc.constantFrom("API_KEY", "dedicated")],
  [/^configMaps$/, fc.constant({ conf: { data: { LOG_LEVEL: "info" } } })],
  [/^secrets$/, fc.constant({ keys: { data: { API_KEY: { random: {} } } } })],
  [/^modelDefaults\.secretEnvironment$/, fc.constant({ API_KEY: { secret: "keys", key: "API_KEY" } })],
  [/\.schedule$/, fc.constantFrom("0 2 * * *", "*/5 * * * 1-5", "@weekly")],
  [/\.timeZone$/, fc.constantFrom("Europe/Berlin", "Etc/UTC")],
  [/\.(requests|limits)$/, fc.constantFrom({ cpu: "1" }, { cpu: "100m", memory: "256Mi" }, { "nvidia.com/gpu": 1 })],
  [/\.(max|min|default|defaultRequest)$/, fc.constantFrom({ cpu: "1" }, { memory: "1Gi" })],
  [/\.hard$/, fc.constantFrom({ pods: 100 }, { "requests.cpu": "64", "limits.memory": "512Gi" })],
  [/canaryWeight$/, fc.constantFrom(0, 10, 0.5, 33.3333, 100)],
  [/\.percent$|\.steps\[\]$/, fc.constantFrom(1, 5, 12, 50)],
  [/\.weights$/, fc.constantFrom({ "3": 5 }, { "2": 0.25, "3": 0 }, { "1": 4 })],
  [/\.bodyLimit$/, fc.constantFrom("512Ki", "10Mi", "1Gi")],
  [/\.modelVersion$/, fc.constantFrom("v1", "2026-01")],
  [/\.selector$/, fc.constantFrom({ app: "iris" }, { app: "iris", version: "v1" })],
  [/\.size$/, fc.constantFrom("1Gi", "10Gi", 2_000_000_000)],
  [/\.grpc\.hosts\[\]$/, fc.constantFrom("grpc.example.com", "grpc.example.org")],
  [/\.container\.ports$/, fc.constantFrom({ grpc: 8001 }, { grpc: 9000, admin: 9001 })],
  [/\.hosts\[\]$/, fc.constantFrom("a.example.com", "*.example.com")],
  [/\.url$/, fc.constant("http://model.example.com")],
  [/\.cidr$|SourceRanges\[\]$/, fc.constantFrom("10.0.0.0/8", "fd00::/8")],
  [/\.registry$/, fc.constant("registry.example.com/team")],
  [/^images$/, fc.constant({ inference: "inference:1", trainer: "trainer:1" })],
  [
    /^gateway$/,
    fc.oneof(
      fc.constantFrom("traefik", "envoy-gateway", "istio", "kgateway", "generic").map((implementation) => ({
        ...{ name: "gw", namespace: "gw-system", implementation },
        ...{ sectionName: "https", httpSectionName: "http" },
      })),
      fc.constant({ name: "gw", namespace: "gw-system", implementation: "generic", routeRetries: true }),
      fc
        .constantFrom("traefik", "ingress-nginx")
        .map((implementation) => ({ api: "Ingress", implementation, ingressClassName: "nginx" })),
    ),
  ],
  [/\.pod$/, fc.constantFrom(...POD_PIECES)],
  [/\.metrics\[\]$/, fc.constantFrom(...METRICS)],
  [
    /\.podFailurePolicy$/,
    fc.constant({ rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] }),
  ],
  [/\.lineage$|\.allowRegression$|\.rollout\.goals$|^cluster$|^patches$|^extraObjects$/, fc.constant(undefined)],
  [
    /\.resources$/,
    fc.constantFrom(undefined, { limits: { cpu: "1", memory: "1Gi" } }, { requests: { cpu: "100m", memory: "64Mi" } }),
  ],
  [
    /eriodSeconds$|imeoutSeconds$|hreshold$|elaySeconds$|adlineSeconds$|eplicas$|\.(run|workers|clients|gpus)$|(backoff|History)Limit\w*$|\.(max|min)[A-Z]\w+$/,
    fc.integer({ min: 1, max: 12 }),
  ],
];

/** How likely the optional setting of a path is there, in a hundred. */
export type Likelihood = (path: string) => number;

/** Stack files that the schema describes. Many break a rule that the schema cannot express; the checks have to say so. */
export function generatedStacks(likely: Likelihood = () => 15): fc.Arbitrary<Record<string, unknown>> {
  const schema = z.toJSONSchema(StackSchema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  return valuesOf(schema, "", likely).map((value) => JSON.parse(JSON.stringify(value)));
}

function valuesOf(schema: JsonSchema, path: string, likely: Likelihood): fc.Arbitrary<unknown> {
  const known = KNOWN.find(([pattern]) => pattern.test(path));
  if (known !== undefined) return known[1];
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valuesOf(choice, path, likely)));
  switch (schema.type) {
    case "object":
      return objectOf(schema, path, likely);
    case "array": {
      const minLength = schema.minItems ?? 0;
      return fc.array(valuesOf(schema.items ?? {}, `${path}[]`, likely), { minLength, maxLength: minLength + 2 });
    }
    case "string":
      return textOf(schema);
    case "integer":
      return fc.integer({
        min: schema.minimum ?? 0,
        max: Math.min(schema.maximum ?? 100, (schema.minimum ?? 0) + 1000),
      });
    case "number":
      return fc.double({ min: schema.exclusiveMinimum ?? schema.minimum ?? 0, max: schema.maximum ?? 10, noNaN: true });
    case "boolean":
      return fc.boolean();
    default:
      return fc.constant({ text: "any" });
  }
}

function objectOf(schema: JsonSchema, path: string, likely: Likelihood): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (typeof additionalProperties === "object") {
    const key = textOf(schema.propertyNames ?? {});
    return fc.dictionary(key, valuesOf(additionalProperties, `${path}.*`, likely), {
      maxKeys: 2,
      noNullPrototype: true,
    });
  }
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  const fields = Object.entries(properties).map(([name, property]) => {
    const value = valuesOf(property, below(name), likely);
    if (required.includes(name)) return [name, value] as const;
    const absent = { arbitrary: fc.constant(undefined), weight: 100 - likely(below(name)) };
    return [name, fc.oneof(absent, { arbitrary: value, weight: likely(below(name)) })] as const;
  });
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

function textOf({ pattern, allOf = [], maxLength = Number.POSITIVE_INFINITY }: JsonSchema): fc.Arbitrary<string> {
  const patterns = [pattern, ...allOf.map((part) => part.pattern)].flatMap((one) => one ?? []);
  const [simple] = patterns.filter((one) => !one.includes("(?="));
  const text =
    simple === undefined
      ? fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]$/)
      : fc.stringMatching(new RegExp(simple)).filter((value) => value.length <= maxLength);
  return text.filter((value) => patterns.every((one) => new RegExp(one).test(value)));
}
